import { isDeepStrictEqual } from 'node:util';
import { dialectOf } from '../../src/dialects/registry.ts';
import { fold, unfold } from '../../src/model/fold.ts';
import type { Json } from '../../src/model/json.ts';
import { run } from '../../src/model/machine.ts';
import type { DialectName, Part } from '../../src/model/part.ts';
import type { ModelReply } from '../../src/model/reply.ts';
import { inputTokens, outputTokens } from '../../src/model/usage.ts';
import { ALL_PAIRS, asked, replyCases } from '../support/cases.ts';
import { differences } from '../support/json.ts';
import { law } from '../support/law.ts';

for (const [from, to] of ALL_PAIRS) {
  const cases = () =>
    replyCases(from, 120)
      .filter(({ compatible }) => !compatible)
      .map(({ name, wire }) => ({ name, reply: dialectOf(from).decodeReply(wire) }));

  law(`a ${from} answer is the same ${to} answer whether streamed or whole`, function* () {
    for (const { name, reply } of cases()) {
      // An answer still queued is no stream's end.
      if (reply.finish.reason === 'other') continue;
      const { wire, losses } = dialectOf(to).encodeReply(reply, asked(to));
      const encoder = dialectOf(to).encodeStream(asked(to));
      const streamed = fold(run(dialectOf(to).decodeStream(), run(encoder, unfold(reply))));
      yield* compared(name, plain(to, dialectOf(to).decodeReply(wire)), plain(to, streamed));
      const [whole, inPieces] = [pathsOf(to, losses), pathsOf(to, encoder.losses)];
      for (const path of whole.difference(inPieces)) yield `${name}: only the whole answer reports ${path}`;
      for (const path of inPieces.difference(whole)) yield `${name}: only the stream reports ${path}`;
    }
  });

  law(`a ${from} answer says the same words, calls and totals as ${to}`, function* () {
    for (const { name, reply } of cases()) {
      const { wire, losses } = dialectOf(to).encodeReply(reply, asked(to));
      // A refusal is text where a format has no other word for it, and Messages cannot leave out usage.
      if (losses.some(({ impact }) => impact === 'content') || reply.parts.some(({ type }) => type === 'refusal') || !reply.usage) continue;
      yield* compared(name, gist(reply), gist(dialectOf(to).decodeReply(wire)));
    }
  });
}

/** What a reader would compare: text, calls with their arguments read, and tokens in and out. */
const gist = ({ parts, usage }: ModelReply): Json => ({
  text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
  calls: parts.flatMap((part) => (part.type === 'toolCall' ? [{ name: part.name, arguments: read(part) }] : [])),
  tokens: usage ? [inputTokens(usage), outputTokens(usage)] : null,
});

/** Free text travels as the field of an object where a format has no tools that take it. */
function read({ arguments: text, custom }: Extract<Part, { type: 'toolCall' }>): Json {
  try {
    if (custom) return { input: text };
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

const plain = (to: DialectName, { usage, finish, parts, extra, ...rest }: ModelReply): Json => {
  // Messages names the tier at the start of a stream, when a whole answer's is not known yet.
  const { wire: _, tier: __, ...counted } = usage ?? {};
  const said = parts.map((part) => ({
    ...part,
    ...(part.type === 'toolCall' && { arguments: read(part) }),
    ...(part.type === 'text' && to === 'openai-chat' && { citations: undefined }),
  }));
  const reply = { ...rest, extra: emptied(extra), parts: said, finish: { ...finish, wire: undefined }, usage: counted };
  return JSON.parse(JSON.stringify(reply, (key, value) => (UNLIKE.has(key) ? undefined : value)));
};

/** Extras without the report of losses and the objects that only held it. */
const emptied = (extra: ModelReply['extra']): ModelReply['extra'] => {
  const own = Object.entries(extra ?? {}).filter(([, fields]) => Object.keys(fields ?? {}).some((key) => key !== 'headgate'));
  return own.length > 0 ? Object.fromEntries(own) : undefined;
};
/** The report of losses stands on other objects in a stream (it is compared as the encoder gives it), and a stream's last event has a status of its own. */
const UNLIKE = new Set(['headgate', 'status']);

/** Chunks of Chat do not declare annotations: a stream reports every citation as lost. */
const CITED = /\.citations/;
const pathsOf = (to: DialectName, losses: readonly { readonly path: string }[]): Set<string> =>
  new Set(losses.map(({ path }) => path).filter((path) => to !== 'openai-chat' || !CITED.test(path)));

function* compared(name: string, left: Json, right: Json): Generator<string> {
  if (!isDeepStrictEqual(left, right)) yield* differences(left, right).map((difference) => `${name}: ${difference}`);
}
