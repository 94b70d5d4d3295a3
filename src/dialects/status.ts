import type { FailureKind } from '../model/failure.ts';

/** What a status outside 2xx means when nothing else is known. */
export function kindOfStatus(status: number): FailureKind {
  return STATUSES[status] ?? (status >= 400 && status < 500 ? 'invalid' : 'broken');
}

const STATUSES: Readonly<Record<number, FailureKind>> = {
  401: 'denied',
  402: 'exhausted',
  403: 'denied',
  404: 'missing',
  408: 'slow',
  // Both vendors' SDKs retry a conflict: the provider was busy with the same thing.
  409: 'broken',
  413: 'oversized',
  429: 'throttled',
  503: 'overloaded',
  504: 'slow',
  524: 'slow',
  529: 'overloaded',
};
