import type { UsageRecord } from '../../accounting/record.ts';

/** How a call ended, in as few words as alerts need: a label with every kind of failure would multiply the series of every feature. */
export const OUTCOMES = ['ok', 'caller_error', 'upstream_error', 'refused', 'cancelled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Whose doing an outcome is. */
export const OUTCOME_OF = {
  ok: 'ok',
  invalid: 'caller_error',
  oversized: 'caller_error',
  tooLong: 'caller_error',
  filtered: 'caller_error',
  missing: 'caller_error',
  cancelled: 'cancelled',
  denied: 'upstream_error',
  exhausted: 'upstream_error',
  throttled: 'upstream_error',
  overloaded: 'upstream_error',
  broken: 'upstream_error',
  unreachable: 'upstream_error',
  slow: 'upstream_error',
  interrupted: 'upstream_error',
  unauthenticated: 'refused',
  unroutable: 'refused',
  lossy: 'refused',
  overBudget: 'refused',
  limited: 'refused',
  forbidden: 'refused',
  reused: 'caller_error',
  crowded: 'refused',
  closing: 'refused',
} as const satisfies Record<UsageRecord['outcome'], Outcome>;
