import { type Failure, HeadgateError } from '../../model/failure.ts';
import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Observer, Sighting } from '../dialect.ts';
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
      const wire = parsed(bytes);
      if (isPlainAnswer(wire)) {
        seen.finish = finishOf(wire.choices[0].finish_reason, { calls: false, refusal: false });
        seen.usage = wire.usage ? decodeUsage(wire.usage, wire.service_tier ?? undefined) : undefined;
        seen.servedModel = wire.model || undefined;
        return 'end';
      }
      try {
        const reply = decodeReply(wire);
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

/** An answer of text and nothing else, by far the most frequent: all there is to know of it stands in four places. */
interface PlainAnswer {
  readonly model: string;
  readonly choices: readonly [{ readonly finish_reason: string }];
  readonly usage?: JsonObject | null;
  readonly service_tier?: string | null;
}

function isPlainAnswer(wire: Json): wire is Json & PlainAnswer {
  if (!isObject(wire) || wire['error'] || typeof wire['model'] !== 'string') return false;
  const { choices, usage = null, service_tier: tier = null, id = null, created = null } = wire;
  if (!isList(choices) || choices.length !== 1 || !isObject(choices[0])) return false;
  if ((usage !== null && !isObject(usage)) || (tier !== null && typeof tier !== 'string')) return false;
  if ((id !== null && typeof id !== 'string') || (created !== null && typeof created !== 'number')) return false;
  const { message, finish_reason: reason, delta } = choices[0];
  if (!isObject(message) || delta !== undefined || typeof reason !== 'string') return false;
  for (const key in message) if (key !== 'role' && key !== 'content' && !isEmpty(message[key])) return false;
  return typeof message['content'] === 'string';
}

/**
 * Chunks of one stream differ only in a few words: one that begins like the last parsed one and goes on as a plain
 * piece of text or arguments is passed by a single pattern; every other is parsed.
 */
function observeStream(): Observer {
  const seen: Mutable = { finish: undefined, usage: undefined, servedModel: undefined, failure: undefined };
  const told = { calls: false, refusal: false };
  let word: string | undefined;
  /** Choices that have begun and have not ended: a stream that stops now is not whole, whatever the first says. */
  const open = new Set<number>();
  const ended = new Set<number>();
  let tier: string | undefined;
  let usage: JsonObject | undefined;
  /** How the chunks of this stream begin, up to their delta; from the first content on. */
  let prefix: string | undefined;

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
      const index = indexOf(choice);
      content ||= speaks(delta) || reason !== '';
      if (reason !== '') ended.add(index);
      if (ended.has(index)) open.delete(index);
      else open.add(index);
      if (index !== 0 || choice !== firstChoice(chunk)) continue;
      told.calls ||= !isEmpty(delta['tool_calls']) || isObject(delta['function_call']);
      told.refusal ||= textIn(delta['refusal']) !== '';
      word = reason || word;
    }
    if (word !== undefined && open.size === 0) seen.finish = finishOf(word, told);
    return content ? 'content' : 'preamble';
  }

  return Object.assign(seen, {
    see(bytes: Buffer): Sighting {
      // Whatever comes after a failure, the failure was the end.
      if (seen.failure) return 'preamble';
      // One character a byte is all that is needed to compare, and cheaper than decoding.
      const event = bytes.toString('latin1');
      if (prefix !== undefined && event.startsWith(prefix) && isPlain(event, prefix.length, told.calls)) return 'content';
      const data = dataOf(bytes.toString('utf8'));
      if (data === undefined) return 'preamble';
      if (data.trim() === '[DONE]') {
        if (word !== undefined) seen.finish ??= finishOf(word, told);
        if (!seen.finish && seen.servedModel !== undefined && (told.calls || usage)) seen.finish = finishOf(undefined, told);
        return seen.finish ? 'end' : fail({ kind: 'interrupted', message: 'the provider ended the stream without a finish_reason' });
      }
      const name = /^event: *(.*?) *$/m.exec(event)?.[1];
      const sight = sighted({ data, ...(name !== undefined && { event: name }) });
      if ('failure' in sight) return fail(sight.failure);
      const sighting = read(sight.chunk);
      if (sighting === 'content' && event.startsWith('data: {')) prefix = prefixOf(event);
      return sighting;
    },
  });
}

type Mutable = { -readonly [K in 'finish' | 'usage' | 'servedModel' | 'failure']: Observer[K] };

/** A chunk up to its delta, which is the same in all; undefined where it tells something of its own before that. */
function prefixOf(event: string): string | undefined {
  const end = event.indexOf('"delta":{');
  const before = event.slice(0, Math.max(end, 0));
  return end < 0 || /"(usage|finish_reason|error)"/.test(before) ? undefined : before;
}

/** Whether an event goes on as a plain piece of text, or of a call's arguments, and then ends with nothing but nulls. */
function isPlain(event: string, from: number, calls: boolean): boolean {
  PLAIN.lastIndex = from;
  return PLAIN.test(event) && (calls || !event.startsWith('"delta":{"tool_calls"', from));
}

const STRING = '"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"';
const PLAIN = new RegExp(
  `"delta":\\{(?:"(?:content|reasoning|reasoning_content)":${STRING}|"tool_calls":\\[\\{"index":\\d+,"function":\\{"arguments":${STRING}\\}\\}\\])\\}` +
    `(?:,"(?:logprobs|finish_reason|usage)":null|,"obfuscation":"\\w*"|[\\]}])*\\s*$`,
  'y',
);

/** The data lines of an event, joined as the standard says; undefined when it has none. */
function dataOf(event: string): string | undefined {
  const lines = event.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'));
  return lines.length > 0 ? lines.map((line) => line.slice(line[5] === ' ' ? 6 : 5)).join('\n') : undefined;
}

function parsed(bytes: Buffer): Json {
  try {
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch {
    return null;
  }
}
