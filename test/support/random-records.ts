import type { UsageRecord } from '../../src/accounting/record.ts';
import { METERS } from '../../src/model/usage.ts';
import type { Chance } from './chance.ts';
import { money, record } from './records.ts';

/** A record like no other: any words, times within the span, meters, money of any size, with or without a price. */
export function randomRecord(
  luck: Chance,
  number: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): UsageRecord {
  const tokens = Object.fromEntries(METERS.filter(() => luck.upTo(3) === 0).map((meter) => [meter, 1 + luck.upTo(100_000)]));
  const floor = BigInt(luck.upTo(2 ** 31)) * BigInt(luck.upTo(1000) + 1) * (luck.upTo(50) === 0 ? 4_000_000n : 1n);
  const isPriced = luck.upTo(10) > 0;
  const tags = {
    ...(luck.upTo(2) && { team: luck.of(['a', 'b', "c'd", '']) }),
    ...(luck.upTo(3) === 0 && { env: luck.of(['x', 'y"\n']) }),
  };
  return record(`call_${number}`, {
    attempt: 1 + luck.upTo(2),
    last: luck.upTo(4) > 0,
    reason: luck.of(['first', 'retry', 'fallback', 'hedge']),
    endedAtMs: fromMs + luck.upTo((toMs - fromMs) / 1000) * 1000 + luck.upTo(1000),
    key: luck.of(['ci', 'web']),
    provider: luck.of(['openai', 'anthropic']),
    model: luck.of(['gpt-6-sol', 'claude-sonnet-5-5', 'größe']),
    outcome: luck.of(['ok', 'ok', 'ok', 'overloaded', 'interrupted']),
    measured: luck.of(['reported', 'reported', 'estimated', 'nothing']),
    tokens,
    ...(luck.upTo(2) && { feature: luck.of(['search', 'chat']) }),
    ...(luck.upTo(3) && { user: `user-${luck.upTo(5)}` }),
    ...(luck.upTo(2) && { reasoningTokens: luck.upTo(500) }),
    ...(Object.keys(tags).length > 0 && { tags }),
    status: isPriced ? 'exact' : 'partial',
    cost: isPriced ? money(floor) : null,
    costFloor: money(floor),
  });
}
