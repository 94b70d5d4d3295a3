import type { Attempt, Target } from '../model/attempt.ts';
import { FAILURES, type Failure, NO_THREAD } from '../model/failure.ts';

/** How often, and how patiently, a call is tried. */
export interface RetryPolicy {
  /** Tries at one target, the first included. */
  readonly triesPerTarget: number;
  /** Tries in all, over every target. */
  readonly triesInAll: number;
  /** How long to wait for an earlier target before a later one is tried instead, in milliseconds. */
  readonly patienceMs: number;
  /** The longest that is waited for any target, in milliseconds; a longer wait is the caller's to decide on. */
  readonly waitMsMax: number;
  /** First wait; doubles with each try, with full jitter. */
  readonly backoffMs: number;
  readonly backoffMsMax: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  triesPerTarget: 3,
  triesInAll: 6,
  patienceMs: 2000,
  waitMsMax: 10_000,
  backoffMs: 500,
  backoffMsMax: 8000,
};

/** What stands in the way of sending to a target, whoever asks. */
export interface Standing {
  /** How long its provider or its keys ask to be left alone, in milliseconds; 0: not at all. */
  readonly waitMs: number;
  /** How long its breaker keeps it at rest, in milliseconds; 0: it does not. */
  readonly restMs: number;
  /** Why no key of it can be used, where none can. */
  readonly failure?: Failure;
}

/** What a decision is made on, besides the past of the call. */
export interface View {
  readonly remainingMs: number;
  /** Uniform in [0, 1). */
  readonly random: number;
  standing(target: Target): Standing;
  /** Whether the upstream's retry budget allows another try, after what failed last. */
  mayRetry(target: Target, last: Failure): boolean;
  /** Whether a target at rest is tried all the same, there being no other. Asked once: the asking counts. */
  panics(target: Target): boolean;
  /** Its longest prompt, in tokens; undefined: unknown. */
  contextTokens(target: Target): number | undefined;
}

export type Step =
  | { readonly do: 'attempt'; readonly target: Target; readonly afterMs: number }
  /** `soonestMs`: when asking again may help, where that is known. */
  | { readonly do: 'stop'; readonly failure: Failure; readonly soonestMs?: number };

/**
 * What to do next, given everything tried so far. Retry, fallback, breakers and deadline are one decision
 * because each needs to see the others; nested policies cannot, and multiply their tries. Targets are
 * compared by identity: the same list must be passed each time.
 */
export function nextStep(targets: readonly Target[], past: readonly Attempt[], policy: RetryPolicy, view: View): Step {
  const last = past.at(-1)?.failure;
  if (last && mayTryAgain(past) === 'never') return { do: 'stop', failure: toldOf(past) };
  if (last && past.length >= policy.triesInAll) return { do: 'stop', failure: toldOf(past) };

  let soonest: Open | undefined;
  const resting: Open[] = [];
  let unusable: Failure | undefined;
  for (const target of targets) {
    const tries = past.length === 0 ? past : past.filter((attempt) => attempt.target === target);
    if (!mayTry(target, tries, past, policy, view)) continue;
    const { waitMs, restMs, failure } = view.standing(target);
    const afterMs = Math.max(waitMs, ownWaitMs(tries, waitMs, policy, view.random));
    const open = { target, afterMs: Math.max(afterMs, restMs) };
    unusable ??= failure;
    if (restMs > 0) resting.push({ target, afterMs });
    // In the order written: whatever is ready soon enough goes first.
    else if (afterMs <= policy.patienceMs && afterMs < view.remainingMs && !isSilent(tries, targets, past))
      return { do: 'attempt', ...open };
    if (!soonest || open.afterMs < soonest.afterMs) soonest = open;
  }
  const inTime = (afterMs: number) => afterMs <= policy.waitMsMax && afterMs < view.remainingMs;
  if (soonest && inTime(soonest.afterMs) && !resting.some(({ target }) => target === soonest.target)) return { do: 'attempt', ...soonest };
  for (const { target, afterMs } of resting) {
    if (inTime(afterMs) && view.panics(target)) return { do: 'attempt', target, afterMs };
  }
  return {
    do: 'stop',
    failure: last ? toldOf(past) : (unusable ?? (soonest && view.remainingMs > 0 ? restingFailure(soonest) : NO_TIME)),
    ...(soonest && Number.isFinite(soonest.afterMs) && { soonestMs: soonest.afterMs }),
  };
}

/** A target that is still open to a call, and from when. */
interface Open {
  readonly target: Target;
  readonly afterMs: number;
}

const NO_TIME: Failure = { kind: 'slow', message: 'the deadline passed before the first attempt' };

const restingFailure = ({ target: { provider, model }, afterMs }: Open): Failure => ({
  kind: 'overloaded',
  message: Number.isFinite(afterMs)
    ? `every target is resting after failures; the first to return, ${provider}/${model}, does so in ${Math.ceil(afterMs / 1000)} s`
    : `every target is resting after failures; ${provider}/${model} is being tried by another call`,
});

/** Where another try makes sense after this attempt, the provider's own word on it included. */
function retryOf({ failure }: Attempt): 'here' | 'elsewhere' | 'larger' | 'never' {
  if (!failure) return 'never';
  const { retry } = FAILURES[failure.kind];
  if (failure.shouldRetry === true && retry === 'never' && failure.kind === 'invalid') return 'here';
  return failure.shouldRetry === false && retry === 'here' ? 'elsewhere' : retry;
}

/**
 * Where the call may still go after its last attempt. A later target that finds fault with the request
 * (`invalid`: it was translated for it, or the model has other rules) does not end what began with another's trouble.
 */
function mayTryAgain(past: readonly Attempt[]): ReturnType<typeof retryOf> {
  const last = past.at(-1)!;
  const retry = retryOf(last);
  return retry === 'never' && last.failure?.kind === 'invalid' && past.some(isTrouble) && last.target !== past[0]!.target
    ? 'elsewhere'
    : retry;
}

/** Whether a target has tries left, and all it failed with so far may pass. */
function mayTry(target: Target, tries: readonly Attempt[], past: readonly Attempt[], { triesPerTarget }: RetryPolicy, view: View): boolean {
  if (tries.length >= triesPerTarget) return false;
  if (past.length > 0 && !fits(target, past, view)) return false;
  if (tries.length === 0) return true;
  if (!tries.every((attempt) => retryOf(attempt) === 'here' || isParking(attempt))) return false;
  const last = tries.at(-1)!;
  // Its key is parked: another one, if there is one, has not been asked yet.
  if (isParking(last) && view.standing(target).waitMs > 0) return false;
  return view.mayRetry(target, last.failure!);
}

const isParking = ({ failure }: Attempt): boolean => failure?.kind === 'denied' || failure?.kind === 'exhausted';

/** A prompt that was too long for one target can only fit a larger one. Where sizes are unknown, it may. */
function fits(target: Target, past: readonly Attempt[], view: View): boolean {
  return past.every((attempt) => {
    if (retryOf(attempt) !== 'larger') return true;
    const [has, had] = [view.contextTokens(target), view.contextTokens(attempt.target)];
    return attempt.target !== target && (has === undefined || had === undefined || has > had);
  });
}

/** A target that was silent to the end of its time is asked again only when nobody else is left. */
function isSilent(tries: readonly Attempt[], targets: readonly Target[], past: readonly Attempt[]): boolean {
  if (tries.at(-1)?.failure?.kind !== 'slow') return false;
  return targets.some((target) => past.every((attempt) => attempt.target !== target));
}

/**
 * How long this call leaves a target be after its own tries: what it was asked to (which `standing` knows,
 * other keys considered), else exponential backoff with full jitter.
 */
function ownWaitMs(tries: readonly Attempt[], standingMs: number, { backoffMs, backoffMsMax }: RetryPolicy, random: number): number {
  const failure = tries.at(-1)?.failure;
  if (!failure) return 0;
  if (failure.retryAfterMs !== undefined || failure.kind === 'denied' || failure.kind === 'exhausted') return standingMs;
  return Math.min(backoffMsMax, backoffMs * 2 ** (tries.length - 1)) * random;
}

/** Trouble of the provider's or of the road's, which may pass; as against fault found with the request or with our key. */
const isTrouble = ({ failure }: Attempt): boolean => failure !== undefined && FAILURES[failure.kind].retry === 'here';

/**
 * The failure a caller is told of, when nothing is left: the last, unless it came of our going elsewhere (a
 * smaller window, an untranslatable field, a key of ours) and hides trouble that may pass. Sent whole, a conversation that
 * only Anthropic would hold can be answered elsewhere at once: that comes first.
 */
function toldOf(past: readonly Attempt[]): Failure {
  const last = past.at(-1)!;
  const threaded = past.find(({ failure }) => failure?.code === NO_THREAD);
  if (threaded && FAILURES[last.failure!.kind].retry !== 'never') return threaded.failure!;
  if (isTrouble(last) || last.delivered || (last.target === past[0]!.target && !isParking(last))) return last.failure!;
  if (last.failure!.kind === 'filtered' || last.failure!.kind === 'cancelled') return last.failure!;
  return (past.findLast(isTrouble) ?? last).failure!;
}
