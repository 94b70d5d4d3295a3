import fc from 'fast-check';
import type { Failure } from '../../src/model/failure.ts';
import { FAILURES } from '../../src/model/failure.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { Citation, DialectName, Extra, Part, Seal } from '../../src/model/part.ts';
import type { Amendment, Finish, ModelEvent } from '../../src/model/reply.ts';
import { METERS, type Usage } from '../../src/model/usage.ts';
import { NAMES } from './fixtures.ts';

type PartEvent = Extract<ModelEvent, { index: number }>;
/** One part's life before it has a number: how it opens, and what happens to it. */
interface Life {
  readonly part: Part;
  readonly growth: readonly ({ readonly text: string } | { readonly with: Amendment })[];
}

const word = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', ' ', 'naïve 🚲', '{"a":', '1}', '\u2028', 'data: x\n\n', '\\"'));
const id = fc.string({ minLength: 1, maxLength: 70 });
const dialect = fc.constantFrom<DialectName>(...NAMES);
const extra: fc.Arbitrary<Extra> = fc.dictionary(dialect, fc.constant<JsonObject>({ novelty: [1, null] }), {
  maxKeys: 2,
}) as fc.Arbitrary<Extra>;
const sometimes = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined, freq: 2 });
/** A record without the fields that came out undefined. */
const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K] | undefined> }): fc.Arbitrary<T> =>
  fc.record(model as Record<string, fc.Arbitrary<unknown>>).map((value) => {
    const said = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(said) as T;
  });

const seal = record<Seal>({ by: dialect, data: fc.base64String({ minLength: 4, maxLength: 16 }), redacted: fc.constant(undefined) });
const redacted = record<Seal>({
  by: dialect,
  data: fc.base64String({ minLength: 4, maxLength: 16 }),
  redacted: fc.constant(true as const),
});
const opaque = fc.oneof(
  fc.constant({
    dialect: 'anthropic-messages',
    wire: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {}, caller: { type: 'direct' } },
  } as const),
  fc.constant({
    dialect: 'openai-responses',
    wire: { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } },
  } as const),
  fc.constant({ dialect: 'openai-chat', wire: { type: 'audio', id: 'audio_1' } } as const),
);
const citation: fc.Arbitrary<Citation> = fc.oneof(
  record<Extract<Citation, { type: 'url' }>>({
    type: fc.constant('url' as const),
    url: fc.webUrl(),
    title: sometimes(word),
    start: sometimes(fc.nat(9)),
    end: sometimes(fc.nat(9)),
    quote: sometimes(word),
    extra: fc.constant(undefined),
  }),
  dialect.map((name) => ({
    type: 'opaque' as const,
    dialect: name,
    wire: { type: 'file_citation', file_id: 'f', filename: 'a.txt', index: 0 },
  })),
);

const grown = (with_: fc.Arbitrary<Amendment>) =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: word.map((text) => ({ text })) },
      { weight: 1, arbitrary: with_.map((amendment) => ({ with: amendment })) },
    ),
    { maxLength: 5 },
  );
const onlyExtra = extra.map((fields): Amendment => ({ extra: fields }));
const call = fc.record({ id, name: fc.string({ minLength: 1, maxLength: 20 }), custom: fc.boolean() });

const life: fc.Arbitrary<Life> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      part: record<Part>({ type: fc.constant('text' as const), text: fc.constant(''), extra: sometimes(extra) } as never),
      growth: grown(
        fc.oneof(
          onlyExtra,
          citation.map((one): Amendment => ({ citation: one })),
        ),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ part: fc.constant<Part>({ type: 'refusal', text: '' }), growth: grown(onlyExtra) }) },
  // A seal is learnt once: the formats have one place for it.
  {
    weight: 3,
    arbitrary: fc.tuple(fc.array(word, { maxLength: 4 }), sometimes(seal)).map(([words, last]) => ({
      part: { type: 'reasoning', text: '' } as const,
      growth: [...words.map((text) => ({ text })), ...(last ? [{ with: { seal: last } }] : [])],
    })),
  },
  { weight: 1, arbitrary: redacted.map((blob) => ({ part: { type: 'reasoning', text: '', seal: blob } as const, growth: [] })) },
  {
    weight: 4,
    arbitrary: fc.tuple(call, grown(onlyExtra)).map(([{ id: callId, name, custom }, growth]) => ({
      part: { type: 'toolCall', id: callId, name, arguments: '', ...(custom && { custom: true as const }) } as const,
      growth,
    })),
  },
  { weight: 1, arbitrary: opaque.map((body) => ({ part: { type: 'opaque', ...body } as const, growth: [] })) },
  { weight: 1, arbitrary: fc.constant<Life>({ part: { type: 'media', mediaType: 'image/png', source: { base64: 'AAAA' } }, growth: [] }) },
  {
    weight: 1,
    arbitrary: fc.constant<Life>({ part: { type: 'toolResult', callId: 'c', content: [{ type: 'text', text: 'r' }] }, growth: [] }),
  },
);

const usage: fc.Arbitrary<Usage> = fc
  .dictionary(fc.constantFrom(...METERS), fc.integer({ min: 1, max: 9999 }), { maxKeys: 5 })
  .map((tokens) => ({ tokens }));
const finish: fc.Arbitrary<Finish> = record<Finish>({
  reason: fc.constantFrom<Finish['reason']>('stop', 'length', 'toolCalls', 'refused', 'paused', 'other'),
  wire: sometimes(word),
  stop: sometimes(word),
});
const failure: fc.Arbitrary<Failure> = record<Failure>({
  kind: fc.constantFrom(...(Object.keys(FAILURES) as Failure['kind'][])),
  message: word,
  code: sometimes(word),
  type: sometimes(word),
  param: fc.constant(undefined),
  status: sometimes(fc.constantFrom(400, 429, 500, 529)),
  retryAfterMs: fc.constant(undefined),
  requestId: sometimes(word),
  wire: sometimes(
    dialect.map((name) => ({
      dialect: name,
      body: {
        ...(name === 'anthropic-messages' && { type: 'error' }),
        error: { type: 'api_error', message: 'x', ...(name !== 'anthropic-messages' && { param: null, code: null }) },
      },
    })),
  ),
} as never);

const last: fc.Arbitrary<ModelEvent> = fc.oneof(
  {
    weight: 4,
    arbitrary: record<Extract<ModelEvent, { type: 'finish' }>>({
      type: fc.constant('finish' as const),
      finish,
      usage: sometimes(usage),
      extra: sometimes(extra),
    }),
  },
  { weight: 1, arbitrary: failure.map((what): ModelEvent => ({ type: 'fail', failure: what })) },
);

/** Any sequence that obeys the law of order, parts interleaved; `whole` ones all end in `finish`. */
export const lawfulEvents = ({ whole = false } = {}): fc.Arbitrary<ModelEvent[]> =>
  fc
    .record({
      start: record<Extract<ModelEvent, { type: 'start' }>>({
        type: fc.constant('start' as const),
        id: word,
        model: word,
        createdS: sometimes(fc.nat()),
        usage: sometimes(usage),
        extra: sometimes(extra),
      }),
      lives: fc.array(life, { maxLength: 6 }),
      turns: fc.array(fc.nat(5), { maxLength: 40 }),
      last: whole ? last.filter(({ type }) => type === 'finish') : last,
    })
    .map(({ start, lives, turns, last: end }) => [start, ...interleaved(lives, turns), end]);

/** Lets lives run side by side: each turn picks which of the open ones goes on; a part opens when all before it have. */
function interleaved(lives: readonly Life[], turns: readonly number[]): PartEvent[] {
  const queues = lives.map(({ part, growth }, index): PartEvent[] => [
    { type: 'open', index, part },
    ...growth.map(
      (step): PartEvent => ('text' in step ? { type: 'delta', index, text: step.text } : { type: 'amend', index, with: step.with }),
    ),
    { type: 'close', index },
  ]);
  const out: PartEvent[] = [];
  let opened = 0;
  const step = (index: number) => {
    const event = queues[index]?.[0];
    if (!event || (event.type === 'open' && index !== opened)) return;
    if (event.type === 'open') opened += 1;
    out.push(queues[index]!.shift()!);
  };
  for (const turn of turns) step(turn);
  for (const [index, queue] of queues.entries()) while (queue.length > 0) step(index);
  return out;
}
