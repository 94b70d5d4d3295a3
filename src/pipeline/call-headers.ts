import type { Attempt } from '../model/attempt.ts';
import type { DialectName } from '../model/part.ts';

/** What a caller is told of the call itself, whatever became of it. */
export function callHeaders(call: {
  readonly id: string;
  /** What the caller speaks. */
  readonly dialect: DialectName;
  /** Every attempt so far; the last is the one that answers. */
  readonly attempts: readonly Attempt[];
  /** Our own share of the time so far, in milliseconds. */
  readonly overheadMs: number;
  readonly upstreamHeaders: Readonly<Record<string, string>>;
}): Record<string, string> {
  const { id, dialect, attempts, overheadMs, upstreamHeaders } = call;
  const { target, losses = 0 } = attempts.at(-1) ?? {};
  const headers: Record<string, string> = {
    'x-headgate-call-id': id,
    'x-headgate-losses': String(losses),
    'x-headgate-overhead-ms': overheadMs.toFixed(2),
  };
  if (target) {
    headers['x-headgate-target'] = `${target.provider}/${target.model}`;
    if (target.dialect !== dialect) headers['x-headgate-dialect'] = target.dialect;
  }
  if (attempts.length > 1) headers['x-headgate-attempts'] = String(attempts.length);
  const upstreamId = upstreamHeaders['x-request-id'] ?? upstreamHeaders['request-id'];
  if (upstreamId) headers['x-headgate-upstream-request-id'] = upstreamId;
  return headers;
}
