import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, type TestContext } from 'node:test';
import { promisify } from 'node:util';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-diagnose-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, body: object) => {
  const at = path.join(folder, name);
  writeFileSync(at, JSON.stringify(body));
  return at;
};

interface Asked {
  readonly max_tokens?: number;
  readonly diagnostics?: { readonly previous_message_id: string | null };
  readonly prompt_cache_options?: object;
}

/** A vendor that says of each second question why it missed. */
async function vendor(t: TestContext, answer: (body: Asked) => object) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => {
      body += bytes.toString();
    });
    request.on('end', () => {
      asked.push(JSON.parse(body) as Asked);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer(asked.at(-1)!)));
    });
  });
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
  t.after(() => void server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = file('headgate.json', {
    providers: {
      claude: { dialect: 'anthropic', baseUrl, apiKey: 'key-of-anthropic-1' },
      openai: { dialect: 'openai', baseUrl: `${baseUrl}/v1`, apiKey: 'key-of-openai-1234' },
    },
    ledger: 'off',
  });
  return { asked, config };
}

const diagnose = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['src/cli/main.ts', 'cache', 'diagnose', ...args]).then(
    ({ stdout }) => ({ status: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ status: code, stdout, stderr }),
  );

test("Anthropic's diagnostics are asked for and told, with the place we see", async (t) => {
  const { asked, config } = await vendor(t, ({ diagnostics }) => ({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-5', content: [{ type: 'text', text: 'Yes.' }] },
    ...{ stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 9, output_tokens: 2 } },
    diagnostics: diagnostics!.previous_message_id
      ? { cache_miss_reason: { type: 'system_changed', cache_missed_input_tokens: 2048 } }
      : null,
  }));
  const request = (at: string) => ({
    model: 'claude/claude-sonnet-5',
    max_tokens: 900,
    system: `It is ${at}.`,
    messages: [{ role: 'user', content: 'Hi' }],
  });
  const [first, second] = [file('a.json', request('2026-11-23T08:31:07Z')), file('b.json', request('2026-11-23T08:31:09Z'))];
  const { status, stdout } = await diagnose(first, second, '--config', config);
  assert.equal(
    stdout,
    `the vendor says: system_changed, about 2,048 tokens read afresh
they part at instructions[0], character 24 (timestamp: 2026-11-23T08:31:07Z then 2026-11-23T08:31:09Z)
`,
  );
  assert.equal(status, 1);
  assert.deepEqual(
    asked.map(({ max_tokens, diagnostics }) => [max_tokens, diagnostics]),
    [
      [16, { previous_message_id: null }],
      [16, { previous_message_id: 'msg_1' }],
    ],
  );
});

test("OpenAI's are too; a hit is no failure", async (t) => {
  const { asked, config } = await vendor(t, ({ prompt_cache_options: options }) => ({
    ...{ id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-6-sol', output: [] },
    usage: { input_tokens: 9, output_tokens: 2, total_tokens: 11 },
    ...(options && { prompt_cache_diagnostics: { type: 'cache_hit' } }),
  }));
  const request = file('c.json', { model: 'openai/gpt-6-sol', instructions: 'Be brief.', input: 'Hi' });
  const { status, stdout } = await diagnose(request, request, '--config', config);
  assert.deepEqual([status, stdout], [0, 'the vendor says: cache_hit\nwhat stands before their turns is the same\n']);
  assert.deepEqual(asked[1]!.prompt_cache_options, { comparison_response_id: 'resp_1' });
});

test('files that are no requests, or of two formats, are refused', async (t) => {
  const { config } = await vendor(t, () => ({}));
  const [chat, responses] = [file('d.json', { messages: [] }), file('e.json', { input: 'x' })];
  assert.match((await diagnose(chat, responses, '--config', config)).stderr, /in one format/);
  assert.match((await diagnose(file('f.json', {}), responses, '--config', config)).stderr, /f\.json must be a request/);
});
