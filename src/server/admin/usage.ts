import type { Charge } from '../../accounting/charge.ts';
import type { UsageRecord } from '../../accounting/record.ts';
import { refuse } from '../../dialects/take.ts';
import { invalid } from '../../model/failure.ts';
import type { JsonObject } from '../../model/json.ts';
import { formatUsd } from '../../model/money.ts';
import { DIMENSIONS, type Grouping, isGrouping, type Ledger, type UsageSum } from '../../store/ledger.ts';
import { unanswerable } from '../../store/usage-source.ts';
import { momentIn, wholeIn, wordIn, zoneIn } from './query.ts';
import { pageOfRecords } from './record-page.ts';
import type { AdminRooms } from './rooms.ts';
import { AdminError, type AdminRoute } from './route.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FILTERS = Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, `only this ${dimension}; empty: what has none`]));
const FROM_TO = { from: 'a day or moment; included', to: 'a day or moment; excluded' };

/** What calls cost: sums, and the rows behind them. */
export const usageRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: '/usage',
    summary: 'Sums of calls, tokens and dollars, the dearest first; of the last seven days unless said',
    query: {
      ...FROM_TO,
      every: 'one sum for each minute, hour or day',
      zone: 'whose midnights part days, such as Europe/Berlin; UTC',
      by: `what to tell apart, with commas: ${DIMENSIONS.join(', ')} or tag:NAME`,
      ...FILTERS,
      'tag:NAME': 'only this value of the tag NAME; empty: what has none',
    },
    answer: 'UsageList',
    async run({ query }, rooms) {
      const nowMs = rooms.now();
      // Nothing has ended later: a full hour is told by sums, where its part until now would be added up from rows.
      const toMs = momentIn(query, 'to') ?? (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
      const fromMs = momentIn(query, 'from') ?? Math.floor((Math.min(toMs, nowMs) - 7 * DAY_MS) / DAY_MS) * DAY_MS;
      if (fromMs >= toMs) refuse('from', 'before to', query.get('from'));
      const every = wordIn(query, 'every', ['minute', 'hour', 'day']);
      const zone = zoneIn(query);
      const asked = { by: groupingsIn(query), where: whereIn(query), ...(every && { every }) };
      const why = unanswerable(asked);
      if (why !== undefined) invalid(why, 'every');
      const sums = await ledgerOf(rooms).usage({
        fromMs,
        toMs,
        ...asked,
        ...(zone !== 'UTC' && { zone }),
      });
      return { body: { from: time(fromMs), to: time(toMs), data: sums.map(sumView) } };
    },
  },
  {
    method: 'GET',
    path: '/records',
    summary: 'The rows of the ledger, one for each attempt, the newest first',
    query: { ...FROM_TO, ...FILTERS, limit: 'at most this many, 1 to 1000; 100', after: 'the `next` of the page before' },
    answer: 'RecordList',
    async run({ query }, rooms) {
      const limit = wholeIn(query, 'limit', 100, 1000);
      const fromMs = momentIn(query, 'from');
      const toMs = momentIn(query, 'to');
      const wanted = { where: whereIn(query), ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) };
      const { page, next } = await pageOfRecords(ledgerOf(rooms), wanted, limit, query.get('after'));
      return { body: { data: page.map(recordView), hasMore: next !== undefined, ...(next !== undefined && { next }) } };
    },
  },
  {
    method: 'GET',
    path: '/calls/{id}',
    summary: 'All attempts of one call, by the id of `x-headgate-call-id`',
    answer: 'RecordList',
    async run({ id }, rooms) {
      const records = await ledgerOf(rooms).records({ callId: id, limit: 1000 });
      if (records.length === 0) throw new AdminError(404, `there is no call "${id.slice(0, 80)}" in the ledger`);
      return { body: { data: records.toReversed().map(recordView), hasMore: false } };
    },
  },
  {
    method: 'GET',
    path: '/calls/{id}/transcript',
    summary: 'What was asked and answered in a call, where the configuration has that kept',
    answer: 'Transcript',
    async run({ id }, rooms) {
      ledgerOf(rooms);
      const found = await rooms.ask!('transcriptOf', { callId: id });
      if (!found) throw new AdminError(404, `no transcript of a call "${id.slice(0, 80)}" is kept; ledger.transcripts says whose are`);
      const { endedMs, ...said } = found;
      return { body: { ...said, endedAt: time(endedMs) } };
    },
  },
];

function ledgerOf({ ledger }: AdminRooms): Ledger {
  if (!ledger) throw new AdminError(409, 'nothing is kept: the configuration says "ledger: off"');
  return ledger;
}

const whereIn = (query: URLSearchParams): { [G in Grouping]?: string } =>
  Object.fromEntries([...query].filter(([name]) => isGrouping(name)));

const groupingsIn = (query: URLSearchParams): Grouping[] =>
  (query.get('by') ?? '')
    .split(',')
    .filter((word) => word !== '')
    .map((word) => (isGrouping(word) ? word : refuse('by', `a list of ${DIMENSIONS.join(', ')} or tag:NAME`, word)));

const sumView = ({ startMs, cost, ...sums }: UsageSum): JsonObject => ({
  ...(startMs !== undefined && { start: time(startMs) }),
  ...(sums as unknown as JsonObject),
  usd: formatUsd(cost),
});

/** A row as it is shown: times as text, money in exact dollars; `usd` is null where some of it has no price. */
function recordView({ endedAtMs, cost, costFloor, charges, ...record }: UsageRecord): JsonObject {
  return {
    ...(record as unknown as JsonObject),
    ...(charges && { charges: charges.map(chargeView) }),
    endedAt: time(endedAtMs),
    usd: cost === null ? null : formatUsd(cost),
    usdFloor: formatUsd(costFloor),
  };
}

const chargeView = ({ account: { budget, value, startMs, endMs }, amount }: Charge): JsonObject => ({
  budget,
  value,
  from: time(startMs),
  to: time(endMs),
  usd: formatUsd(amount),
});

const time = (ms: number): string => new Date(ms).toISOString();
