import type { Json, JsonObject } from '../model/json.ts';

/**
 * Whether the usage of a case is the gateway's own count and not the provider's report. A field may say so
 * (`estimated`, `counted_by`); a stream whose events reported less than the case's usage shows it; else,
 * the format having no field for it, title and note tell.
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
  if (Array.isArray(golden['events']) && objects([golden['usage']]).some((usage) => saysMore(usage, reported ?? {}))) return true;
  const told = `${String(golden['title'] ?? '')}. ${String(golden['note'] ?? '')}`.replace(NOT_SO, ' ');
  return TOLD.some((pattern) => pattern.test(told));
}

const isOurs = (value: Json | undefined): boolean => typeof value === 'string' && /gateway|headgate|local|count|estimat/i.test(value);

/** Whether a usage counts tokens that the events never reported. */
const saysMore = (usage: JsonObject, reported: JsonObject): boolean =>
  ['output_tokens', 'completion_tokens', 'input_tokens', 'prompt_tokens'].some((name) => {
    const counted = usage[name];
    return typeof counted === 'number' && counted > Number(reported[name] ?? 0);
  });

const ENDED =
  'cut|aborted|aborts?|broken|broke|breaks?|interrupted|disconnect\\w*|truncated|dropped|lost|hangs? up|hung up|killed|cancell?ed|went away|goes away|died';
const FLOW = 'stream|connection|client|caller|user|answer|response|upstream|provider|socket';
const TOLD = [
  /\bestimat(ed?|es|ion)\b/i,
  /\b(gateway|headgate|local|own|our)('s)? (token )?count\w*/i,
  /\b(output|input|tokens?|usage|chunks?|deltas?) (\w+ )?counted\b|\bcounted (tokens|output|input|locally|by)/i,
  new RegExp(`\\b(${FLOW})\\b[^.;]*\\b(${ENDED})\\b`, 'i'),
  new RegExp(`\\b(${ENDED})\\b[^.;]*\\b(${FLOW})\\b`, 'i'),
  /\b(no|without|missing|never \w+|lacks?) (final |any )?usage\b[^.;]*\b(stream|chunk|include_usage)\b|\bstream\b[^.;]*\b(no|without|missing|never \w+|lacks?) (a |the )?(final |any )?usage\b/i,
];

/** Words that look alike and say the opposite: the report had come, or there was nothing to count. */
const NOT_SO =
  /\b(not|never|no|nothing) (be )?(estimat\w+|counted)|\b\w+( \w+){0,3} after (the )?(final |last )?(usage|message_delta|message_stop|\[DONE\])[^.;]*|\bno usage, no cost\b/gi;

const objects = (value: readonly (Json | undefined)[] | Json | undefined): JsonObject[] =>
  ((Array.isArray(value) ? value : []) as readonly (Json | undefined)[]).filter(
    (item): item is JsonObject => typeof item === 'object' && item !== null && !Array.isArray(item),
  );
