import type { RequestHeaders } from './rooms.ts';

/**
 * The caller's headers that may go on to a provider: what the vendors' APIs and SDKs define, and
 * tracing. An allow-list, so that keys, cookies, the caller's address and whatever tomorrow's proxy adds stay here. So does `idempotency-key`: it
 * names the call, not one of the attempts we make at it, and neither vendor documents a use for it.
 */
export function upstreamHeaders(headers: RequestHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in headers) {
    if (!ALLOWED.has(name) && !isVendors(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') kept[name] = value;
    else if (value !== undefined) kept[name] = value.join(', ');
  }
  return kept;
}

const ALLOWED = new Set(['user-agent', 'x-client-request-id', 'traceparent', 'tracestate']);

const isVendors = (name: string) => name.startsWith('openai-') || name.startsWith('anthropic-') || name.startsWith('x-stainless-');
