import { type Failure, HeadgateError } from '../../model/failure.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Observer, Sighting } from '../dialect.ts';
import { isList, isObject } from '../take.ts';
import { finishOf } from './finish.ts';
import { decodeReply } from './reply/decode.ts';
import { deltaOf, firstChoice, indexOf, isEmpty, speaks, textIn, usageIn } from './stream/chunk.ts';
import { sighted } from './stream/decode.ts';
import { decodeUsage } from './usage.ts';

/** Watches a Chat answer go by. */
export const observe = (streaming: boolean): Observer => (streaming ? observeStream() : observeWhole());

function observeWhole(): Observer {
  const seen: Mutable = { finish: undefined, usage: undefined, servedModel: undefined, failure: undefined };
  return Object.assign(seen, {
    see(bytes: Buffer): Sighting {
      try {
        const reply = decodeReply(parsed(bytes));
        seen.finish = reply.finish;
        seen.usage = reply.usage;
        seen.servedModel = reply.model || undefined;
        return 'end';
      } catch (error) {
        if (!(error instanceof HeadgateError)) throw error;
        seen.failure = error.failure;
        return 'fail';
      }
    },
  });
}

/**
 * Chunks after the first content are parsed only when they hold something a relay must know: the
 * word that ends the answer, usage, an error, a call or a refusal. A plain text chunk costs a few
 * byte searches.
 */
function observeStream(): Observer {
  const seen: Mutable = { finish: undefined, usage: undefined, servedModel: undefined, failure: undefined };
  const told = { calls: false, refusal: false };
  let word: string | undefined;
  let tier: string | undefined;
  let usage: JsonObject | undefined;
  let flowing = false;

  function fail(failure: Failure): Sighting {
    seen.failure = failure;
    return 'fail';
  }

  function read(chunk: JsonObject): Sighting {
    seen.servedModel ??= textIn(chunk['model']) || undefined;
    if (typeof chunk['service_tier'] === 'string') tier = chunk['service_tier'];
    usage = usageIn(chunk) ?? usage;
    if (usage) seen.usage = decodeUsage(usage, tier);
    const choices = isList(chunk['choices']) ? chunk['choices'].filter(isObject) : [];
    let content = false;
    for (const choice of choices) {
      const delta = deltaOf(choice);
      const reason = textIn(choice['finish_reason']);
      content ||= speaks(delta) || reason !== '';
      if (indexOf(choice) !== 0 || choice !== firstChoice(chunk)) continue;
      told.calls ||= !isEmpty(delta['tool_calls']) || isObject(delta['function_call']);
      told.refusal ||= textIn(delta['refusal']) !== '';
      word = reason || word;
    }
    if (word !== undefined) seen.finish = finishOf(word, told);
    flowing ||= content;
    return content ? 'content' : 'preamble';
  }

  return Object.assign(seen, {
    see(bytes: Buffer): Sighting {
      // Whatever comes after a failure, the failure was the end.
      if (seen.failure) return 'preamble';
      const data = dataIn(bytes);
      if (!data) return 'preamble';
      if (data.length < 10 && data.toString('latin1').trim() === '[DONE]') {
        if (!seen.finish && seen.servedModel !== undefined && (told.calls || usage)) seen.finish = finishOf(undefined, told);
        return seen.finish ? 'end' : fail({ kind: 'interrupted', message: 'the provider ended the stream without a finish_reason' });
      }
      if (flowing && isPlain(data, told)) return 'content';
      const event = /^event: *(.*?) *$/m.exec(bytes.subarray(0, 200).toString('latin1'))?.[1];
      const sight = sighted({ data: joined(bytes), ...(event !== undefined && { event }) });
      return 'failure' in sight ? fail(sight.failure) : read(sight.chunk);
    },
  });
}

type Mutable = { -readonly [K in 'finish' | 'usage' | 'servedModel' | 'failure']: Observer[K] };

const NEEDLES = {
  data: Buffer.from('data:'),
  finish: Buffer.from('"finish_reason"'),
  usage: Buffer.from('"usage"'),
  error: Buffer.from('"error"'),
  calls: Buffer.from('_call'),
  refusal: Buffer.from('"refusal"'),
};

/** Whether a chunk is whole and holds nothing a relay must know. A key inside a text has its quotes escaped, and is not found. */
function isPlain(data: Buffer, told: { readonly calls: boolean; readonly refusal: boolean }): boolean {
  if (data[0] !== BRACE_OPEN || data[data.length - 1] !== BRACE_CLOSE || data.includes(NEEDLES.error)) return false;
  if (!isNull(data, NEEDLES.finish) || !isNull(data, NEEDLES.usage)) return false;
  return (told.calls || !data.includes(NEEDLES.calls)) && (told.refusal || isNull(data, NEEDLES.refusal));
}

/** Whether every value of a key is `null`, or the key is not there. */
function isNull(data: Buffer, key: Buffer): boolean {
  for (let at = data.indexOf(key); at >= 0; at = data.indexOf(key, at)) {
    at += key.length;
    while (data[at] === COLON || data[at] === SPACE) at += 1;
    if (data[at] !== LOWER_N) return false;
  }
  return true;
}

const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const COLON = 0x3a;
const SPACE = 0x20;
const LOWER_N = 0x6e;

/** The data of an event of one `data:` line, without copying; of any other event, the first such line. */
function dataIn(bytes: Buffer): Buffer | undefined {
  let at = bytes.indexOf(NEEDLES.data);
  while (at > 0 && bytes[at - 1] !== 0x0a && bytes[at - 1] !== 0x0d) at = bytes.indexOf(NEEDLES.data, at + 1);
  if (at < 0) return undefined;
  let from = at + NEEDLES.data.length;
  while (bytes[from] === SPACE) from += 1;
  let to = bytes.length;
  while (to > from && bytes[to - 1]! <= SPACE) to -= 1;
  return bytes.subarray(from, to);
}

/** All data lines of an event, joined as the standard says. */
function joined(bytes: Buffer): string {
  const lines = bytes.toString('utf8').split(/\r\n|\n|\r/);
  return lines.flatMap((line) => (line.startsWith('data:') ? [line.slice(line[5] === ' ' ? 6 : 5)] : [])).join('\n');
}

function parsed(bytes: Buffer): Json {
  try {
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch {
    return null;
  }
}
