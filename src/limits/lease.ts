import type { BudgetAccount } from '../accounting/charge.ts';

/** Money this process has set aside in one account: some of it for calls under way, the rest ready for the next. */
export interface Lease {
  readonly account: BudgetAccount;
  readonly scope: Readonly<Record<string, string>>;
  readonly limit: bigint;
  /** Under whose name it stands in the store. */
  readonly holder: string;
  /** All of it, as the store will have it once it has written what was booked. */
  amount: bigint;
  /** What calls under way may still need. */
  reserved: bigint;
  /** What nobody had spent or set aside when the store was last asked. */
  left: bigint;
  /** When the store lets it go, unless renewed. */
  expiresMs: number;
  usedMs: number;
}

/** What a call sets aside in an account. */
export interface Claim {
  readonly account: BudgetAccount;
  readonly scope: Readonly<Record<string, string>>;
  readonly limit: bigint;
  readonly amount: bigint;
}

/** What a call has set aside. */
export type Stake = readonly { readonly lease: Lease; amount: bigint }[];

export const leaseKey = ({ budget, value, startMs }: BudgetAccount): string => `${budget}\n${value}\n${startMs}`;

/** What is ready for further calls; below nothing after one that took more than it had set aside. */
export const freeIn = ({ amount, reserved }: Lease): bigint => amount - reserved;

/** A fiftieth of the limit is kept ready, so that most calls need not ask the store. */
const SLICE = 50n;
/** Where less is left, an eighth of that: what one keeps ready nobody else can spend. */
const SHARE = 8n;

/** How much to ask for beyond what is needed at once. */
export const sliceOf = ({ limit }: { readonly limit: bigint }): bigint => limit / SLICE;

const IDLE_MS = 5000;

/** How much to keep ready: nothing once its period is over or nobody has used it for a while. */
export function keptIn(lease: Lease, nowMs: number): bigint {
  if (nowMs >= lease.account.endMs || nowMs - lease.usedMs > IDLE_MS) return 0n;
  const share = lease.left / SHARE;
  return share < sliceOf(lease) ? (share > 0n ? share : 0n) : sliceOf(lease);
}
