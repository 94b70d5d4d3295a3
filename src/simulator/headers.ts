import type { Gauge, Rates } from './rate.ts';

/** Headers of every answer of OpenAI's (§3.9 of the protocol notes; recorded). */
export const openaiHeaders = (requestId: string, processingMs: number, rates: Rates): Record<string, string> => ({
  'openai-organization': 'org-simulator',
  'openai-processing-ms': String(Math.max(1, Math.round(processingMs))),
  'openai-version': '2020-10-01',
  'x-request-id': requestId,
  ...openaiGauge('requests', rates.requests),
  ...openaiGauge('tokens', rates.tokens),
});

function openaiGauge(name: string, { limit, remaining, resetMs }: Gauge): Record<string, string> {
  return {
    [`x-ratelimit-limit-${name}`]: String(limit),
    [`x-ratelimit-remaining-${name}`]: String(remaining),
    [`x-ratelimit-reset-${name}`]: duration(resetMs),
  };
}

/** `0s`, `12ms`, `34.066s`, `1m3s`, `2h0m5s`. */
export function duration(ms: number): string {
  if (ms <= 0) return '0s';
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = Number(((ms % 60_000) / 1000).toFixed(3));
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** Headers of every answer of Anthropic's. The combined limit is said twice more, for input and output. */
export const anthropicHeaders = (requestId: string, nowMs: number, rates: Rates): Record<string, string> => ({
  'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
  'request-id': requestId,
  ...anthropicGauge('requests', rates.requests, nowMs),
  ...anthropicGauge('tokens', rates.tokens, nowMs),
  ...anthropicGauge('input-tokens', rates.tokens, nowMs),
  ...anthropicGauge('output-tokens', rates.tokens, nowMs),
});

function anthropicGauge(name: string, { limit, remaining, resetMs }: Gauge, nowMs: number): Record<string, string> {
  return {
    [`anthropic-ratelimit-${name}-limit`]: String(limit),
    [`anthropic-ratelimit-${name}-remaining`]: String(remaining),
    [`anthropic-ratelimit-${name}-reset`]: new Date(Math.ceil((nowMs + resetMs) / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
  };
}
