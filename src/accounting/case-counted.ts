import type { Json, JsonObject } from '../model/json.ts';

/**
 * Whether the usage of a case is the gateway's own count and not the provider's report. A field may say so
 * (`estimated`, `counted_by`); a stream whose events reported less than the case's usage, or whose answer was never
 * reported, shows it; else, the format having no field for it, title and note tell.
 */
export function isCounted(golden: JsonObject, reported: JsonObject | undefined): boolean {
  const marks = [golden, ...objects([golden['usage'], golden['response_meta']]), ...objects(golden['attempts_or_parts'])];
  if (
    marks.some(
      ({ estimated, counted, counted_by, usage_source }) =>
        estimated === true || counted === true || isOurs(counted_by) || isOurs(usage_source),
    )
  )
    return true;
  const events = objects(golden['events']);
  if (events.length > 0 && objects([golden['usage']]).some((usage) => saysMore(usage, reported ?? {}))) return true;
  if (isUnfinished(events)) return true;
  const told = `${String(golden['title'] ?? '')}. ${String(golden['note'] ?? '')}`.replace(NOT_SO, ' ');
  if (COUNTED.some((pattern) => pattern.test(told))) return true;
  return reported === undefined && !REPORTED.test(told) && BROKEN_OFF.some((pattern) => pattern.test(told));
}

/** Messages tells the question's tokens at the start, and the answer's only at the end. */
const isUnfinished = (events: readonly JsonObject[]): boolean =>
  events.some(({ type }) => type === 'message_start') &&
  !events.some(({ type, usage }) => type === 'message_delta' && typeof objects([usage])[0]?.['output_tokens'] === 'number');

const isOurs = (value: Json | undefined): boolean => typeof value === 'string' && /gateway|headgate|local|count|estimat/i.test(value);

/** Whether a usage counts tokens that the events never reported. */
const saysMore = (usage: JsonObject, reported: JsonObject): boolean =>
  ['output_tokens', 'completion_tokens', 'input_tokens', 'prompt_tokens'].some((name) => {
    const counted = usage[name];
    return typeof counted === 'number' && counted > Number(reported[name] ?? 0);
  });

/** Words that say who counted. A count of something else (`counted once`, `counted towards`) is about the rules. */
const COUNTED = [
  /\bestimat(ed?|es|ion)\b/i,
  /\b(gateway|headgate|local|our|our own)('s)? (token )?(count\w*|tokenizer)\b|\btokenizer('s)? count|\b(from|by|with) (a|the) tokenizer\b/i,
  /\btokens are ours\b|(\bfrom|:) counted (tokens|output)\b/i,
  /(\b(output|input|tokens?|usage|chunks?|deltas?)|:) counted\b(?= *([,.;]|(from|with|locally|here)\b|by (the gateway|us)\b))/i,
];

const ENDED = 'cut|aborted|broken|broke|breaks? off|interrupted|truncated|dropped|lost|killed|cancell?ed|died|reset';

/** Words for an answer that ended before its usage came, so that nobody but us can have counted. */
const BROKEN_OFF = [
  new RegExp(`\\b(stream|connection|socket|answer|response|upstream|provider)( (is|was))? (${ENDED})\\b`, 'i'),
  new RegExp(`\\b(${ENDED}) (the )?(stream|connection|socket|answer|response)\\b`, 'i'),
  /\b(client|caller|user|upstream)( is| was)? (disconnect\w*|abort\w*|hangs? up|hung up|went away|goes away)\b/i,
  /\b(ECONNRESET|timeout|timed out|disconnect\w*|abort\w*|cancel\w*|error|failed|fails|failure) (mid-\w+|after \d+ (tokens|chunks|deltas)|before (any |the )?usage)\b/i,
  /\b(no|without|never (sent|reported|got)) (final |any )?usage\b|\busage( is| was)? missing\b/i,
];

/** Words that say that the report had come all the same, or that there was nothing to count. */
const REPORTED =
  /\bno cost\b|\b(nothing|not) billed\b|\bexact\b|\bprovider( usage|'s usage|'s report| reported)|\busage (was )?reported|\bupstream finished/i;

/** Words that look alike and say the opposite or something else. */
const NOT_SO =
  /\b(not|never|no|nothing) (be |an )?(estimat\w+|counted)|\bestimated only\b|\b\w+( \w+){0,3} after (the )?(final |last )?(usage|message_delta|message_stop|\[DONE\])[^.;]*|\b(cut( off)?|truncated) (by|at) max\w*tokens/gi;

const objects = (value: readonly (Json | undefined)[] | Json | undefined): JsonObject[] =>
  ((Array.isArray(value) ? value : []) as readonly (Json | undefined)[]).filter(
    (item): item is JsonObject => typeof item === 'object' && item !== null && !Array.isArray(item),
  );
