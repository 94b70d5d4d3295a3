import type { Money } from '../model/money.ts';
import type { Line } from './bill.ts';
import type { Pricer } from './pricer.ts';
import type { UsageRecord } from './record.ts';

/** What one meter or fee has of a record's cost. */
export interface Share {
  readonly meter: string;
  readonly model: string;
  readonly quantity: number;
  /** Picodollars each; null: no one price is known. */
  readonly rate: Money | null;
  /** Null: it has no price. */
  readonly cost: Money | null;
  /** Whether the price book says so, or the record's cost was shared out, because the book has changed since. */
  readonly split: 'exact' | 'proportional';
}

/**
 * A record's cost by meter; the shares add up to it exactly. Rows hold sums only, so each meter's part is worked
 * out again; where today's book comes to another sum than the row, the row's is shared out in its proportions.
 */
export function splitCost(record: UsageRecord, pricer: Pricer): Share[] {
  const { costFloor, cost } = record;
  const lines = linesOf(record, pricer);
  if (lines.length === 0)
    return cost !== null && costFloor === 0n
      ? []
      : [shareOf(nothingKnown(record), cost === null && costFloor === 0n ? null : costFloor, 'proportional')];
  if (cost === null && costFloor === 0n) return lines.map((line) => shareOf(line, null, 'exact'));
  const sum = lines.reduce((total, line) => total + (line.cost ?? 0n), 0n);
  const isComplete = lines.every((line) => line.cost !== null);
  if (sum === costFloor && isComplete === (cost !== null)) return lines.map((line) => shareOf(line, line.cost, 'exact'));
  return sharedOut(lines, sum, costFloor, cost === null);
}

function linesOf(record: UsageRecord, pricer: Pricer): Line[] {
  const { tokens, fees, tier, region, provider, model, channel, endedAtMs, durationMs } = record;
  const usage = { tokens, ...(fees && { fees }), ...(tier !== undefined && { tier }), ...(region !== undefined && { region }) };
  return pricer.lines(usage, { provider, model, channel, atMs: endedAtMs - durationMs });
}

const nothingKnown = ({ model }: UsageRecord): Line => ({ what: 'input', model, quantity: 0, rate: null, cost: null });

function sharedOut(lines: readonly Line[], sum: bigint, costFloor: Money, isFloor: boolean): Share[] {
  // By what each would cost today; by the number of tokens where none has a price.
  const weightOf = (line: Line): bigint => (sum > 0n ? (line.cost ?? 0n) : BigInt(Math.max(0, Math.trunc(line.quantity))));
  const weights = lines.map(weightOf);
  const total = weights.reduce((all, weight) => all + weight, 0n);
  let left: bigint = costFloor;
  let weightLeft = total;
  return lines.map((line, index) => {
    const weight = weights[index]!;
    const share = weightLeft === 0n ? (index === 0 && total === 0n ? left : 0n) : (left * weight) / weightLeft;
    left -= share;
    weightLeft -= weight;
    const isUnpriced = isFloor && line.cost === null && share === 0n;
    return shareOf(line, isUnpriced ? null : (share as Money), 'proportional');
  });
}

const shareOf = ({ what, model, quantity, rate }: Line, cost: Money | null, split: Share['split']): Share => ({
  meter: what,
  model,
  quantity: Math.max(0, Math.trunc(quantity)),
  rate: split === 'exact' && cost !== null ? rate : null,
  cost,
  split,
});
