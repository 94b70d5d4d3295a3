import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { createHeadgate, HeadgateError } from '../../src/index.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { connect } from '../../src/store/connect.ts';

/** Calls that each cost $0.003, one after the other, until one has been refused. */
async function spend(call: () => Promise<unknown>, isRefusal: (error: unknown) => boolean): Promise<number> {
  for (let answered = 0; answered < 500; answered += 1) {
    try {
      await call();
    } catch (error) {
      assert.ok(isRefusal(error), String(error));
      return answered;
    }
  }
  assert.fail('nothing was ever refused');
}

test('a library and a gateway in another process share one ledger file, and one budget holds for both', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-shared-'));
  const file = path.join(folder, 'headgate.sqlite');
  const simulator = await startSimulator({ script: [{ reply: { text: 'Yes.', usage: { input: 10, output: 30 } } }] });
  const config = {
    providers: { p: { dialect: 'openai-chat', baseUrl: `${simulator.url}/v1`, apiKey: 'k' } },
    prices: { 'p/sim-a': { input: '$0', output: '$100' } },
    budgets: [{ limit: '$0.30', period: 'month' }],
    ledger: { file },
    log: { level: 'silent' },
  };
  const headgate = await createHeadgate({ config, env: {} });
  const gateway = spawn(process.execPath, [fileURLToPath(new URL('../crash/gateway.ts', import.meta.url)), JSON.stringify(config)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(async () => {
    gateway.kill('SIGKILL');
    await headgate.close(0);
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  gateway.stdin.write('\n');
  const [url] = (await once(gateway.stdout.setEncoding('utf8'), 'data')) as [string];
  const openai = new OpenAI({ baseURL: `${url.trim()}/v1`, apiKey: 'k', maxRetries: 0 });

  const messages = [{ role: 'user' as const, content: 'Yes?' }];
  const [inside, outside] = await Promise.all([
    spend(
      () => headgate.ask({ model: 'p/sim-a', input: 'Yes?', maxOutputTokens: 30 }),
      (error) => error instanceof HeadgateError && error.failure.kind === 'overBudget',
    ),
    spend(
      () => openai.chat.completions.create({ model: 'p/sim-a', messages, max_tokens: 30 }),
      (error) => error instanceof OpenAI.APIError && error.status === 402,
    ),
  ]);
  assert.ok(inside > 0 && outside > 0, `${inside} and ${outside}`);
  t.diagnostic(`${inside} calls in process, ${outside} over the gateway, of 100 the budget pays for`);
  assert.ok(inside + outside <= 100 && inside + outside >= 80);

  const [standing] = await headgate.budgets();
  await headgate.close();
  const db = await connect({ file });
  const [own] = await db.all(
    "select count(*) as calls, sum(cost) as cost from usage_record join usage_kind on kind = id where dialect_in = 'canonical'",
  );
  await db.close();
  assert.deepEqual([Number(own!['calls']), Number(own!['cost'])], [inside, inside * 3e9]);
  assert.ok(standing!.spent <= standing!.limit);
});
