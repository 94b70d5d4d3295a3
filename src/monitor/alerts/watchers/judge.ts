import type { Tally } from '../../../policy/alerts/error-rate.ts';
import type { Change } from '../watcher.ts';

/** One rule about rates, over all providers. */
export interface Judge {
  heard(provider: string, tally: Tally, nowMs: number): Change[];
  minuteOver(nowMs: number): Change[];
  adopt(provider: string): void;
}
