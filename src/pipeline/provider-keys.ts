import type { Attempt, Target } from '../model/attempt.ts';
import type { Failure } from '../model/failure.ts';
import type { Notices } from '../model/notice.ts';
import { isFree, type KeyState, keysWait, type ParkedFor, parkedKeys, restoredKeys, takenKey, workingKeys } from '../policy/parking.ts';
import type { World } from '../world/world.ts';

/** The keys of every provider: whose turn it is, and which are left alone. Keys go by their fingerprints here. */
export interface ProviderKeys {
  /** How long until a key may be used for the target, in milliseconds, and why not now. */
  wait(target: Target, nowMs: number): { readonly waitMs: number; readonly failure?: Failure };
  /** The key whose turn it is; with `affinity`, 32 bits, the same for the same as long as it may be used. */
  take(target: Target, nowMs: number, affinity?: () => number | undefined): TakenKey;
  /** Notes what an attempt says of the key it was sent with. */
  settle(target: Target, key: TakenKey, attempt: Attempt, nowMs: number): void;
  /** Takes over other keys; what was learnt of those that stay, stays. */
  configure(keys: ReadonlyMap<string, readonly KeySetup[]>): void;
  states(): readonly ProviderKeyState[];
}

/** A key as an attempt took it. */
export interface TakenKey {
  /** Its place in the provider's list, as that was when it was taken. */
  readonly at: number;
  /** Tells it from others when the list has changed since. */
  readonly fingerprint: string;
}

/** A key as configured. */
export interface KeySetup {
  readonly fingerprint: string;
  readonly weight: number;
}

/** A key as it stands, for people. */
export interface ProviderKeyState {
  readonly provider: string;
  /** Its fingerprint. */
  readonly key: string;
  readonly parkedFor?: ParkedFor;
  /** Until it is tried again, in milliseconds. */
  readonly waitMs: number;
}

interface Supplier {
  keys: readonly KeyState[];
  /** As they are taken, one for each, made once. */
  readonly names: readonly TakenKey[];
  readonly weights: readonly number[];
  /** Keys of which it was told that they are to be slow, and not yet that they no longer are. */
  readonly toldSlow: Set<string>;
}

/** A key told to slow down for less than this is not worth a notice. */
const WORTH_TELLING_MS = 5000;

export function createProviderKeys(setup: ReadonlyMap<string, readonly KeySetup[]>, world: World, notices: Notices): ProviderKeys {
  let suppliers = new Map<string, Supplier>();

  function configure(next: ReadonlyMap<string, readonly KeySetup[]>): void {
    const before = suppliers;
    suppliers = new Map([...next].map(([provider, keys]) => [provider, supplierWith(keys, before.get(provider))]));
    for (const [provider, { keys, names, toldSlow }] of before) {
      const now = suppliers.get(provider);
      for (const [at, key] of names.entries()) {
        if (!keys[at]!.parkedFor && !toldSlow.has(key.fingerprint)) continue;
        if (!now || placeOf(now, key) < 0) notices.tell({ type: 'keyRemoved', provider, key: key.fingerprint });
      }
    }
  }
  configure(setup);

  /** One that was taken out of the configuration while it was asked has a key like any other. */
  function supplierOf(provider: string): Supplier {
    let supplier = suppliers.get(provider);
    if (!supplier) {
      supplier = supplierWith([], undefined);
      suppliers.set(provider, supplier);
    }
    return supplier;
  }

  function worked(provider: string, supplier: Supplier, at: number, nowMs: number): void {
    const fingerprint = supplier.names[at]!.fingerprint;
    const restored = restoredKeys(supplier.keys, at);
    if (restored) supplier.keys = restored;
    else if (!supplier.toldSlow.has(fingerprint) || !isFree(supplier.keys[at]!, nowMs)) return;
    supplier.toldSlow.delete(fingerprint);
    notices.tell({ type: 'keyRestored', provider, key: fingerprint });
  }

  function parked({ provider, model }: Target, supplier: Supplier, at: number, failure: Failure, nowMs: number): void {
    const keys = parkedKeys(supplier.keys, at, failure, model, nowMs);
    if (!keys) return;
    supplier.keys = keys;
    const fingerprint = supplier.names[at]!.fingerprint;
    const reason = failure.kind as ParkedFor;
    const { waitMs } = keysWait([keys[at]!], model, nowMs);
    if (reason === 'throttled') {
      if (waitMs < WORTH_TELLING_MS) return;
      supplier.toldSlow.add(fingerprint);
    }
    notices.tell({
      type: 'keyParked',
      provider,
      key: fingerprint,
      reason,
      ...(failure.status !== undefined && { status: failure.status }),
      untilMs: world.now() + waitMs,
    });
  }

  return {
    wait(target, nowMs) {
      const { waitMs, parkedFor } = keysWait(supplierOf(target.provider).keys, target.model, nowMs);
      return { waitMs, ...(parkedFor && { failure: parkedFailure(target, parkedFor, waitMs) }) };
    },
    take({ provider, model }, nowMs, affinity) {
      const supplier = supplierOf(provider);
      const { index, keys } = takenKey(supplier.keys, supplier.weights, model, nowMs, affinity);
      supplier.keys = keys;
      return supplier.names[index]!;
    },
    settle(target, key, { failure, delivered }, nowMs) {
      const supplier = supplierOf(target.provider);
      const at = placeOf(supplier, key);
      if (at < 0) return;
      if (!failure || delivered) worked(target.provider, supplier, at, nowMs);
      else parked(target, supplier, at, failure, nowMs);
    },
    configure,
    states() {
      const nowMs = world.elapsed();
      return [...suppliers].flatMap(([provider, { keys, names }]) =>
        keys.map((key, at) => {
          const waitMs = Math.max(0, key.untilMs - nowMs);
          return { provider, key: names[at]!.fingerprint, waitMs, ...(key.parkedFor && { parkedFor: key.parkedFor }) };
        }),
      );
    },
  };
}

/** A provider that takes no key has one all the same, which may be slow as any other. */
function supplierWith(keys: readonly KeySetup[], known: Supplier | undefined): Supplier {
  const setup = keys.length > 0 ? keys : NO_KEY;
  return {
    keys: setup.map(({ fingerprint }, at) => known?.keys[placeOf(known, { at, fingerprint })] ?? workingKeys(1)[0]!),
    names: setup.map(({ fingerprint }, at) => ({ at, fingerprint })),
    weights: setup.map(({ weight }) => weight),
    toldSlow: new Set(setup.flatMap(({ fingerprint }) => (known?.toldSlow.has(fingerprint) ? [fingerprint] : []))),
  };
}

/** Where a key stands now, or -1. One that is there twice is looked for at its own place first. */
const placeOf = ({ names }: Pick<Supplier, 'names'>, { at, fingerprint }: TakenKey): number =>
  names[at]?.fingerprint === fingerprint ? at : names.findIndex((name) => name.fingerprint === fingerprint);

const NO_KEY: readonly KeySetup[] = [{ fingerprint: 'none', weight: 1 }];

function parkedFailure({ provider, model }: Target, parkedFor: ParkedFor, waitMs: number): Failure {
  const again = `tried again in ${Math.ceil(waitMs / 1000)} s`;
  switch (parkedFor) {
    case 'denied':
      return { kind: 'denied', message: `${provider} refuses every key it is called with; ${again}` };
    case 'exhausted':
      return { kind: 'exhausted', message: `${provider} has no credit left for any key it is called with; ${again}` };
    case 'throttled':
      return { kind: 'throttled', message: `${provider} asked us to slow down for ${model}; ${again}`, retryAfterMs: waitMs };
    default:
      return parkedFor satisfies never;
  }
}
