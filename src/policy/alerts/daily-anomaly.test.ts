import assert from 'node:assert/strict';
import test from 'node:test';
import type { Money } from '../../model/money.ts';
import { simulatedWorld } from '../../world/simulated.ts';
import { ANOMALY_HISTORY_DAYS, DEFAULT_DAILY_ANOMALY, isAnomalous, isEarly, usualOf } from './daily-anomaly.ts';
import { baselineOf, DEFAULT_DAILY_SPEND, judgeDay } from './daily-spend.ts';

const RULE = DEFAULT_DAILY_ANOMALY;
const usd = (dollars: number): Money => (BigInt(Math.round(dollars * 1e6)) * 1_000_000n) as Money;

test('a weekday pattern is no anomaly, a day three times its weekday is', () => {
  const past = Array.from({ length: 56 }, (_, day) => usd(day % 7 < 5 ? 100 + (day % 3) : 25));
  const usual = usualOf(RULE, past)!;
  assert.deepEqual(
    [100, 149, 170, 300].map((spend) => isAnomalous(RULE, usual, usd(spend))),
    [false, false, true, true],
  );
});

test('a rise of cents is no anomaly however steep', () => {
  const usual = usualOf(
    RULE,
    Array.from({ length: 56 }, () => usd(1)),
  )!;
  assert.deepEqual([isAnomalous(RULE, usual, usd(5.99)), isAnomalous(RULE, usual, usd(6))], [false, true]);
});

test('three weeks are too few to know what is usual', () => {
  assert.equal(
    usualOf(
      RULE,
      Array.from({ length: 20 }, () => usd(10)),
    ),
    undefined,
  );
});

test('days that are listed as holidays are nobody’s example', () => {
  const past = Array.from({ length: 56 }, (_, day) => usd(day >= 28 && day % 7 === 0 ? 10 : 100));
  const holidays = new Set([28, 35, 42, 49]);
  assert.equal(isAnomalous(RULE, usualOf(RULE, past)!, usd(110)), true);
  assert.equal(usualOf(RULE, past, holidays), undefined);
});

test('an early warning comes at twice what the weekday usually cost by that hour', () => {
  const byNow = [usd(10), usd(12), usd(9), usd(10)];
  assert.deepEqual(
    [isEarly(RULE, byNow, usd(20)), isEarly(RULE, byNow, usd(20.01)), isEarly(RULE, byNow.slice(1), usd(99))],
    [false, true, false],
  );
});

test('over years of simulated features it cries wolf rarely and misses little, where the plain mean does neither', () => {
  const features = 20;
  const found = { false: 0, hit: 0, plain: 0 };
  let spikes = 0;
  for (let seed = 1; seed <= features; seed += 1) {
    const { spend, spiked } = feature(seed);
    for (let day = ANOMALY_HISTORY_DAYS; day < spend.length; day += 1) {
      const usual = usualOf(RULE, spend.slice(day - ANOMALY_HISTORY_DAYS, day));
      const fired = usual !== undefined && isAnomalous(RULE, usual, spend[day]!);
      if (spiked.has(day)) {
        spikes += 1;
        if (fired) found.hit += 1;
      } else {
        if (fired) found.false += 1;
        const baseline = baselineOf(DEFAULT_DAILY_SPEND, spend.slice(day - 7, day));
        if (judgeDay(DEFAULT_DAILY_SPEND, baseline, false, spend[day]!)) found.plain += 1;
      }
    }
  }
  const figures = `${found.false / features} false alarms a feature-year, ${found.hit} of ${spikes} spikes, plain mean ${found.plain / features}`;
  assert.ok(found.false / features <= 8 && found.hit / spikes >= 0.88 && found.plain / features > 40, figures);
});

const YEAR = 365;

/**
 * A year of a feature after the days it is learned from: weekdays 100, weekends 25, scattered by 20 %, three
 * holiday weeks at weekend level, six days of three times what they would have been.
 */
function feature(seed: number): { spend: Money[]; spiked: ReadonlySet<number> } {
  const { random } = simulatedWorld({ seed });
  for (let skip = 0; skip < 10; skip += 1) random();
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const days = ANOMALY_HISTORY_DAYS + YEAR;
  const pick = (count: number) => Array.from({ length: count }, () => ANOMALY_HISTORY_DAYS + Math.floor(random() * (YEAR - 7)));
  const weeks = pick(3);
  const spiked = new Set(pick(6));
  const spend = Array.from({ length: days }, (_, day) => {
    const holiday = weeks.some((start) => day >= start && day < start + 7);
    const level = day % 7 < 5 && !holiday ? 100 : 25;
    return usd(Math.max(0, level * (1 + 0.2 * normal())) * (spiked.has(day) ? 3 : 1));
  });
  return { spend, spiked };
}
