/* Every stream of the fixtures, cut before every event of it, read by each SDK: all nine pairs. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { UsageRecord } from '../../src/accounting/record.ts';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import type { DialectName } from '../../src/model/part.ts';
import { NAMES, streams } from '../support/fixtures.ts';
import { CUTS, type Cut, startRawUpstream, turns } from './raw-upstream.ts';
import { type At, type Got, READERS } from './readers.ts';

/** The events of each fixture by `dialect/name`, with the white space that ends them. */
const EVENTS: ReadonlyMap<string, readonly string[]> = new Map(
  NAMES.flatMap((dialect) => streams(dialect).map(({ name, wire }) => [`${dialect}/${name}`, wire.split(/(?<=\n\n)/)] as const)),
);

/** The model asked for says its provider, then which fixture, how many events of it, and what happens then. */
const nameOf = (dialect: DialectName, fixture: string, events: number, after: Cut | 'stays') =>
  `${dialect}/${dialect}/${fixture}~${events}~${after}`.replaceAll(' ', '_');

const upstream = await startRawUpstream((model) => {
  const [fixture = '', events, after = ''] = model.split('~');
  return { bytes: EVENTS.get(fixture)!.slice(0, Number(events)).join(''), after: after.replaceAll('_', ' ') as Cut };
});
const booked: (readonly UsageRecord[])[] = [];
const headgate = await createHeadgate(configured(upstream.url), { onCall: (records) => booked.push(records) });
test.after(async () => {
  await headgate.close(0);
  await upstream.close();
});

const inProcess: At = { url: 'http://headgate.local', fetch: headgate.fetch };

for (const target of NAMES) {
  for (const caller of NAMES) {
    test(`${caller} → ${target}: wherever a stream is cut, the SDK raises or has the whole of it, each word once, one account`, async () => {
      const problems: string[] = [];
      for (const { name } of streams(target)) {
        const events = EVENTS.get(`${target}/${name}`)!.length;
        const whole = await READERS[caller](inProcess, nameOf(target, name, events, 'ends'));
        for (const cut of CUTS) {
          const before = booked.length;
          const told = await Promise.all(
            Array.from({ length: events }, (_, at) => READERS[caller](inProcess, nameOf(target, name, at, cut))),
          );
          for (const [at, got] of told.entries()) {
            const problem = problemWith(got, whole);
            if (problem !== undefined) problems.push(`${name}, ${at} of ${events} events, then it ${cut}: ${problem}`);
          }
          const accounts = booked.slice(before);
          const ids = new Set(accounts.flatMap((records) => records.map(({ callId }) => callId)));
          if (accounts.length !== events || ids.size !== events || accounts.some(({ length }) => length !== 1))
            problems.push(`${name}, ${cut}: ${accounts.length} accounts of ${ids.size} calls, not ${events}`);
        }
      }
      await turns(4);
      assert.deepEqual({ problems, running: headgate.running, underWay: upstream.underWay }, { problems: [], running: 0, underWay: 0 });
    });
  }
}

/** What is wrong with what a caller got out of a stream that was cut, beside what the whole gives. */
function problemWith(got: Got, whole: Got): string | undefined {
  const [said, all] = [got, whole].map(({ said }) => JSON.stringify(said).slice(0, -1)) as [string, string];
  if (!all.startsWith(said)) return `said ${said}, not a beginning of ${all}`;
  if (got.raised !== undefined) return undefined;
  if (whole.raised !== undefined) return 'did not raise, though the whole does';
  const same = said === all && JSON.stringify(got.ends) === JSON.stringify(whole.ends);
  return same ? undefined : `ended as if it were whole, with ${JSON.stringify(got)}`;
}

test('the readers know a stream that is not whole, so that the tests above can fail', async () => {
  const at: At = { url: upstream.url };
  const whole = await READERS['openai-chat'](at, `openai-chat/text~7~ends`);
  const cut = await READERS['openai-chat'](at, `openai-chat/text~3~ends`);
  assert.match(problemWith(cut, whole) ?? '', /as if it were whole/);
});

test('a caller who leaves at any event takes the connection to the provider along, within a second', async () => {
  const { url, close } = await headgate.listen({ host: '127.0.0.1', port: 0 });
  const late: string[] = [];
  for (const target of NAMES) {
    for (const caller of NAMES) {
      const events = EVENTS.get(`${target}/text`)!.length;
      for (let at = 0; at < events - 2; at += 1) {
        const leave = new AbortController();
        const sent = upstream.next();
        const reading = READERS[caller]({ url, signal: leave.signal }, nameOf(target, 'text', at, 'stays'));
        const { closed } = await sent;
        await turns(2);
        const leftMs = performance.now();
        leave.abort();
        await closed;
        const tookMs = performance.now() - leftMs;
        if (tookMs > 1000) late.push(`${caller} → ${target}, after ${at} events: ${tookMs} ms`);
        await reading;
      }
    }
  }
  await close();
  assert.deepEqual({ late, running: headgate.running, underWay: upstream.underWay }, { late: [], running: 0, underWay: 0 });
});

function configured(url: string) {
  const read = readConfig(
    JSON.stringify({
      providers: {
        'openai-chat': { dialect: 'openai-chat', vendor: 'openai', baseUrl: `${url}/v1`, apiKey: 'k' },
        'openai-responses': { dialect: 'openai-responses', vendor: 'openai', baseUrl: `${url}/v1`, apiKey: 'k' },
        'anthropic-messages': { dialect: 'anthropic', baseUrl: url, apiKey: 'k' },
      },
      ledger: 'off',
      // One attempt each, whatever happened before.
      defaults: { retry: { tries: 1, triesInAll: 1 } },
      breaker: { failuresInRow: 1000, lasting: '1000d', failurePercent: 100, triedMin: 1_000_000 },
    }),
    {},
  );
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.config;
}
