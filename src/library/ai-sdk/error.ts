import { type Failure, HeadgateError } from '../../model/failure.ts';
import type { Receipt } from '../../model/make-call.ts';

/** What a call came to nothing by, as the AI SDK wants it: of a call that was aborted the reason, by whose name it knows. */
export function errorOf(failure: Failure, { callId }: Receipt, signal: AbortSignal | undefined): Error {
  if (!signal?.aborted) return new HeadgateError({ ...failure, requestId: callId });
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new DOMException('the call was aborted', 'AbortError');
}
