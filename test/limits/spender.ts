/*
 * A gateway of its own process whose callers spend one budget together with those of other processes:
 * `node spender.ts '{"location":…,"journal":…,"seed":1,"callers":64,"checks":"before"}'`. Says in one line what it saw.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import type { Exchange, Network, Receiver } from '../../src/model/exchange.ts';
import type { Location } from '../../src/store/connect.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';

export interface SpenderInput {
  readonly location: Location;
  /** Folder of its journal. */
  readonly journal: string;
  readonly seed: number;
  readonly callers: number;
  /** `holds`: as the gateway does it. `check`: looks what is spent, then calls, as many others do. */
  readonly way: 'holds' | 'check';
  /** Stops after about so many answers. */
  readonly callsMax?: number;
  /** Says that it is ready, and begins at a word on its standard input. */
  readonly together?: boolean;
  /** Goes on until it is killed. */
  readonly forever?: boolean;
}

export interface SpenderOutput {
  readonly answered: number;
  readonly refused: number;
}

/** $1, at $0.0001 for a token of output; a call may take $0.003. */
export const LIMIT_TOKENS = 10_000;
export const TOKEN = 100_000_000n;
const CALL_TOKENS_MAX = 30;
/** Says so after so many answers and refusals. */
const BUSY = 40;
/** A caller gives up after so many refusals in a row. */
export const REFUSALS = 3;

async function spend({
  location,
  journal,
  seed,
  callers,
  way,
  callsMax = Number.POSITIVE_INFINITY,
  together = false,
  forever = false,
}: SpenderInput): Promise<SpenderOutput> {
  const { random } = simulatedWorld({ seed });
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const later = async (turns: number) => {
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  /** Answers with anything up to what was allowed, after a while; now and then it fails. */
  const network: Network = {
    send({ body }, receiver): Exchange {
      const { model, max_tokens: most } = JSON.parse(Buffer.from(body!).toString()) as { model: string; max_tokens: number };
      let over = false;
      void later(upTo(20)).then(() => {
        if (over) return;
        if (random() < 0.05) answer(receiver, 500, { error: { message: 'no', type: 'server_error', param: null, code: null } });
        else answer(receiver, 200, completion(model, upTo(most)));
      });
      return {
        asked: true,
        abort() {
          over = true;
        },
        pause() {},
        resume() {},
      };
    },
  };

  const read = readConfig(
    JSON.stringify({
      ledger: { ...location, journal: { dir: journal, fsync: 'off' } },
      providers: { p: { dialect: 'openai-chat', baseUrl: 'http://localhost/v1', apiKey: 'k' } },
      prices: { 'p/m': { input: '$0', output: '$100' } },
      defaults: { deadline: '2s' },
      budgets: [{ limit: '$1', period: 'month', exceeded: way === 'holds' ? 'block' : 'alert' }],
      log: { level: 'silent' },
    }),
    {},
  );
  if ('problems' in read) assert.fail(read.problems.map(({ message }) => message).join('\n'));
  const headgate = await createHeadgate(read.config, { network });
  const counts = { answered: 0, refused: 0 };

  async function mayCall(tokens: number): Promise<boolean> {
    if (way === 'holds') return true;
    const [standing] = await headgate.budgets();
    return standing!.spent + BigInt(tokens) * TOKEN <= standing!.limit;
  }

  async function caller(): Promise<void> {
    for (let refusals = 0; refusals < REFUSALS && counts.answered < callsMax; ) {
      const tokens = upTo(CALL_TOKENS_MAX);
      const status = (await mayCall(tokens)) ? await call(tokens) : 402;
      if (status === 402) {
        counts.refused += 1;
        if (!forever) refusals += 1;
      } else {
        if (status === 200) counts.answered += 1;
        refusals = 0;
      }
      if (counts.answered + counts.refused === BUSY) process.stdout.write('busy\n');
      await later(upTo(5));
    }
  }

  async function call(tokens: number): Promise<number> {
    const body = JSON.stringify({ model: 'p/m', max_tokens: tokens, messages: [{ role: 'user', content: 'hi' }] });
    const left = new AbortController();
    // Some callers leave before their answer is there.
    if (random() < 0.05) void later(upTo(10)).then(() => left.abort());
    try {
      const answered = await headgate.fetch('http://headgate/v1/chat/completions', { method: 'POST', body, signal: left.signal });
      await answered.text();
      return answered.status;
    } catch {
      return 499;
    }
  }

  if (together) {
    process.stdout.write('ready\n');
    await once(process.stdin, 'data');
    process.stdin.destroy();
  }
  await Promise.all(Array.from({ length: callers }, caller));
  await headgate.close();
  return counts;
}

function answer(receiver: Receiver, status: number, body: object): void {
  receiver.onHead(status, { 'content-type': 'application/json' });
  receiver.onData(Buffer.from(JSON.stringify(body)));
  receiver.onEnd();
}

const completion = (model: string, tokens: number) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model,
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 0, completion_tokens: tokens, total_tokens: tokens },
});

if (process.argv[2]) {
  const output = await spend(JSON.parse(process.argv[2]) as SpenderInput);
  process.stdout.write(`${JSON.stringify(output)}\n`);
}
