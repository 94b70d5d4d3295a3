import { hash } from 'node:crypto';
import type { Caller } from '../model/caller.ts';
import type { Failure } from '../model/failure.ts';
import type { GatewayKey, KeyTerms } from '../model/key.ts';
import type { StoredKey } from '../store/key-row.ts';

/**
 * All gateway keys there are, found by the digest of what a caller shows: one hash and one look-up for every
 * key, good or bad. The secrets are nowhere, and as nobody can steer a digest the look-up's timing says nothing.
 */
export interface Keyring {
  /** Who shows this key, or `unauthenticated`. Where no key is asked for everyone is `anonymous`. */
  authenticate(shown: string | undefined): Caller | Failure;
  /** Who shows no key where none is asked for, and who calls in process. */
  readonly anonymous: Caller;
  /** Takes the configuration's keys in the place of those from before; of one digest they count before the database's. */
  configure(keys: readonly GatewayKey[], rules: KeyRules): void;
  /** Takes the database's keys in the place of those from before; undefined: nobody can say which there are, so one is asked for. */
  stock(keys: readonly StoredKey[] | undefined): void;
  /** Whether callers must show one. */
  readonly asks: boolean;
  /** Whether a key is asked for even when there is none. */
  askAlways(on: boolean): void;
  /** How many the database has, those that open nothing any more included. */
  readonly stocked: number;
  /** The database's keys that were used since it was last asked, and when. */
  takeUses(): readonly Use[];
}

/** What holds for keys that do not say it themselves. */
export interface KeyRules {
  /** What holds for a key that does not say itself, and for who shows none. */
  readonly featureRequired: boolean;
}

/** When a key was last used, milliseconds since 1970. */
export interface Use {
  readonly id: string;
  readonly atMs: number;
}

/** What one digest opens. */
interface Lock {
  readonly caller: Caller;
  /** When it stops to open, and what is then said. */
  readonly untilMs: number;
  readonly shut: Failure;
  /** Set where somebody wants to know when it was used. */
  readonly counted: boolean;
}

/** Where time goes on by `now`, in milliseconds since 1970. */
export function createKeyring(now: () => number): Keyring {
  let rules: KeyRules = { featureRequired: false };
  let configured: readonly GatewayKey[] = [];
  let stored: readonly StoredKey[] | undefined = [];
  let locks: ReadonlyMap<string, Lock> = new Map();
  let anonymous: Caller = { key: 'anonymous' };
  let always = false;
  const uses = new Map<string, number>();

  function build(): void {
    locks = new Map([
      ...(stored ?? []).flatMap((key) => storedLocks(key, rules)),
      ...configured.map((key): [string, Lock] => [key.sha256, lockOf(key, rules, false)]),
    ]);
    anonymous = { key: 'anonymous', ...(rules.featureRequired && { featureRequired: true }) };
  }

  const asks = () => locks.size > 0 || !stored || always;

  return {
    authenticate(shown) {
      if (!asks()) return anonymous;
      if (shown === undefined) return NO_KEY;
      const lock = locks.get(hash('sha256', shown));
      if (!lock) return WRONG_KEY;
      const atMs = now();
      if (atMs >= lock.untilMs) return lock.shut;
      if (lock.counted) uses.set(lock.caller.key, atMs);
      return lock.caller;
    },
    configure(keys, next) {
      configured = keys;
      rules = next;
      build();
    },
    stock(keys) {
      stored = keys;
      build();
    },
    get anonymous() {
      return anonymous;
    },
    get asks() {
      return asks();
    },
    askAlways(on) {
      always = on;
    },
    get stocked() {
      return stored?.length ?? 0;
    },
    takeUses() {
      const taken = [...uses].map(([id, atMs]) => ({ id, atMs }));
      uses.clear();
      return taken;
    },
  };
}

const denied = (message: string): Failure => ({ kind: 'unauthenticated', message });

const NO_KEY = denied('no API key was sent: send a Headgate key as "authorization: Bearer …" or "x-api-key"');
const WRONG_KEY = denied('the API key that was sent is not one of this gateway');

const NEVER = Number.POSITIVE_INFINITY;

/** Whoever holds a secret may know what became of it; to everybody else it is no key of ours. */
function lockOf(key: KeyTerms & { readonly id: string }, rules: KeyRules, counted: boolean): Lock {
  const { id, expiresAtMs = NEVER } = key;
  const shut = denied(`the gateway key "${id}" has expired${expiresAtMs === NEVER ? '' : ` (${time(expiresAtMs)})`}`);
  return { caller: callerWith(key, rules), untilMs: expiresAtMs, shut, counted };
}

function storedLocks(key: StoredKey, rules: KeyRules): [string, Lock][] {
  const { id, revokedAtMs, disabled, previous } = key;
  const lock = lockOf(key, rules, true);
  const shut = (message: string): Lock => ({ ...lock, untilMs: 0, shut: denied(message) });
  const now =
    revokedAtMs !== undefined
      ? shut(`the gateway key "${id}" was revoked (${time(revokedAtMs)})`)
      : disabled
        ? shut(`the gateway key "${id}" is disabled`)
        : lock;
  if (!previous) return [[key.sha256, now]];
  const replaced = denied(`the gateway key "${id}" has a new secret; the old one ended at ${time(previous.untilMs)}`);
  const before = previous.untilMs < now.untilMs ? { ...now, untilMs: previous.untilMs, shut: replaced } : now;
  return [
    [previous.sha256, before],
    [key.sha256, now],
  ];
}

const time = (ms: number): string => new Date(ms).toISOString();

function callerWith(
  { id, feature, user, tags, featureRequired, scopes, limits }: KeyTerms & { readonly id: string },
  rules: KeyRules,
): Caller {
  return {
    key: id,
    ...(feature !== undefined && { feature }),
    ...(user !== undefined && { user }),
    ...(tags !== undefined && { tags }),
    ...((featureRequired ?? rules.featureRequired) && { featureRequired: true }),
    ...(scopes !== undefined && { scopes }),
    ...(limits !== undefined && { limits }),
  };
}
