import type { Charge } from '../accounting/charge.ts';
import { likelyPrice, type Sale } from '../accounting/estimate.ts';
import type { Pricer } from '../accounting/pricer.ts';
import { measure, type UsageRecord } from '../accounting/record.ts';
import type { Asking } from '../lanes/lane.ts';
import type { Attempt, Target } from '../model/attempt.ts';
import type { Caller } from '../model/caller.ts';
import type { Failure } from '../model/failure.ts';
import { BUDGET_MAX, type KeyBudget, type KeyLimits } from '../model/key.ts';
import type { Ceilings, RateLimits } from '../model/limits.ts';
import { type Money, zero } from '../model/money.ts';
import type { Happening } from '../model/notice.ts';
import type { CallerDialect } from '../model/part.ts';
import { inputTokens, outputTokens } from '../model/usage.ts';
import { type Budget, budgetName } from '../policy/budget.ts';
import { type Period, periodClock } from '../policy/period.ts';
import { matching, type Scope, type Spender } from '../policy/spender.ts';
import type { Ask } from '../store/ask.ts';
import type { World } from '../world/world.ts';
import { createFunds, type Funds } from './funds.ts';
import { leaseKey, type Stake } from './lease.ts';
import { type Choice, chargeOf, claimsOf, type Entry, likelyTokens, type Planned, plan } from './plan.ts';
import { createPurse, type Shortage } from './purse.ts';
import { rateHeaders } from './rate-headers.ts';
import { createRates, type Paced, type RateState, type Taken, type Wait } from './rates.ts';
import { exceeded, slowDown, unreachable } from './refusals.ts';
import { createSharedRates } from './shared-rates.ts';
import { createStandings, type Standings } from './standings.ts';

/** Rate limits for the calls of a scope. */
export type RateRule = RateLimits & { readonly scope: Scope };

/** What is to be kept to. */
export interface LimitRules {
  readonly budgets: readonly Budget[];
  readonly rates: readonly RateRule[];
  /** How fast each provider may be asked, where that is limited. */
  readonly providers: ReadonlyMap<string, RateLimits>;
  readonly pricer: Pricer;
}

/** Where a call that asks to be let in would go. */
export interface Wanted<C extends Choice> {
  /** Preferred first. */
  readonly choices: readonly C[];
  readonly deadlineMs: number;
  /** Those of its model. */
  readonly ceilings?: Ceilings;
}

/** Where the call may go now, and what its caller is told of its limits. */
export interface Admitted<C extends Choice> {
  readonly choices: readonly C[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Why a call may not go, and what its caller is told of its limits beside. */
export type Turned = Failure & Pick<Admitted<Choice>, 'headers'>;

/** Keeps calls within rates, ceilings and budgets. Whoever is let in is settled exactly once. */
export interface Limiter {
  /** These rules hold from now on; calls under way are settled by those they were let in by. Comes before all else. */
  configure(rules: LimitRules): void;
  /** Sets aside what the call may take, at once unless the store must be asked, or says why not. Where nothing limits it, `wanted` itself comes back. */
  reserve<C extends Choice>(
    call: { readonly callId: string; readonly asking: Asking },
    wanted: Wanted<C>,
    decide: (outcome: Admitted<C> | Turned) => void,
  ): void;
  /** Whether what is set aside covers one more attempt there, `times` as dear as planned (1 unless told), after those `past` or under way; sets more aside if it can. */
  mayAttempt(callId: string, target: Target, past: readonly Attempt[], times?: number): boolean;
  /** Turns what was set aside into what it took. Returns the records with what they charge to budgets; none: it took nothing. */
  settle(callId: string, attempts: readonly Attempt[], records: readonly UsageRecord[]): readonly UsageRecord[];
  /** Money for many calls at once that are answered much later. */
  readonly funds: Funds;
  /** How the budgets stand, those of keys that have called included; absent without a ledger. */
  readonly standings: Standings | undefined;
  /** Gives back what is ready for calls that will not come. */
  close(): Promise<void>;
}

interface Reservation {
  readonly planned: readonly Planned<Choice>[];
  readonly taken: readonly Taken[];
  readonly paces: (target: Target) => readonly Paced[];
  readonly stake: Stake;
  readonly pricer: Pricer;
  readonly ceilings: readonly Ceilings[];
}

/** A call that is to be let in or not. */
interface Fresh<C extends Choice> {
  readonly callId: string;
  readonly dialect: CallerDialect;
  readonly planned: readonly Planned<C>[];
  /** As many as it will likely take. */
  readonly tokens: number;
  /** What its caller is paced by, target by target. */
  readonly callers: ReadonlyMap<Target, readonly Paced[]>;
  /** The same with what paces the target's provider. */
  readonly paces: (target: Target) => readonly Paced[];
  readonly pricer: Pricer;
  readonly ceilings: readonly Ceilings[];
  readonly deadlineMs: number;
}

/** Longest that a call goes on after its deadline before its money may be given to others. */
const AFTER_DEADLINE_MS = 60_000;

export function createLimiter(rooms: {
  readonly world: World;
  /** Absent: no ledger is kept, and no budget can be. */
  readonly ask?: Ask;
  /** Whether other machines pace with us, on the ledger's store. Default false: each process paces by itself. */
  readonly sharesRates?: boolean;
  readonly tell: (happening: Happening) => void;
}): Limiter {
  const { world, ask, sharesRates = false, tell } = rooms;
  const purse = ask && createPurse({ ask, world });
  const rates = ask && sharesRates ? createSharedRates({ ask, world }) : createRates(world.elapsed);
  const reservations = new Map<string, Reservation>();
  const clocks = new WeakMap<Budget, (atMs: number) => Period>();
  const told = new Map<string, number>();
  /** By name, so that the same budget stays the same object: its clock hangs on it. */
  const keyBudgets = new Map<string, Budget>();
  const budgetsOfLimits = new WeakMap<KeyLimits, readonly Budget[]>();
  let rules: LimitRules;
  const standings = ask && createStandings({ ask, world }, () => byName([...keyBudgets.values(), ...rules.budgets]));

  /** The budgets a key brings with it. */
  function budgetsOf(limits: KeyLimits, { key }: Caller): readonly Budget[] {
    const known = budgetsOfLimits.get(limits);
    if (known) return known;
    const budgets = (limits.budgets ?? []).map((one) => {
      const budget = budgetOfKey(key, one);
      const before = keyBudgets.get(budget.name);
      if (before?.limit === budget.limit) return before;
      keyBudgets.set(budget.name, budget);
      return budget;
    });
    budgetsOfLimits.set(limits, budgets);
    return budgets;
  }

  const periodOf = (budget: Budget): Period => periodAt(budget, world.now());

  function periodAt(budget: Budget, atMs: number): Period {
    let clock = clocks.get(budget);
    if (!clock) {
      clock = periodClock(budget.period, budget.timezone);
      clocks.set(budget, clock);
    }
    return clock(atMs);
  }

  function reserve<C extends Choice>(
    { callId, asking }: { readonly callId: string; readonly asking: Asking },
    wanted: Wanted<C>,
    decide: (outcome: Admitted<C> | Turned) => void,
  ): void {
    const { choices, deadlineMs } = wanted;
    const { caller, inbound } = asking;
    const { limits } = caller;
    const budgets = limits?.budgets ? [...rules.budgets, ...budgetsOf(limits, caller)] : rules.budgets;
    const ceilings = ceilingsOf(wanted.ceilings, limits);
    const spender = { caller, requestedModel: inbound.head.model };
    const own = ownPace(caller);
    if (budgets.length + ceilings.length + own.length + rules.rates.length + rules.providers.size === 0) return decide(wanted);

    const planned = plan(choices, asking, { pricer: rules.pricer, budgets, ceilings, periodOf, nowMs: world.now() });
    if ('kind' in planned) return decide(planned);
    const callers = new Map(
      planned.map(({ choice: { target } }) => [target, [...own, ...pacedBy(rules.rates, { ...spender, model: target.model })]]),
    );
    const fresh: Fresh<C> = {
      callId,
      dialect: inbound.dialect,
      planned,
      tokens: inbound.operation === 'count' ? 0 : Math.ceil(Math.max(...planned.map(({ size }) => likelyTokens(asking, size)))),
      callers,
      paces: (target) => [...(callers.get(target) ?? own), ...providerPaced(target.provider)],
      pricer: rules.pricer,
      ceilings,
      deadlineMs,
    };
    const all = new Map(planned.flatMap(({ choice: { target } }) => fresh.paces(target)).map((paced) => [paced.name, paced]));
    rates.prepare([...all.values()], fresh.tokens, () => admit(fresh, decide));
  }

  function admit<C extends Choice>(fresh: Fresh<C>, decide: (outcome: Admitted<C> | Turned) => void): void {
    const { callId, dialect, planned, callers, paces, pricer, ceilings, deadlineMs } = fresh;
    const roomy = takeRates(fresh);
    const first = 'kind' in roomy ? planned[0]! : roomy.open[0]!;
    const limitHeaders = () => {
      const paced = callers.get(first.choice.target)!;
      return paced.length > 0 ? { headers: rateHeaders(dialect, tightest(paced.flatMap(rates.states)), world.now()) } : undefined;
    };
    if ('kind' in roomy) return decide({ ...roomy, ...limitHeaders() });
    const { taken } = roomy;
    const untilMs = world.now() + deadlineMs + AFTER_DEADLINE_MS;

    function setAside(open: readonly Planned<C>[]): void {
      const claims = claimsOf(open);
      if (claims.length === 0) return letIn(open, []);
      if (!purse) return refuse(unreachable('no ledger is kept'));
      purse.reserve(claims, untilMs, (outcome) =>
        'away' in outcome || 'short' in outcome ? retreat(open, outcome) : letIn(open, outcome),
      );
    }
    /** Where one account has too little, choices that need less of it, or nothing, may still do. */
    function retreat(open: readonly Planned<C>[], shortage: Shortage): void {
      if ('away' in shortage) return refuse(unreachable(shortage.away));
      const { short, claim } = shortage;
      const left = claim.limit - short.spent - short.held;
      const key = leaseKey(short);
      const rest = open.filter(({ entries }) => entries.every(({ account, amount }) => leaseKey(account) !== key || amount <= left));
      if (rest.length > 0 && rest.length < open.length) return setAside(rest);
      tellExceeded(key, claim.account.budget, short.endMs);
      refuse(exceeded(shortage.claim, short));
    }
    function refuse(failure: Failure): void {
      for (const one of taken) one.settle(0);
      decide({ ...failure, ...limitHeaders() });
    }
    function letIn(open: readonly Planned<C>[], stake: Stake): void {
      reservations.set(callId, { planned: open, taken, paces, stake, pricer, ceilings });
      decide({ choices: open.map(({ choice }) => choice), ...limitHeaders() });
    }
    setAside(roomy.open);
  }

  /** Leaves out what would be asked too fast, and takes from the paces of the first choice that is left. */
  function takeRates<C extends Choice>({ planned, paces, tokens }: Fresh<C>) {
    const open: Planned<C>[] = [];
    let taken: readonly Taken[] | undefined;
    let soonest: Wait | undefined;
    for (const one of planned) {
      const found = rates.look(paces(one.choice.target), tokens);
      if (isWait(found)) {
        if (!soonest || found.retryAfterMs < soonest.retryAfterMs) soonest = found;
        continue;
      }
      open.push(one);
      taken ??= found;
    }
    if (!taken) return slowDown(soonest!);
    for (const one of taken) one.take();
    return { open, taken };
  }

  function providerPaced(provider: string): Paced[] {
    const limits = rules.providers.get(provider);
    return limits ? [{ name: `provider ${provider}`, limits }] : [];
  }

  function tellExceeded(key: string, budget: string, endMs: number): void {
    if (told.has(key)) return;
    for (const [other, until] of told) if (until <= world.now()) told.delete(other);
    told.set(key, endMs);
    tell({ type: 'budgetExceeded', budget, untilMs: endMs });
  }

  function mayAttempt(callId: string, target: Target, past: readonly Attempt[], times = 1): boolean {
    const reservation = reservations.get(callId);
    const next = reservation?.planned.find(({ choice }) => choice.target === target);
    if (!reservation || !next) return true;
    if (reservation.ceilings.length > 0 && !isBelow(reservation, next, past, times)) return false;
    if (reservation.stake.length === 0) return true;
    const { stake } = reservation;
    const needed = stake.map(() => 0n);
    const add = (entries: readonly Entry[], amountOf: (entry: Entry) => bigint) => {
      for (const entry of entries) {
        const at = stake.findIndex(({ lease }) => leaseKey(lease.account) === leaseKey(entry.account));
        if (at >= 0) needed[at]! += amountOf(entry);
      }
    };
    for (const attempt of past) {
      const before = reservation.planned.find(({ choice }) => choice.target === attempt.target);
      if (before) add(before.entries, ({ amount }) => spentBy(attempt, amount, reservation.pricer));
    }
    const hundredths = BigInt(Math.ceil(times * 100));
    add(next.entries, ({ amount }) => (amount * hundredths + 99n) / 100n);
    return purse!.enlarge(
      stake,
      needed.map((amount, index) => (amount > stake[index]!.amount ? amount - stake[index]!.amount : 0n)),
    );
  }

  /** Whether one more attempt keeps the call, all its attempts together, within its ceilings by their estimate. */
  function isBelow({ planned, pricer, ceilings }: Reservation, next: Planned<Choice>, past: readonly Attempt[], times: number): boolean {
    const { size, choice } = next;
    const { provider, model } = choice.target;
    const longest = Math.ceil(size.outputTokensMax * times);
    const sale: Sale = { provider, model, channel: 'sync', atMs: world.now() };
    let tokens = size.inputTokens.likely + longest;
    let cost: bigint = likelyPrice(pricer, { ...size, outputTokensMax: longest }, sale) ?? 0n;
    for (const attempt of past) {
      const worst = planned.find((one) => one.choice.target === attempt.target)?.worst ?? zero;
      cost += spentBy(attempt, worst, pricer);
      const { usage } = measure(attempt);
      if (usage) tokens += inputTokens(usage) + outputTokens(usage);
    }
    return ceilings.every(
      ({ callTokensMax, callCostMax }) =>
        (callTokensMax === undefined || tokens <= callTokensMax) && (callCostMax === undefined || cost <= callCostMax),
    );
  }

  function settle(callId: string, attempts: readonly Attempt[], records: readonly UsageRecord[]): readonly UsageRecord[] {
    const reservation = reservations.get(callId);
    if (!reservation) return records;
    reservations.delete(callId);
    const { taken, stake, planned, paces } = reservation;
    const names = new Set(taken.map(({ name }) => name));
    const tokens = new Map<string, number>();
    for (const [index, record] of records.entries()) {
      const { target } = attempts[index] ?? {};
      const used = pacedTokens(record);
      for (const paced of target ? paces(target) : []) {
        if (names.has(paced.name)) tokens.set(paced.name, (tokens.get(paced.name) ?? 0) + used);
        else rates.owe([paced], used);
      }
    }
    for (const one of taken) one.settle(one.of === 'requests' ? 1 : (tokens.get(one.name) ?? 0));
    const spent = stake.map(() => 0n);
    const charged = records.map((record, index): UsageRecord => {
      const entries = planned.find(({ choice }) => choice.target === attempts[index]?.target)?.entries ?? [];
      if (entries.length === 0) return record;
      const charges = entries.map(({ budget, account, amount }): Charge => {
        const charge = chargeOf(record, budget, amount);
        const at = stake.findIndex(({ lease }) => leaseKey(lease.account) === leaseKey(account));
        if (at < 0) return { account, amount: charge };
        spent[at]! += charge;
        return { account, amount: charge, holder: stake[at]!.lease.holder };
      });
      return { ...record, charges };
    });
    for (const [index, { lease, amount }] of stake.entries()) {
      const overrun = (spent[index]! - amount) as Money;
      if (overrun > 0n) tell({ type: 'budgetOverrun', budget: lease.account.budget, callId, amount: overrun });
    }
    purse?.settle(stake, spent);
    return charged;
  }

  const funds = createFunds({
    ...(ask && { ask }),
    world,
    rulesFor({ limits, ...caller }) {
      const budgets = limits?.budgets ? [...rules.budgets, ...budgetsOf(limits, { ...caller, limits })] : rules.budgets;
      return { pricer: rules.pricer, budgets, ceilings: ceilingsOf(undefined, limits), periodAt };
    },
  });

  return {
    configure(next) {
      rules = next;
    },
    funds,
    reserve,
    mayAttempt,
    settle,
    standings,
    async close() {
      await Promise.all([purse?.close(), rates.close()]);
    },
  };
}

const isWait = (outcome: readonly Taken[] | Wait): outcome is Wait => 'retryAfterMs' in outcome;

function ceilingsOf(own: Ceilings | undefined, limits: KeyLimits | undefined): Ceilings[] {
  const all: Ceilings[] = [];
  for (const ceilings of [own, limits])
    if (ceilings?.callTokensMax !== undefined || ceilings?.callCostMax !== undefined) all.push(ceilings);
  return all;
}

/** The pace a key brings with it. */
function ownPace({ key, limits }: Caller): Paced[] {
  return limits?.requestsPerMinute === undefined && limits?.tokensPerMinute === undefined ? [] : [{ name: `key ${key}`, limits }];
}

const pacedBy = (rules: readonly RateRule[], spender: Spender): Paced[] =>
  matching(rules, spender, () => true).map(({ rule, value }) => {
    const fields = Object.entries(rule.scope).map(([field, wanted]) => `${field}=${wanted}`);
    return { name: `${fields.join(',') || 'total'} ${value}`, limits: rule };
  });

/** A budget of a key as one of the gateway's: for the calls of its id. */
function budgetOfKey(key: string, { limit, period, exceeded }: KeyBudget): Budget {
  const rule = { scope: { key }, period, timezone: 'UTC', exceeded };
  return { name: budgetName(rule), limit: limit < BUDGET_MAX ? limit : BUDGET_MAX, onUnpriced: 'refuse', ...rule };
}

/** Of those that share a name the one with the smaller limit. */
function byName(budgets: readonly Budget[]): Budget[] {
  const named = new Map<string, Budget>();
  for (const budget of budgets) {
    const other = named.get(budget.name);
    if (!other || budget.limit < other.limit) named.set(budget.name, budget);
  }
  return [...named.values()];
}

/** Of each unit the limit with the least left. */
function tightest(states: readonly RateState[]): RateState[] {
  const least = new Map<string, RateState>();
  for (const state of states) {
    const other = least.get(state.of);
    if (!other || state.remaining < other.remaining) least.set(state.of, state);
  }
  return [...least.values()];
}

/** Anthropic's own limits do not count what comes out of its cache, so neither do ours for what it served. */
function pacedTokens({ tokens, dialectOut }: UsageRecord): number {
  let sum = 0;
  for (const meter in tokens) sum += tokens[meter as keyof typeof tokens] ?? 0;
  return dialectOut === 'anthropic-messages' ? sum - (tokens.cacheRead ?? 0) : sum;
}

/** What an attempt that is not booked yet costs; `amount`, the most it may come to, of one under way or without a price. */
function spentBy(attempt: Attempt, amount: Money, pricer: Pricer): bigint {
  const { failure, finish, target, startedAtMs } = attempt;
  if (!failure && !finish) return amount;
  const { usage, measured } = measure(attempt);
  if (!usage) return measured === 'nothing' ? 0n : amount;
  return pricer.bill(usage, { provider: target.provider, model: target.model, channel: 'sync', atMs: startedAtMs }, false).cost ?? amount;
}
