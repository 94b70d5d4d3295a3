import type { Attempt } from '../model/attempt.ts';
import type { CallerDialect } from '../model/part.ts';

/** What a caller is told of the call itself, whatever became of it. */
export function callHeaders(call: {
  readonly id: string;
  /** What the caller speaks. */
  readonly dialect: CallerDialect;
  /** Every attempt so far. */
  readonly attempts: readonly Attempt[];
  /** The one that answers. */
  readonly shown: Attempt | undefined;
  /** Our own share of the time so far, in milliseconds. */
  readonly overheadMs: number;
  readonly upstreamHeaders: Readonly<Record<string, string>>;
  /** What the admission adds: limits and what is left of them. */
  readonly own?: Readonly<Record<string, string>>;
}): Record<string, string> {
  const { id, dialect, attempts, shown, overheadMs, upstreamHeaders } = call;
  const { target, losses = 0 } = shown ?? {};
  const headers: Record<string, string> = {
    'x-headgate-call-id': id,
    'x-headgate-losses': String(losses),
    'x-headgate-overhead-ms': overheadMs.toFixed(2),
  };
  if (target) {
    headers['x-headgate-target'] = `${target.provider}/${target.model}`;
    if (target.dialect !== dialect) headers['x-headgate-dialect'] = target.dialect;
  }
  if (attempts.length > 1) {
    headers['x-headgate-attempts'] = String(attempts.length);
    headers['x-headgate-trail'] = attempts.map(trailOf).join(', ');
  }
  const upstreamId = upstreamHeaders['x-request-id'] ?? upstreamHeaders['request-id'];
  if (upstreamId) headers['x-headgate-upstream-request-id'] = upstreamId;
  for (const name in call.own) headers[name] = call.own[name]!;
  return headers;
}

/** An attempt in a word or two: `openai/gpt-6-sol overloaded`. */
function trailOf({ target, failure, reason, delivered }: Attempt): string {
  const outcome = failure?.kind ?? (delivered ? 'ok' : 'under way');
  return `${target.provider}/${target.model} ${outcome}${reason === 'hedge' ? ' (hedge)' : ''}`;
}
