import { hash } from 'node:crypto';

/** Where a caller's own trace stands, from W3C's `traceparent` and `tracestate`. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether the caller's side keeps this trace. */
  readonly sampled: boolean;
  readonly state?: string;
}

/** Undefined where there is none, or none that the specification lets count: then the trace begins here. */
export function traceContextOf(headers: Readonly<Record<string, string>>): TraceContext | undefined {
  const match = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(headers['traceparent']?.trim() ?? '');
  if (!match) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', rest] = match;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId) || (version === '00' && rest !== undefined)) return undefined;
  const state = headers['tracestate'];
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1, ...(state && { state }) };
}

/** Ids follow from the call's own: whoever has that finds the trace, and sending twice changes nothing. */
export const traceIdOf = (callId: string): string => hash('sha256', callId).slice(0, 32);
export const spanIdOf = (callId: string, attempt: number): string => hash('sha256', `${callId}#${attempt}`).slice(0, 16);

/** Whether a trace that begins here is one of `share` (0 to 1) that are kept; the same for the same trace everywhere. */
export const keeps = (traceId: string, share: number): boolean => Number.parseInt(traceId.slice(0, 8), 16) < share * 2 ** 32;
