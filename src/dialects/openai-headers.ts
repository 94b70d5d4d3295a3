type Headers = Readonly<Record<string, string>>;

/** The provider's id for the request, as OpenAI, Azure and common proxies name it. */
export const requestIdOf = (headers: Headers): string | undefined =>
  headers['x-request-id'] ?? headers['apim-request-id'] ?? headers['request-id'];

/**
 * How long the provider asks to wait, in milliseconds: `retry-after-ms`, `retry-after` (seconds or a
 * date, counted from the answer's own `date`), the message's "try again in 1.7s", or the reset of
 * the limit that is used up.
 */
export function retryAfterMsOf(headers: Headers, message: string): number | undefined {
  return (
    positive(Number(headers['retry-after-ms'] ?? Number.NaN)) ??
    fromRetryAfter(headers['retry-after'], headers['date']) ??
    durationMs(/try again in ([\d.]+(?:ms|[hms])(?:[\d.]+(?:ms|[hms]))*)/i.exec(message)?.[1]) ??
    fromLimits(headers)
  );
}

/** `1m3s`, `12ms`, `6h0m0.5s` in milliseconds; plain numbers are seconds. */
export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[\d.]+$/.test(text)) return positive(Number(text) * 1000);
  if (!/^([\d.]+(ms|[dhms]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|[dhms])/g)) total += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return positive(total);
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function fromRetryAfter(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*[\d.]+\s*$/.test(value)) return positive(Number(value) * 1000);
  return positive(Math.max(0, Date.parse(value) - Date.parse(date ?? '')));
}

function fromLimits(headers: Headers): number | undefined {
  const waits = ['requests', 'tokens']
    .filter((limit) => headers[`x-ratelimit-remaining-${limit}`] === '0')
    .flatMap((limit) => durationMs(headers[`x-ratelimit-reset-${limit}`]) ?? []);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

const positive = (value: number): number | undefined => (Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined);
