import type { UsageRecord } from '../../accounting/record.ts';
import type { AttemptReason } from '../../model/attempt.ts';
import type { Money } from '../../model/money.ts';
import { cacheWriteTokens, outputTokens } from '../../model/usage.ts';
import type { Account, Accounts } from './accounts.ts';
import { OUTCOME_OF } from './outcome.ts';
import { type Histogram, observe, type Value } from './registry.ts';

/** Where calls are counted whatever they were about. */
export interface CommonSeries {
  readonly attempts: Readonly<Record<AttemptReason, Value>>;
  readonly overhead: Histogram;
  failures(provider: string, kind: UsageRecord['outcome']): Value;
}

/** Counts a call that is over. Runs before its caller sees the end, so it is kept to additions. */
export function countCall(records: readonly UsageRecord[], accounts: Accounts, common: CommonSeries): void {
  let unpriced = false;
  for (let place = 0; place < records.length; place += 1) {
    const record = records[place]!;
    const account = accounts.of(record);
    const { tokens } = account;
    const { input = 0, audioInput = 0, imageInput = 0, cacheRead = 0 } = record.tokens;
    tokens.fresh.value += input + audioInput + imageInput;
    tokens.cache_read.value += cacheRead;
    tokens.cache_write.value += cacheWriteTokens(record);
    tokens.output.value += outputTokens(record);
    account.reasoning.value += record.reasoningTokens ?? 0;
    if (record.starved && record.last) account.starved.value += 1;
    const cost = accounts.cost(account, record);
    cost.value = (cost.value + record.costFloor) as Money;
    if (record.cost === null && !unpriced) {
      unpriced = true;
      account.upstream.unpriced.value += 1;
    }
    common.attempts[record.reason].value += 1;
    if (record.outcome !== 'ok') common.failures(record.provider, record.outcome).value += 1;
    if (record.last) countEnd(record, account, beganMs(records[0]!));
    if (record.overheadMs !== undefined) observeMs(common.overhead, record.overheadMs);
  }
}

/** What the caller saw of the whole call, counted where it ended. */
function countEnd(last: UsageRecord, { requests, upstream: { duration, firstToken } }: Account, startMs: number): void {
  requests[OUTCOME_OF[last.outcome]].value += 1;
  // Nobody waits for a batch.
  if (last.channel !== 'batch') observeMs(duration, last.endedAtMs - startMs);
  if (last.firstContentMs !== undefined) observeMs(firstToken, beganMs(last) + last.firstContentMs - startMs);
}

const beganMs = ({ endedAtMs, durationMs }: UsageRecord) => endedAtMs - durationMs;

/** The wall clock may have been set back meanwhile. */
const observeMs = (histogram: Histogram, ms: number) => observe(histogram, Math.max(0, ms) / 1000);
