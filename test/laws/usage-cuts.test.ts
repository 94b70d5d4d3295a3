import type { UsageRecord } from '../../src/accounting/record.ts';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import type { Network } from '../../src/model/exchange.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { METERS } from '../../src/model/usage.ts';
import { type Case, framesOf, streamCases } from '../support/cases.ts';
import { chance } from '../support/chance.ts';
import { law } from '../support/law.ts';

/** Relays, and translations in which usage is told in other places. */
const PAIRS: readonly (readonly [from: DialectName, to: DialectName])[] = [
  ['openai-chat', 'openai-chat'],
  ['openai-responses', 'openai-responses'],
  ['anthropic-messages', 'anthropic-messages'],
  ['anthropic-messages', 'openai-chat'],
  ['openai-chat', 'anthropic-messages'],
  ['openai-chat', 'openai-responses'],
];

const ASKED: Readonly<Record<DialectName, { path: string; body: JsonObject }>> = {
  'openai-chat': { path: '/v1/chat/completions', body: { messages: [{ role: 'user', content: 'Hello there, how are you?' }] } },
  'openai-responses': { path: '/v1/responses', body: { input: 'Hello there, how are you?' } },
  'anthropic-messages': {
    path: '/v1/messages',
    body: { max_tokens: 100, messages: [{ role: 'user', content: 'Hello there, how are you?' }] },
  },
};

for (const [from, to] of PAIRS) {
  law(`${from} from ${to}: however an answer breaks off, its attempts have one row each, and usage is counted once`, async function* () {
    for (const stream of streamCases(to)) {
      const wire = Buffer.from(stream.wire);
      const gateway = await gatewayOf(to);
      const whole = await gateway.ask(from, wire);
      if (whole.rows.length === 1 && whole.rows[0]!.outcome === 'ok') {
        for (const at of cutsOf(stream, wire, from === to ? 5 : 2)) {
          const { rows, sent } = await gateway.ask(from, wire.subarray(0, at));
          const problem = problemOf(rows, sent, whole.rows[0]!, { from, to, prefix: wholeEvents(wire.subarray(0, at).toString()) });
          if (problem) yield `${stream.name} cut at byte ${at}: ${problem}`;
        }
      }
      await gateway.close();
    }
  });
}

/** Our own streams after every event and amid some; recorded ones, of which there are about 400, at random. */
function cutsOf({ ours, name }: Case<string>, wire: Buffer, count: number): number[] {
  const luck = chance([...name].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7));
  const anywhere = Array.from({ length: count }, () => luck.upTo(wire.length));
  if (!ours) return anywhere;
  const boundaries: number[] = [];
  for (let at = wire.indexOf('\n\n'); at >= 0; at = wire.indexOf('\n\n', at + 2)) boundaries.push(at + 2);
  return [...boundaries.slice(0, -1), ...anywhere];
}

const wholeEvents = (text: string): string => text.slice(0, text.lastIndexOf('\n\n') + 2);

interface Cut {
  readonly from: DialectName;
  readonly to: DialectName;
  readonly prefix: string;
}

function problemOf(rows: readonly UsageRecord[], sent: number, whole: UsageRecord, { from, to, prefix }: Cut): string | undefined {
  if (rows.length !== sent) return `${sent} attempts have ${rows.length} rows`;
  const row = rows[0]!;
  if (rows.length !== 1) return `${rows.length} attempts were made`;
  const told = isTold(to, prefix);
  const counted = Object.values(row.tokens).reduce((sum, tokens) => sum + tokens, 0);
  if (row.outcome === 'ok') return undefined;
  if (row.measured === 'reported') {
    const more = METERS.filter((meter) => (row.tokens[meter] ?? 0) > (whole.tokens[meter] ?? 0));
    if (told && from === to && more.length > 0) return `${more.join()} is more than the whole answer's`;
    // The start of a Messages answer reports the question: all there is to know while nothing is said, or nothing that can be carried over.
    if (!told && (to !== 'anthropic-messages' || (from === to && prefix.includes('event: content_block_delta'))))
      return 'what nobody reported is not called estimated';
    return undefined;
  }
  if (row.measured === 'nothing') return 'an answer that began used nothing';
  // A translated Messages answer is told by its last event, after its usage.
  if (told && from === to) return 'a reported usage is called estimated';
  if (counted === 0) return 'the estimate is of nothing';
  if (row.status === 'exact' || row.status === 'assumed') return `an estimate is priced as ${row.status}`;
  return undefined;
}

/** Whether a stream's provider has said what the answer took. */
function isTold(dialect: DialectName, prefix: string): boolean {
  return framesOf(prefix).some(({ data }) => {
    if (data === '[DONE]') return false;
    const wire = JSON.parse(data) as JsonObject;
    if (dialect === 'openai-chat') return Boolean(wire['usage']);
    // Some begin with a usage of zeros, which says nothing.
    if (dialect === 'openai-responses') return /^response\.(completed|incomplete)$/.test(String(wire['type']));
    const delta = wire['delta'] as JsonObject | undefined;
    return wire['type'] === 'message_delta' && Boolean(wire['usage']) && Boolean(delta?.['stop_reason']);
  });
}

/** A gateway whose one provider answers with whatever bytes it is given, and then breaks off. */
async function gatewayOf(dialect: DialectName) {
  let bytes: Buffer = Buffer.alloc(0);
  let sent = 0;
  let rows: readonly UsageRecord[] = [];
  const network: Network = {
    send(_, receiver) {
      sent += 1;
      queueMicrotask(() => {
        receiver.onHead(200, { 'content-type': 'text/event-stream' });
        receiver.onData(bytes);
        receiver.onError({ kind: 'interrupted', message: 'the connection broke off' });
      });
      return { asked: true, abort: () => {}, pause: () => {}, resume: () => {} };
    },
  };
  const read = readConfig(
    JSON.stringify({
      providers: {
        there: {
          dialect: dialect === 'anthropic-messages' ? 'anthropic' : dialect,
          vendor: dialect === 'anthropic-messages' ? 'anthropic' : 'openai',
          baseUrl: 'http://localhost:1',
          apiKey: 'k',
        },
      },
      ledger: 'off',
      defaults: { retry: { tries: 1, triesInAll: 1 } },
      breaker: { failuresInRow: 1000, triedMin: 100_000 },
    }),
    {},
  );
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const headgate = await createHeadgate(read.config, {
    network,
    onCall: (records) => {
      rows = records;
    },
  });
  return {
    close: () => headgate.close(),
    async ask(from: DialectName, answer: Buffer) {
      bytes = answer;
      sent = 0;
      rows = [];
      const { path, body } = ASKED[from];
      const response = await headgate.fetch(`http://headgate.local${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: dialect === 'anthropic-messages' ? 'there/claude-opus-5-5' : 'there/gpt-6-sol',
          stream: true,
          ...body,
        }),
      });
      await response.arrayBuffer();
      return { rows, sent };
    },
  };
}
