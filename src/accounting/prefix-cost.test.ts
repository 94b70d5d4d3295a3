import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Money, usdPerMillion } from '../model/money.ts';
import { breakEven, longerPaysBelow } from './break-even.ts';
import { formatFraction } from './fraction.ts';
import { cheapestOption, freshCost, prefixCost } from './prefix-cost.ts';

const rates = (input: string, read: string) => ({ input: usdPerMillion(input), read: usdPerMillion(read) });

test('break-even by what reading costs, beside writes at 1.25 and 2 times the input', () => {
  const rows = ['0.1', '0.05', '0.025', '0.25', '0.5', '1'].map((read) => {
    const of = (write: string) => {
      const found = breakEven({ ...rates('1', read), write: usdPerMillion(write) });
      return found && `${found.usesMin} uses (${formatFraction(found.uses)}), hit ${formatFraction(found.hitProbability)}`;
    };
    const longer = read === '1' ? '' : formatFraction(longerPaysBelow(usdPerMillion('1.25'), usdPerMillion('2'), usdPerMillion(read)));
    return [read, of('1.25'), of('2'), longer];
  });
  assert.deepEqual(rows, [
    ['0.1', '2 uses (23/18), hit 5/23', '3 uses (19/9), hit 10/19', '23/38'],
    ['0.05', '2 uses (24/19), hit 5/24', '3 uses (39/19), hit 20/39', '8/13'],
    ['0.025', '2 uses (49/39), hit 10/49', '3 uses (79/39), hit 40/79', '49/79'],
    ['0.25', '2 uses (4/3), hit 1/4', '3 uses (7/3), hit 4/7', '4/7'],
    ['0.5', '2 uses (3/2), hit 1/3', '4 uses (3), hit 2/3', '1/2'],
    ['1', undefined, undefined, ''],
  ]);
});

test('where writing costs no more than reading afresh it pays from the second use', () => {
  const free = breakEven({ ...rates('2.5', '1.25'), write: usdPerMillion('2.5') });
  assert.deepEqual(free && [free.usesMin, formatFraction(free.uses), formatFraction(free.hitProbability)], [2n, '1', '0']);
});

test('a system prompt of 2,000 tokens on Claude Sonnet 4.6: what it costs afresh, written and read, and from when it pays', () => {
  const sonnet = { startsS: [0], prefixTokens: 2000, minTokens: 1024, ...rates('3', '0.30') };
  const fiveMinutes = { name: '5m', lifetimeS: 300, write: usdPerMillion('3.75') };
  const dollars = (pico: bigint) => Number(pico) / 1e12;
  assert.deepEqual([dollars(freshCost(sonnet)), dollars(prefixCost(sonnet, fiveMinutes).cost)], [0.006, 0.0075]);
  const twice = { ...sonnet, startsS: [0, 60] };
  assert.equal(dollars(prefixCost(twice, fiveMinutes).cost - prefixCost(sonnet, fiveMinutes).cost), 0.0006);
  assert.deepEqual([cheapestOption(sonnet, [fiveMinutes])?.name, cheapestOption(twice, [fiveMinutes])?.name], [undefined, '5m']);
  assert.equal(breakEven({ ...rates('3', '0.30'), write: fiveMinutes.write })?.usesMin, 2n);
});

test('a request at the very end of the lifetime reads, one a microsecond later writes, however seconds are written', () => {
  const option = { name: '5m', lifetimeS: 300, write: usdPerMillion('1.25') };
  const hits = (...startsS: number[]) => prefixCost({ startsS, prefixTokens: 2000, ...rates('1', '0.1') }, option).hits;
  assert.deepEqual([hits(212.2, 512.2), hits(212.2, 512.200001), hits(1_763_900_000.1, 1_763_900_300.1)], [1, 0, 1]);
});

test('a prefix below the minimum is never cached; where two ways cost the same none, or the first, is best', () => {
  const short = { startsS: [0, 1, 2], prefixTokens: 500, minTokens: 512, ...rates('1', '0.1') };
  const option = { name: '5m', lifetimeS: 300, write: usdPerMillion('1.25') };
  assert.deepEqual(prefixCost(short, option), { hits: 0, writes: 0, cost: freshCost(short) });
  assert.equal(cheapestOption(short, [option]), undefined);
  const long = { ...short, prefixTokens: 512 };
  assert.equal(cheapestOption(long, [option, { ...option, name: 'twin' }])?.name, '5m');
  assert.equal(cheapestOption({ ...long, startsS: [] }, [option]), undefined);
});

test('the uses of the break-even are where the costs meet, for any rates', () => {
  const rate = fc.bigInt({ min: 1n, max: 10n ** 8n });
  fc.assert(
    fc.property(rate, rate, rate, fc.integer({ min: 1, max: 60 }), (input, read, write, uses) => {
      const found = breakEven({ input: input as Money, read: read as Money, write: write as Money });
      if (!found) return;
      const trace = {
        startsS: Array.from({ length: uses }, (_, at) => at),
        prefixTokens: 1000,
        input: input as Money,
        read: read as Money,
      };
      const cheaper = prefixCost(trace, { name: '', lifetimeS: 1, write: write as Money }).cost < freshCost(trace);
      assert.equal(cheaper, BigInt(uses) >= found.usesMin);
    }),
  );
});
