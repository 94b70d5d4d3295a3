import type { Money } from '../model/money.ts';
import type { Ask } from '../store/ask.ts';
import type { BudgetState, Grant, Want } from '../store/budgets.ts';
import type { World } from '../world/world.ts';
import { type Claim, freeIn, keptIn, type Lease, leaseKey, type Stake, sliceOf } from './lease.ts';

/** Why nothing was set aside: an account has too little left (`held` without what is ready here), or the store does not answer. */
export type Shortage = { readonly short: BudgetState; readonly claim: Claim } | { readonly away: string };

/** The process's money: what it has set aside in the store and may promise to calls without asking again. */
export interface Purse {
  /**
   * Sets money aside in every account of the claims, or in none, for a call that is over by `untilMs`: at once
   * where enough is ready, else when the store has answered. Calls that wait are served in order.
   */
  reserve(claims: readonly Claim[], untilMs: number, decide: (outcome: Stake | Shortage) => void): void;
  /** Sets more aside for a call that has a stake, if that much is ready everywhere. */
  enlarge(stake: Stake, amounts: readonly bigint[]): boolean;
  /** The call is over: what it took, place by place, is spent; the rest of its stake is ready for others. */
  settle(stake: Stake, spent: readonly bigint[]): void;
  /** Gives back all that no call needs. */
  close(): Promise<void>;
}

interface Waiting {
  readonly claims: readonly Claim[];
  readonly untilMs: number;
  readonly decide: (outcome: Stake | Shortage) => void;
  /** Calls off the end of its patience. */
  callOff?: () => void;
}

/** A call does not wait longer for the store. */
const PATIENCE_MS = 5000;
const SILENCE: Shortage = { away: `no answer within ${PATIENCE_MS / 1000} s` };
/** A hold outlives the calls it is for by this much, so that renewing need not be often. */
const SLACK_MS = 60_000;
const RENEW_MS = 5000;
/** What calls leave over is given back this much later, together. */
const TRIM_MS = 50;

export function createPurse({ ask, world }: { readonly ask: Ask; readonly world: World }): Purse {
  const leases = new Map<string, Lease>();
  let waiting: Waiting[] = [];
  let asking = false;
  /** The store has let a question wait for longer than calls do, and answered none since: one call waits to see whether it does again. */
  let silent = false;
  let closed = false;
  let longestMs = 0;
  let trimming = false;
  let renewing = false;
  let lives = 0;
  let holder = '';
  begin();

  /** Under a new name: what stands under the old one is left to expire, because nobody knows what the store made of it. */
  function begin(): void {
    lives += 1;
    holder = `${world.now().toString(36)}-${world.random().toString(36).slice(2, 10)}-${lives}`;
    leases.clear();
  }

  function reserve(claims: readonly Claim[], untilMs: number, decide: Waiting['decide']): void {
    longestMs = Math.max(longestMs, untilMs - world.now());
    const stake = waiting.length === 0 || !overlaps(claims) ? reserveNow(claims, untilMs) : undefined;
    if (stake) return decide(stake);
    if (silent && asking) return decide(SILENCE);
    const one: Waiting = { claims, untilMs, decide };
    waiting.push(one);
    one.callOff = world.after(PATIENCE_MS, () => drop(one, SILENCE), 'upkeep');
    if (!asking) void askFor(one);
  }

  /** Nobody overtakes a call that waits for the same account. */
  function overlaps(claims: readonly Claim[]): boolean {
    const wanted = new Set(claims.map(({ account }) => leaseKey(account)));
    return waiting.some((one) => one.claims.some(({ account }) => wanted.has(leaseKey(account))));
  }

  function reserveNow(claims: readonly Claim[], untilMs: number): Stake | undefined {
    const stake: { lease: Lease; amount: bigint }[] = [];
    for (const claim of claims) {
      const lease = leases.get(leaseKey(claim.account));
      if (!lease || lease.expiresMs < untilMs || freeIn(lease) < claim.amount) return undefined;
      stake.push({ lease, amount: claim.amount });
    }
    const nowMs = world.now();
    for (const { lease, amount } of stake) {
      lease.reserved += amount;
      lease.usedMs = nowMs;
    }
    return stake;
  }

  function drop(one: Waiting, outcome: Shortage): void {
    if (leave(one)) one.decide(outcome);
  }

  function leave(one: Waiting): boolean {
    const before = waiting.length;
    waiting = waiting.filter((other) => other !== one);
    one.callOff?.();
    return waiting.length < before;
  }

  async function askFor(first: Waiting): Promise<void> {
    asking = true;
    const present = [...waiting];
    const claims = first.claims.filter((claim) => lacks(claim, first.untilMs) !== undefined);
    const wants = claims.map((claim) => wantOf(claim, first.untilMs, present));
    const untilMs = present.reduce((latest, one) => Math.max(latest, one.untilMs), 0);
    const input = { holder, wants, expiresMs: untilMs + SLACK_MS, nowMs: world.now() };
    let granted: readonly Grant[] | undefined;
    const callOff = world.after(PATIENCE_MS, fallSilent, 'upkeep');
    try {
      const outcome = wants.length === 0 ? { granted: [] } : await ask('holdBudgets', input);
      silent = false;
      if ('granted' in outcome) granted = outcome.granted;
      else refuse(outcome.short, present, first);
    } catch (error) {
      begin();
      const away = error instanceof Error ? error.message : String(error);
      for (const one of present) drop(one, { away });
    }
    callOff();
    if (granted && holder === input.holder) {
      for (const [index, claim] of claims.entries()) add(claim, granted[index]!, input.expiresMs);
    }
    asking = false;
    serve();
    if (!asking && waiting[0]) void askFor(waiting[0]);
    renewLater();
    trimLater();
  }

  function fallSilent(): void {
    silent = true;
    for (const one of [...waiting]) drop(one, SILENCE);
  }

  /** What is missing of a claim; undefined: nothing, not even time. */
  function lacks({ account, amount }: Claim, untilMs: number): bigint | undefined {
    const lease = leases.get(leaseKey(account));
    if (!lease) return amount;
    const missing = amount - freeIn(lease);
    if (missing > 0n) return missing;
    return lease.expiresMs < untilMs ? 0n : undefined;
  }

  function wantOf(claim: Claim, untilMs: number, present: readonly Waiting[]): Want {
    const { account, scope, limit } = claim;
    const need = lacks(claim, untilMs) ?? 0n;
    const key = leaseKey(account);
    const others = present.flatMap((one) => one.claims.filter((other) => other !== claim && leaseKey(other.account) === key));
    return { account, scope, limit, need, welcome: others.reduce((sum, { amount }) => sum + amount, need + sliceOf(claim)) };
  }

  function add({ account, scope, limit }: Claim, { amount, left }: Grant, expiresMs: number): void {
    const key = leaseKey(account);
    const lease = leases.get(key) ?? { account, scope, limit, holder, amount: 0n, reserved: 0n, left, expiresMs, usedMs: world.now() };
    lease.amount += amount;
    lease.left = left;
    lease.expiresMs = Math.max(lease.expiresMs, expiresMs);
    leases.set(key, lease);
  }

  /** Refuses whoever the answer refuses: the one it was for, and those who were there and need more than is left. */
  function refuse(short: BudgetState, present: readonly Waiting[], first: Waiting): void {
    const key = leaseKey(short);
    const seen = { ...short, held: (short.held - readyIn(key)) as Money };
    for (const one of present) {
      const claim = one.claims.find(({ account }) => leaseKey(account) === key);
      if (!claim) continue;
      const need = lacks(claim, one.untilMs) ?? 0n;
      if (one === first || need > claim.limit - short.spent - short.held) drop(one, { short: seen, claim });
    }
  }

  /** What the store counts as held, and the next call may have. */
  function readyIn(key: string): bigint {
    const lease = leases.get(key);
    return lease && freeIn(lease) > 0n ? freeIn(lease) : 0n;
  }

  function serve(): void {
    for (const one of [...waiting]) {
      const stake = reserveNow(one.claims, one.untilMs);
      if (stake && leave(one)) one.decide(stake);
    }
  }

  function trimLater(): void {
    if (trimming || closed) return;
    trimming = true;
    world.after(
      TRIM_MS,
      () => {
        trimming = false;
        void trim();
      },
      'upkeep',
    );
  }

  /** Gives back what is ready beyond what is worth keeping, and forgets what is empty and over. */
  async function trim(): Promise<void> {
    const nowMs = world.now();
    const amounts: { lease: Lease; account: Lease['account']; amount: bigint }[] = [];
    for (const [key, lease] of leases) {
      const kept = closed ? 0n : keptIn(lease, nowMs);
      const surplus = freeIn(lease) - kept;
      if (surplus > kept) {
        lease.amount -= surplus;
        amounts.push({ lease, account: lease.account, amount: surplus });
      } else if (kept === 0n && lease.amount === 0n && lease.reserved === 0n) leases.delete(key);
    }
    if (amounts.length === 0) return;
    try {
      await ask('releaseBudgets', { holder, amounts: amounts.map(({ account, amount }) => ({ account, amount })) });
      for (const { lease, amount } of amounts) lease.left += amount;
    } catch {
      begin();
    }
  }

  function renewLater(): void {
    if (renewing || closed) return;
    renewing = true;
    world.after(
      RENEW_MS,
      () => {
        renewing = false;
        void renew();
      },
      'upkeep',
    );
  }

  /** Says that this process is still there, and lets go of what those have that are not. */
  async function renew(): Promise<void> {
    const nowMs = world.now();
    for (const [key, lease] of leases) if (lease.expiresMs <= nowMs) leases.delete(key);
    await trim();
    const live = [...leases.values()];
    const expiresMs = nowMs + longestMs + SLACK_MS;
    try {
      if (live.length > 0) await ask('renewHolds', { holder, expiresMs, nowMs });
      for (const lease of live) lease.expiresMs = Math.max(lease.expiresMs, expiresMs);
      await ask('sweepHolds', { nowMs });
    } catch {
      // What is not renewed runs out in time, and calls ask again then.
    }
    if (leases.size > 0) renewLater();
  }

  return {
    reserve,
    enlarge(stake, amounts) {
      if (stake.some(({ lease }, index) => freeIn(lease) < amounts[index]!)) return false;
      for (const [index, part] of stake.entries()) {
        part.lease.reserved += amounts[index]!;
        part.amount += amounts[index]!;
      }
      return true;
    },
    settle(stake, spent) {
      for (const [index, { lease, amount }] of stake.entries()) {
        lease.reserved -= amount;
        lease.amount -= spent[index]!;
      }
      if (stake.length > 0) trimLater();
    },
    async close() {
      closed = true;
      await trim();
    },
  };
}
