import { FAILURES, type FailureKind } from '../../model/failure.ts';
import { durationMs, instantMs } from './times.ts';

type Headers = Readonly<Record<string, string>>;

/** What a provider says of another try: how long to wait for it, and whether to make it at all. */
export interface Waits {
  readonly retryAfterMs?: number;
  readonly shouldRetry?: boolean;
}

/**
 * Reads what a failed answer says of another try. `nowMs` (Unix) is what dates are counted from where the
 * answer bears no `date` of its own, which is preferred so that neither clock's error matters.
 */
export function waitsOf(headers: Headers, { kind, message, nowMs }: WaitContext): Waits {
  const { retry, parks } = FAILURES[kind];
  const told = headers['x-should-retry']?.trim().toLowerCase();
  const fromMs = instantMs(headers['date']) ?? nowMs;
  const after = retry === 'here' || parks !== 'no' ? (askedMs(headers, fromMs) ?? saidMs(message)) : undefined;
  // A reset tells when a limit has room again; it asks for nothing where the limit was not the trouble.
  const retryAfterMs = after ?? (kind === 'throttled' || kind === 'overloaded' ? resetMs(headers, fromMs) : undefined);
  return {
    ...(retryAfterMs !== undefined && { retryAfterMs: bounded(retryAfterMs) }),
    ...((told === 'true' || told === 'false') && { shouldRetry: told === 'true' }),
  };
}

interface WaitContext {
  readonly kind: FailureKind;
  readonly message: string;
  readonly nowMs?: number | undefined;
}

/** The longest wait a timer can hold, near 25 days; more is told as this. */
export const WAIT_MS_MAX = 2 ** 31 - 1;

/** Never earlier than asked: parts of a millisecond are rounded up. */
const bounded = (ms: number) => Math.min(WAIT_MS_MAX, Math.max(0, Math.ceil(ms)));

/** `retry-after-ms` before `retry-after`, as both vendors' SDKs read them. */
const askedMs = (headers: Headers, fromMs: number | undefined): number | undefined =>
  number(headers['retry-after-ms']) ?? times(1000, number(headers['retry-after'])) ?? until(headers['retry-after'], fromMs);

const NUMBER = /^\d+(\.\d*)?$|^\.\d+$/;

/** A plain number of nothing but digits. A list, as proxies join a header sent twice, counts as its largest. */
function number(text: string | undefined): number | undefined {
  const items = text?.split(',').map((item) => item.trim()) ?? [];
  return items.length > 0 && items.every((item) => NUMBER.test(item)) ? Math.max(...items.map(Number)) : undefined;
}

const times = (factor: number, value: number | undefined) => (value === undefined ? undefined : value * factor);

/** Until a date; one that has passed asks for no wait. */
function until(text: string | undefined, fromMs: number | undefined): number | undefined {
  const at = instantMs(text);
  return at === undefined || fromMs === undefined ? undefined : Math.max(0, at - fromMs);
}

/** Waits that stand only in the words: OpenAI's "try again in 1m3.5s", Azure's "retry after 6 seconds", Gemini's "retry in 34.07s". */
function saidMs(message: string): number | undefined {
  const said = /(?:try again|retry) (?:in|after) ((?:[\d.]+ ?(?:ms|milliseconds?|seconds?|minutes?|hours?|[dhms])(?![a-z]) ?)+)/i.exec(
    message,
  )?.[1];
  return durationMs(
    said
      ?.toLowerCase()
      .replace(/ /g, '')
      .replace(/milliseconds?/g, 'ms')
      .replace(/(second|minute|hour)s?/g, (word) => word[0]!),
  );
}

/** The latest reset among the limits that are used up; those with room left do not matter. */
function resetMs(headers: Headers, fromMs: number | undefined): number | undefined {
  const waits = Object.entries(headers).flatMap(([name, value]) => {
    const remaining = headers[remainingOf(name) ?? ''];
    return remaining !== undefined && Number(remaining) <= 0 && remaining.trim() !== '' ? (resetIn(value.trim(), fromMs) ?? []) : [];
  });
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

/** The header that says what is left of the limit whose reset this one tells; undefined for other headers. */
function remainingOf(name: string): string | undefined {
  if (/^anthropic-ratelimit-.+-reset$/.test(name)) return name.replace(/reset$/, 'remaining');
  return /^x-ratelimit-reset(-|$)/.test(name) ? name.replace('reset', 'remaining') : undefined;
}

/** OpenAI and Groq say durations, Anthropic dates, Azure seconds, OpenRouter Unix milliseconds. */
function resetIn(value: string, fromMs: number | undefined): number | undefined {
  const plain = number(value);
  if (plain === undefined || plain < 1e9) return durationMs(value) ?? until(value, fromMs);
  return fromMs === undefined ? undefined : Math.max(0, (plain < 1e11 ? plain * 1000 : plain) - fromMs);
}
