/** A storm of calls that are too large: the first is told at once, the others together, every so often. */
export interface Storm {
  /** When those counted since are told. */
  readonly untilMs: number;
  readonly count: number;
  readonly worst?: LargeCall;
}

/** A call that took more tokens than it may. */
export interface LargeCall {
  readonly callId: string;
  readonly tokens: number;
}

export type StormChange =
  | { readonly type: 'firing'; readonly call: LargeCall }
  /** `count` more since the last time something was told, and the largest of them. */
  | { readonly type: 'digest'; readonly count: number; readonly worst: LargeCall }
  | { readonly type: 'resolved' };

/** Whether a call is too large: strictly above the limit, cached tokens included. */
export const tooLarge = (tokens: number, limitTokens: number): boolean => tokens > limitTokens;

/** A large call came. */
export function stormGrew(
  storm: Storm | undefined,
  call: LargeCall,
  nowMs: number,
  everyMs: number,
): { readonly storm: Storm; readonly change?: StormChange } {
  if (!storm) return { storm: { untilMs: nowMs + everyMs, count: 0 }, change: { type: 'firing', call } };
  const worst = storm.worst && storm.worst.tokens >= call.tokens ? storm.worst : call;
  return { storm: { ...storm, count: storm.count + 1, worst } };
}

/** Time has passed. A stretch without another large call ends the storm. */
export function stormWent(storm: Storm, nowMs: number, everyMs: number): { readonly storm?: Storm; readonly change?: StormChange } {
  if (nowMs < storm.untilMs) return { storm };
  if (!storm.worst) return { change: { type: 'resolved' } };
  return { storm: { untilMs: nowMs + everyMs, count: 0 }, change: { type: 'digest', count: storm.count, worst: storm.worst } };
}
