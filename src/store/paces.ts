import { admitted, owedTo, type Pace, remaining } from '../policy/pace.ts';
import type { Database } from './database.ts';

/** What a process wants of a pace it shares with others, in its units: requests, or tokens. */
export interface PaceWant {
  readonly name: string;
  readonly pace: Pace;
  /** Used without asking; below 0: taken before and not used. Counted whatever is left. */
  readonly owed: number;
  /** Without this much nothing is given; 0: nothing is wanted. */
  readonly least: number;
  /** So much is wanted; what is left of it is given. */
  readonly most: number;
  /** So much more is welcome where others still find something. */
  readonly spare: number;
}

/** What was given, and when the pace's next unit would be due after that, in milliseconds since 1970. */
export interface PaceGrant {
  readonly amount: number;
  readonly dueMs: number;
}

export interface PacesInput {
  readonly nowMs: number;
  readonly wants: readonly PaceWant[];
}

/** Nothing beyond what is wanted is given of more than this share of what is left. */
const SHARE = 8;

/** Gives of each pace by itself: what one has too little of does not stand in the others' way. Grants are in the order of wants. */
export async function takePaces(db: Database, { nowMs, wants }: PacesInput): Promise<PaceGrant[]> {
  const grants: PaceGrant[] = [];
  for (const want of wants) grants.push(await take(db, want, nowMs));
  return grants;
}

const READ = 'select due_ns from pace where name = $1';
const OPEN = 'insert into pace (name, due_ns) values ($1, $2) on conflict (name) do nothing returning due_ns';
const MOVE = 'update pace set due_ns = $3 where name = $1 and due_ns = $2 returning due_ns';

async function take(db: Database, want: PaceWant, nowMs: number): Promise<PaceGrant> {
  for (;;) {
    const [row] = await db.all(READ, [want.name]);
    const beforeNs = row && BigInt(row['due_ns'] ?? 0);
    const grant = grantOf(want, beforeNs === undefined ? 0 : msOf(beforeNs), nowMs);
    const afterNs = nsOf(grant.dueMs);
    if (afterNs === (beforeNs ?? 0n)) return grant;
    const moved = beforeNs === undefined ? await db.all(OPEN, [want.name, afterNs]) : await db.all(MOVE, [want.name, beforeNs, afterNs]);
    // Else another process has taken meanwhile.
    if (moved.length > 0) return grant;
  }
}

function grantOf({ pace, owed, least, most, spare }: PaceWant, beforeMs: number, nowMs: number): PaceGrant {
  const dueMs = owed === 0 ? beforeMs : owedTo(pace, beforeMs, owed, nowMs);
  if (least === 0) return { amount: 0, dueMs };
  const left = remaining(pace, dueMs, nowMs).units;
  const amount = Math.max(least, Math.min(left, most + Math.min(spare, Math.floor(left / SHARE))));
  const outcome = admitted(pace, dueMs, amount, nowMs);
  return 'dueMs' in outcome ? { amount, dueMs: outcome.dueMs } : { amount: 0, dueMs };
}

const NS = 1_000_000;
const nsOf = (ms: number): bigint => BigInt(Math.floor(ms)) * BigInt(NS) + BigInt(Math.round((ms % 1) * NS));
const msOf = (ns: bigint): number => Number(ns / BigInt(NS)) + Number(ns % BigInt(NS)) / NS;

const SWEEP = 'delete from pace where due_ns < $1';

/** Forgets paces of which all may be used at once. */
export async function sweepPaces(db: Database, { nowMs }: { readonly nowMs: number }): Promise<void> {
  await db.all(SWEEP, [nsOf(nowMs)]);
}
