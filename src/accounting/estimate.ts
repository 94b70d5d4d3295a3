import { type Money, zero } from '../model/money.ts';
import type { Size } from '../model/size.ts';
import type { Meter, Usage } from '../model/usage.ts';
import type { Channel } from './bill.ts';
import type { Pricer } from './pricer.ts';

/** Where an attempt goes, and when. */
export interface Sale {
  readonly provider: string;
  readonly model: string;
  readonly channel: Channel;
  readonly atMs: number;
}

/**
 * The most an attempt of this size can cost there: all of the question at the dearest rate it may be billed
 * at (cache writes are dearer than reading afresh), the longest answer there may be, and the dearest tier.
 * `null` when its model has no price.
 */
export const worstPrice = (pricer: Pricer, size: Size, sale: Sale): Money | null => dearest(pricer, size, size.inputTokens.most, sale);

/** About the most it will cost: the question as long as it looks, the answer as long as it may be. */
export const likelyPrice = (pricer: Pricer, size: Size, sale: Sale): Money | null => dearest(pricer, size, size.inputTokens.likely, sale);

function dearest(pricer: Pricer, size: Size, inputTokens: number, sale: Sale): Money | null {
  if (inputTokens === 0 && size.outputTokensMax === 0) return zero;
  let most: Money | null = null;
  for (const tier of size.tiers) {
    for (const region of size.regions) {
      for (const input of size.inputMeters) {
        for (const output of size.outputMeters) {
          const tokens: { [M in Meter]?: number } = { [input]: inputTokens, [output]: size.outputTokensMax };
          const usage: Usage = { tokens, ...(tier !== undefined && { tier }), ...(region !== undefined && { region }) };
          const { cost } = pricer.bill(usage, sale, true);
          if (cost !== null && (most === null || cost > most)) most = cost;
        }
      }
    }
  }
  return most === null ? null : ((most + feesOf(pricer, size, sale)) as Money);
}

/** What the tools may cost. One whose price is unknown there adds nothing: what it costs is found out when it is used. */
function feesOf(pricer: Pricer, { fees }: Size, sale: Sale): bigint {
  let sum = 0n;
  for (const name in fees) sum += pricer.bill({ tokens: {}, fees: { [name]: fees[name] ?? 0 } }, sale, true).floor;
  return sum;
}
