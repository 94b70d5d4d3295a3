import type { CallerDialect } from '../model/part.ts';
import type { RateState } from './rates.ts';

/** Limits and what is left of them, as the vendor of the caller's dialect tells its own; `nowMs` is the wall clock. */
export function rateHeaders(dialect: CallerDialect, states: readonly RateState[], nowMs: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { of, perMinute, remaining, resetMs } of states) {
    if (dialect === 'anthropic-messages') {
      headers[`anthropic-ratelimit-${of}-limit`] = String(perMinute);
      headers[`anthropic-ratelimit-${of}-remaining`] = String(remaining);
      headers[`anthropic-ratelimit-${of}-reset`] = new Date(Math.ceil((nowMs + resetMs) / 1000) * 1000).toISOString().replace('.000', '');
    } else {
      headers[`x-ratelimit-limit-${of}`] = String(perMinute);
      headers[`x-ratelimit-remaining-${of}`] = String(remaining);
      headers[`x-ratelimit-reset-${of}`] = durationText(resetMs);
    }
  }
  return headers;
}

/** `1m3s`, `12ms`, `1.5s`: the way OpenAI writes durations. */
function durationText(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1000) return `${whole}ms`;
  const minutes = Math.floor(whole / 60_000);
  const seconds = (whole - minutes * 60_000) / 1000;
  return `${minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}
