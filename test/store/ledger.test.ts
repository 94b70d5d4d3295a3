import assert from 'node:assert/strict';
import test from 'node:test';
import type { Worker } from 'node:worker_threads';
import { connect, placeOf } from '../../src/store/connect.ts';
import { openStore } from '../../src/store/open-store.ts';
import { records } from '../../src/store/records.ts';
import type { World } from '../../src/world/world.ts';
import { engines } from '../support/engines.ts';
import { day, full, money, noon, record, world } from '../support/records.ts';

for (const { name, skip, fresh } of engines()) {
  test(`${name}: a record comes back as it was booked, whatever it holds and however often it is booked`, { skip }, async () => {
    const place = await fresh();
    const { ledger, close } = await openStore(place, world);
    ledger.book([full, record('call_plain')]);
    ledger.book([full]);
    assert.deepEqual(
      await ledger.records({}),
      [record('call_plain'), full].sort((a, b) => (a.callId < b.callId ? 1 : -1)),
    );
    ledger.book([{ ...full, losses: 99 }]);
    await close();

    const again = await openStore(place, world);
    assert.deepEqual(await again.ledger.records({ callId: 'call_full' }), [full]);
    const [sum] = await again.ledger.usage({ ...day, by: [] });
    assert.deepEqual([sum?.attempts, sum?.calls, sum?.failures, sum?.unpriced, sum?.estimated], [2, 1, 1, 1, 1]);
    await again.close();
  });

  test(`${name}: usage adds up by hour and day, and by what is asked`, { skip }, async () => {
    const { ledger, close } = await openStore(await fresh(), world);
    const hour = 3_600_000;
    ledger.book([
      record('a', { feature: 'search', user: 'ann' }),
      record('b', { feature: 'search', user: 'bob', endedAtMs: noon + hour - 1 }),
      record('c', { feature: 'chat', user: 'ann', endedAtMs: noon + hour, cost: money(900_000_000n), costFloor: money(900_000_000n) }),
      record('d', { endedAtMs: noon + 24 * hour }),
    ]);
    const costs = async (query: Parameters<typeof ledger.usage>[0]) =>
      (await ledger.usage(query)).map(({ cost, attempts, startMs, feature, user, model }) => ({
        ...(startMs !== undefined && { at: (startMs - noon) / hour }),
        ...(feature !== undefined && { feature }),
        ...(user !== undefined && { user }),
        ...(model !== undefined && { model }),
        attempts,
        cost,
      }));

    assert.deepEqual(await costs({ ...day, by: ['feature'] }), [
      { feature: 'chat', attempts: 1, cost: 900_000_000n },
      { feature: 'search', attempts: 2, cost: 600_000_000n },
    ]);
    assert.deepEqual(await costs({ ...day, every: 'hour', by: ['user'], where: { feature: 'search' } }), [
      { at: 0, user: 'ann', attempts: 1, cost: 300_000_000n },
      { at: 0, user: 'bob', attempts: 1, cost: 300_000_000n },
    ]);
    const first = { at: -12, model: 'gpt-6-sol', attempts: 3, cost: 1_500_000_000n };
    assert.deepEqual(await costs({ fromMs: day.fromMs, toMs: day.toMs + 1, every: 'day', by: ['model'] }), [first]);
    assert.deepEqual(await costs({ fromMs: day.fromMs, toMs: day.toMs + 24 * hour, every: 'day', by: ['model'] }), [
      first,
      { at: 12, model: 'gpt-6-sol', attempts: 1, cost: 300_000_000n },
    ]);
    assert.deepEqual(await costs({ fromMs: noon, toMs: noon + 1, every: 'minute', by: ['feature'] }), [
      { at: 0, feature: 'search', attempts: 1, cost: 300_000_000n },
    ]);
    assert.deepEqual(await costs({ fromMs: 0, toMs: 1, by: [] }), []);
    await assert.rejects(ledger.usage({ ...day, every: 'minute', by: ['user'] }), /minute does not tell users apart/);
    await close();
  });

  test(`${name}: sums are exact beyond 53 and 64 bits of picodollars`, { skip }, async () => {
    const { ledger, close } = await openStore(await fresh(), world);
    const each = money(9_000_000_000_000_000_001n);
    ledger.book(Array.from({ length: 1000 }, (_, index) => record(`call_${index}`, { cost: each, costFloor: each })));
    const [sum] = await ledger.usage({ ...day, by: [] });
    assert.equal(sum?.cost, 9_000_000_000_000_000_001_000n);
    await close();
  });

  test(`${name}: a bill no column can hold is kept without a price`, { skip }, async () => {
    const { ledger, close } = await openStore(await fresh(), world);
    ledger.book([record('a', { cost: money(2n ** 63n), costFloor: money(2n ** 63n) })]);
    const [kept] = await ledger.records({});
    assert.deepEqual([kept?.status, kept?.cost, kept?.costFloor], ['unpriced', null, 0n]);
    await close();
  });

  test(`${name}: when its thread dies it is started again and what was not written is`, { skip }, async () => {
    let recovered = (): void => undefined;
    const again = new Promise<void>((resolve) => {
      recovered = resolve;
    });
    const events: string[] = [];
    let thread: Worker | undefined;
    process.once('worker', (worker) => {
      thread = worker;
    });
    const hasty: World = { ...world, after: (ms, work) => world.after(ms >= 1000 ? 1 : ms, work) };
    const { ledger, close } = await openStore(
      {
        ...(await fresh()),
        closeMs: 999,
        onEvent: ({ type }) => {
          events.push(type);
          if (type === 'recovered') recovered();
        },
      },
      hasty,
    );
    ledger.book([record('before')]);
    await ledger.flush();
    await thread?.terminate();
    ledger.book([record('between')]);
    await assert.rejects(ledger.records({}), { message: /cannot answer: its thread is being started again/, passing: true });
    await again;
    assert.deepEqual(
      (await ledger.records({})).map(({ callId }) => callId),
      ['between', 'before'],
    );
    await close();
    assert.deepEqual(events, ['failing', 'recovered']);
  });

  test(`${name}: what is asked of the database fails with what it said, and whether another try is worth it`, { skip }, async () => {
    const place = await fresh();
    const { ask, close } = await openStore(place, world);
    const minutesByUser = { ...day, every: 'minute', by: ['user'] } as const;
    await assert.rejects(ask('usage', minutesByUser), {
      name: 'DatabaseError',
      message: `${placeOf(place)} cannot answer: usage by minute does not tell users apart; ask for hours or days`,
      passing: false,
    });
    await close();
    await assert.rejects(ask('records', {}), { message: `${placeOf(place)} is closed`, passing: false });
  });

  test(`${name}: a database opened for reading shows what others write, and is not changed`, { skip }, async () => {
    const place = await fresh();
    const { ledger, close } = await openStore(place, world);
    const reader = await connect(place, undefined, true);
    ledger.book([record('a')]);
    await ledger.flush();
    assert.deepEqual(await records(reader, {}), [record('a')]);
    await assert.rejects(reader.all('delete from usage_record'), /read-?only/);
    await assert.rejects(
      reader.transaction((within) => within.all('delete from usage_record')),
      /read-?only/,
    );
    await reader.close();
    assert.equal((await ledger.records({})).length, 1);
    await close();
  });

  test(`${name}: a closed ledger takes nothing and says so`, { skip }, async () => {
    const { ledger, close } = await openStore(await fresh(), world);
    await close();
    ledger.book([record('late')]);
    assert.equal(ledger.state.dropped, 1);
    await assert.rejects(ledger.usage({ ...day, by: [] }), /is closed/);
    await close();
  });
}
