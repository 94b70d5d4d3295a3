type Headers = Readonly<Record<string, string>>;

/**
 * How long the provider asks to wait, in milliseconds: `retry-after-ms`, `retry-after` in seconds or as
 * a date, else the latest reset of a used-up limit. Dates count from the answer's own `date` header, so
 * that neither clock's error matters; without one they say nothing.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const ms = positive(headers['retry-after-ms']);
  if (ms !== undefined) return ms;
  const after = headers['retry-after'];
  const seconds = positive(after);
  if (seconds !== undefined) return seconds * 1000;
  return until(after, headers) ?? untilReset(headers);
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

function until(text: string | undefined, headers: Headers): number | undefined {
  const ms = Date.parse(text ?? '') - Date.parse(headers['date'] ?? '');
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

const LIMITS = ['requests', 'tokens', 'input-tokens', 'output-tokens'];

function untilReset(headers: Headers): number | undefined {
  const waits = LIMITS.filter((limit) => headers[`anthropic-ratelimit-${limit}-remaining`] === '0')
    .map((limit) => until(headers[`anthropic-ratelimit-${limit}-reset`], headers))
    .filter((wait) => wait !== undefined);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}
