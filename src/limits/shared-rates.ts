import { admitted, type Pace, remaining, returnable } from '../policy/pace.ts';
import type { Ask } from '../store/ask.ts';
import type { PaceGrant, PaceWant } from '../store/paces.ts';
import { inTime } from '../world/in-time.ts';
import type { World } from '../world/world.ts';
import { createRates, longer, type Paced, type PaceUse, pacesOf, type RateState, type Rates, type Taken, type Wait } from './rates.ts';

/** What this process has of a pace that others take of too. */
interface Pool {
  readonly key: string;
  pace: Pace;
  /** Units taken and not used; below 0: used and not yet told. */
  ready: number;
  /** When the next unit is due, as the store last said: on the wall clock. */
  dueMs: number;
  /** Until then the store has nothing for us. */
  emptyUntilMs: number;
  usedMs: number;
  /** Units used since the store was last asked, and when that was. */
  used: number;
  askedMs: number;
}

interface Waiting {
  readonly uses: readonly PaceUse[];
  readonly ready: () => void;
}

/** What a process used in so long is taken ahead of its use: the store is asked so often at most. */
const AHEAD_MS = 100;
/** What was used in less says too little of what comes. */
const SPAN_MS = 20;
/** A request does not wait longer for the store. */
const PATIENCE_MS = 500;
/** Without the store every process paces by itself for so long, then the store is asked again. */
const ALONE_MS = 1000;
/** What was not used for so long is given back. */
const IDLE_MS = 500;
const FORGET_MS = 60_000;
const SWEEP_MS = 600_000;

/** The paces of all processes on one store. Without the store each paces by itself. */
export function createSharedRates({ ask, world }: { readonly ask: Ask; readonly world: World }): Rates {
  const alone = createRates(world.elapsed);
  const pools = new Map<string, Pool>();
  let waiting: Waiting[] = [];
  let asking = false;
  let aloneUntilMs = 0;
  let sweptMs = world.now();
  let tending = false;
  let closed = false;

  const isAlone = () => world.now() < aloneUntilMs;

  function poolOf({ key, pace }: PaceUse): Pool {
    let pool = pools.get(key);
    if (!pool) {
      const nowMs = world.now();
      pool = { key, pace, ready: 0, dueMs: 0, emptyUntilMs: 0, usedMs: nowMs, used: 0, askedMs: nowMs };
      pools.set(key, pool);
    }
    pool.pace = pace;
    return pool;
  }

  function prepare(paced: readonly Paced[], tokens: number, ready: () => void): void {
    const one: Waiting = { uses: pacesOf(paced, tokens), ready };
    if (isAlone() || lackingIn(one).length === 0) return ready();
    waiting.push(one);
    if (!asking) void askFor();
  }

  /** Where the store must be asked for a request. */
  function lackingIn({ uses }: Waiting): { readonly pool: Pool; readonly units: number }[] {
    const nowMs = world.now();
    return uses
      .map((use) => ({ pool: poolOf(use), units: use.units }))
      .filter(({ pool, units }) => pool.ready < units && pool.emptyUntilMs <= nowMs);
  }

  /** Asks for what those need who wait by now; those who come meanwhile are for the next time. */
  async function askFor(): Promise<void> {
    asking = true;
    const present = waiting;
    waiting = [];
    const lacking = new Map<Pool, number[]>();
    for (const { pool, units } of present.flatMap(lackingIn)) lacking.set(pool, [...(lacking.get(pool) ?? []), units]);
    const asked = [...lacking].map(([pool, units]) => ({ pool, want: wantOf(pool, units) }));
    const grants = await answered(asked.map(({ want }) => want));
    if (grants) for (const [index, { pool, want }] of asked.entries()) take(pool, want, grants[index]!);
    else leave();
    for (const { ready } of present) ready();
    const since = waiting;
    waiting = [];
    // Enough may have come for them too.
    for (const one of since) {
      if (isAlone() || lackingIn(one).length === 0) one.ready();
      else waiting.push(one);
    }
    tendLater();
    asking = false;
    if (waiting.length > 0) void askFor();
  }

  function wantOf(pool: Pool, units: readonly number[]): PaceWant {
    const nowMs = world.now();
    const spare = Math.floor((pool.used / Math.max(SPAN_MS, nowMs - pool.askedMs)) * AHEAD_MS);
    pool.used = 0;
    pool.askedMs = nowMs;
    const sum = units.reduce((one, other) => one + other, 0);
    const ready = Math.max(0, pool.ready);
    const owed = Math.max(0, -pool.ready);
    pool.ready = ready;
    return {
      name: pool.key,
      pace: pool.pace,
      owed,
      least: Math.max(0, Math.min(...units) - ready),
      most: Math.max(0, sum - ready),
      spare,
    };
  }

  /** What the store gives; undefined where it does not answer in time. */
  function answered(wants: readonly PaceWant[]): Promise<readonly PaceGrant[] | undefined> {
    const grants = ask('takePaces', { nowMs: world.now(), wants }).catch(() => undefined);
    return inTime(PATIENCE_MS, grants, undefined, world);
  }

  function take(pool: Pool, { least }: PaceWant, { amount, dueMs }: PaceGrant): void {
    pool.ready += amount;
    pool.dueMs = dueMs;
    pool.emptyUntilMs = amount < least ? world.now() + AHEAD_MS : 0;
  }

  /** What the store made of the question nobody knows: what was taken is let go. */
  function leave(): void {
    aloneUntilMs = world.now() + ALONE_MS;
    pools.clear();
  }

  function look(paced: readonly Paced[], tokens: number): readonly Taken[] | Wait {
    if (isAlone()) return alone.look(paced, tokens);
    const nowMs = world.now();
    const taken: Taken[] = [];
    let longest: Wait | undefined;
    for (const use of pacesOf(paced, tokens)) {
      const { name, of, pace, units } = use;
      const pool = poolOf(use);
      if (pool.ready >= units) {
        taken.push(takenOf(use, pool));
        continue;
      }
      const outcome = admitted(pace, pool.dueMs, units - Math.max(0, pool.ready), nowMs);
      const retryAfterMs = 'retryAfterMs' in outcome ? outcome.retryAfterMs : 1;
      longest = longer(longest, { name, of, perMinute: pace.perMinute, retryAfterMs });
    }
    return longest ?? taken;
  }

  function takenOf({ name, of, pace, units }: PaceUse, pool: Pool): Taken {
    const endMs = pool.dueMs;
    return {
      name,
      of,
      reserved: units,
      take: () => use(pool, units),
      settle(actual) {
        if (actual < units) pool.ready += returnable(pace, endMs, units - actual, world.now());
        else if (actual > units) use(pool, actual - units);
        if (actual !== units) tendLater();
      },
    };
  }

  function use(pool: Pool, units: number): void {
    pool.ready -= units;
    pool.used += units;
    pool.usedMs = world.now();
  }

  function owe(paced: readonly Paced[], tokens: number): void {
    if (isAlone()) return alone.owe(paced, tokens);
    for (const one of pacesOf(paced, tokens)) use(poolOf(one), one.units);
    tendLater();
  }

  function states(paced: Paced): readonly RateState[] {
    if (isAlone()) return alone.states(paced);
    return pacesOf([paced], 0).map(({ key, of, pace }): RateState => {
      const pool = pools.get(key);
      const { units, resetMs } = remaining(pace, pool?.dueMs ?? 0, world.now());
      return { of, perMinute: pace.perMinute, remaining: Math.max(0, Math.min(pace.burst, units + (pool?.ready ?? 0))), resetMs };
    });
  }

  function tendLater(): void {
    if (tending || closed) return;
    tending = true;
    world.after(
      IDLE_MS,
      () => {
        tending = false;
        void tend();
      },
      'upkeep',
    );
  }

  /** Gives back what was not used, tells what was used without asking, and forgets what nobody uses. */
  async function tend(): Promise<void> {
    const nowMs = world.now();
    const wants: PaceWant[] = [];
    for (const [key, pool] of pools) {
      const isIdle = closed || nowMs - pool.usedMs >= IDLE_MS;
      if (pool.ready < 0 || (isIdle && pool.ready > 0)) {
        const owed = pool.ready < 0 ? -pool.ready : -returnable(pool.pace, pool.dueMs, pool.ready, nowMs);
        pool.ready = 0;
        if (owed !== 0) wants.push({ name: key, pace: pool.pace, owed, least: 0, most: 0, spare: 0 });
      } else if (nowMs - pool.usedMs > FORGET_MS && pool.ready === 0) pools.delete(key);
    }
    try {
      if (wants.length > 0) await ask('takePaces', { nowMs, wants });
      if (nowMs - sweptMs >= SWEEP_MS) {
        sweptMs = nowMs;
        await ask('sweepPaces', { nowMs });
      }
    } catch {
      // What could not be given back is lost for a minute at most; whoever calls next finds out about the store.
    }
    if (pools.size > 0) tendLater();
  }

  return {
    prepare,
    look,
    owe,
    states,
    async close() {
      closed = true;
      await tend();
    },
  };
}
