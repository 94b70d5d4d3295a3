import type { World } from '../world/world.ts';
import { type Ask, callerOf } from './callers.ts';
import { judge, type Seen, type SeenCall, type Verdict } from './conduct.ts';
import { HEALTHY, type WallFault } from './faults.ts';
import { type Gateway, modelOf } from './gateway.ts';
import { fallbackVendor, type Role, type Vendor } from './texts.ts';
import type { Upstreams } from './upstreams.ts';

/** One line of the card: a fault in a dialect, and how the gateway fared. */
export interface Result extends Verdict {
  readonly fault: number;
  readonly name: string;
  readonly vendor: Vendor;
  /** What each upstream was sent: milliseconds from the first call to each attempt. */
  readonly attempts: Readonly<Record<Role, readonly number[]>>;
}

export interface Wall {
  readonly faults: readonly WallFault[];
  readonly vendors: readonly Vendor[];
  /** Whether each model's fallback is the other vendor's. */
  readonly crossed: boolean;
  readonly upstreams: Upstreams;
  readonly gateway: Gateway;
  readonly world: World;
}

/** Faults begin so far apart: a gateway that meets thirty-two at one moment is measured for something else. */
const APART_MS = 250;

const lengthMs = ({ withinMs, calls = { count: 1, everyMs: 0 } }: WallFault) => withinMs + calls.count * calls.everyMs;

/** Throws all faults at the gateway side by side, in every dialect. Rejects when an SDK is missing. */
export async function run({ faults, vendors, crossed, upstreams, gateway, world }: Wall): Promise<Result[]> {
  const asks = new Map<Vendor, Ask>();
  for (const vendor of vendors) asks.set(vendor, await callerOf(vendor, gateway));
  // A process that has never answered is slow at first, which is no fault's doing.
  for (const [vendor, ask] of asks) await call(ask, modelOf(HEALTHY, vendor), HEALTHY.withinMs, world);
  const pairs = faults.flatMap((fault) => vendors.map((vendor) => ({ fault, vendor })));
  const longestFirst = pairs.toSorted((a, b) => lengthMs(b.fault) - lengthMs(a.fault));
  return Promise.all(
    pairs.map(async (pair) => {
      const { fault, vendor } = pair;
      await new Promise<void>((resolve) => world.after(longestFirst.indexOf(pair) * APART_MS, resolve));
      const ask = asks.get(vendor)!;
      const calls = await suffer(fault, vendor, ask, upstreams, world);
      const { outcome } = await call(ask, modelOf(HEALTHY, vendor), HEALTHY.withinMs, world);
      const requests = {
        primary: upstreams.requests(fault, vendor, 'primary'),
        fallback: upstreams.requests(fault, fallbackVendor(vendor, crossed), 'fallback'),
      };
      const seen: Seen = {
        fault,
        calls,
        upstream: requests,
        records: gateway.records(modelOf(fault, vendor)),
        alive: outcome.type === 'answer',
      };
      const startedMs = calls[0]!.startedMs;
      const times = (role: Role) => requests[role].map(({ atMs }) => atMs - startedMs);
      return {
        fault: fault.number,
        name: fault.name,
        vendor,
        ...judge(seen),
        attempts: { primary: times('primary'), fallback: times('fallback') },
      };
    }),
  );
}

/** Whether a gateway knows the wall's models at all. */
export async function knows(gateway: Gateway, vendor: Vendor, world: World): Promise<string | undefined> {
  const { outcome } = await call(await callerOf(vendor, gateway), modelOf(HEALTHY, vendor), HEALTHY.withinMs, world);
  if (outcome.type === 'answer') return undefined;
  return outcome.type === 'error' ? outcome.message : 'no answer';
}

/** All calls of a fault, each at its time, whatever became of those before. */
async function suffer(fault: WallFault, vendor: Vendor, ask: Ask, upstreams: Upstreams, world: World): Promise<SeenCall[]> {
  const { count, everyMs } = fault.calls ?? { count: 1, everyMs: 0 };
  if (fault.wellAfterMs !== undefined) world.after(fault.wellAfterMs, () => upstreams.heal(fault, vendor));
  const model = modelOf(fault, vendor);
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      if (index > 0) await new Promise<void>((resolve) => world.after(index * everyMs, resolve));
      return call(ask, model, fault.withinMs, world);
    }),
  );
}

async function call(ask: Ask, model: string, withinMs: number, world: World): Promise<SeenCall> {
  const stop = new AbortController();
  const startedMs = world.now();
  let late = false;
  const callOff = world.after(withinMs, () => {
    late = true;
    stop.abort();
  });
  const outcome = await ask(model, stop.signal);
  callOff();
  return { startedMs, endedMs: world.now(), outcome: late ? { type: 'hang' } : outcome };
}
