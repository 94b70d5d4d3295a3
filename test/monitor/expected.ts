import type { Answer } from '../support/prometheus.ts';
import { TOLD } from './told.ts';
import { CALLS, UNROUTABLE } from './workload.ts';

/*
 * What every panel must show of the workload, worked out from what was asked and the prices in dollars per
 * million tokens. Everything happened within the minute that rates look at and the ten that sums do.
 */

/** The feature picked on the feature board. */
export const FEATURE = 'chat';

const { search, chat, moved, wrong, failed, unpriced } = CALLS;

const ok = search.count + chat.count + moved.count + unpriced.count;
const calls = ok + wrong.count + failed.count;

const usd = {
  search: (search.count * (1000 * 1 + 3000 * 0.1 + 500 * 4)) / 1e6,
  chat: (chat.count * (2000 * 3 + 5000 * 0.3 + 1000 * 3.75 + 1000 * 15)) / 1e6,
  moved: (moved.count * (100 * 1 + 10 * 4)) / 1e6,
};
const usdOf = { search: usd.search, chat: usd.chat + usd.moved };
const spend = usdOf.search + usdOf.chat;

const fresh = { search: 40 * 1000, chat: 10 * 2000 + 5 * 100, none: 3 * 100 };
const read = { search: 40 * 3000, chat: 10 * 5000 };
const written = 10 * 1000;
const output = { search: 40 * 500, chat: 10 * 1000 + 5 * 10, none: 3 * 50 };
const sum = (parts: Record<string, number>) => Object.values(parts).reduce((all, part) => all + part, 0);
const inputAll = sum(fresh) + sum(read) + written;
const inputChat = fresh.chat + read.chat + written;

const perSecond = (count: number) => count / 60;
const perHour = (dollars: number) => dollars * 60;

/** Within a bucket a quantile is where its rank falls, in a straight line between the bounds. */
const within = (low: number, high: number, rank: number, below: number, inBucket: number) =>
  low + ((high - low) * (rank - below)) / inBucket;

// By duration: 3 calls at once; 43 in 0.4 s, between 0.32 and 0.64; 5 in two times 0.4 s, to 1.28; 10 in 2 s, to 2.56.
const atOnce = wrong.count + failed.count;
const short = search.count + unpriced.count;

const by = (label: string, values: Record<string, number>): Answer =>
  Object.fromEntries(Object.entries(values).map(([value, number]) => [`${label}=${value}`, number]));

const nothingOf = { 'sim-down': 0, 'sim-free': 0, 'sim-gone': 0 };
const kinds = (of: { fresh: number; read: number; written: number; output?: number }) =>
  by('kind', {
    fresh: perSecond(of.fresh),
    cache_read: perSecond(of.read),
    cache_write: perSecond(of.written),
    ...(of.output !== undefined && { output: perSecond(of.output) }),
  });

/** By dashboard and panel: the answer to each of its queries; a number is an answer without labels. */
export const EXPECTED: Readonly<Record<string, Readonly<Record<string, readonly (number | Answer)[]>>>> = {
  'headgate-overview': {
    Spend: [spend],
    Calls: [calls],
    Answered: [ok / (calls - wrong.count)],
    'Unpriced calls': [unpriced.count],
    'Spend per hour, by provider': [by('provider', { local: perHour(usd.search + usd.moved), cloud: perHour(usd.chat), broke: 0 })],
    'Spend by feature': [by('feature', { ...usdOf, __none__: 0 })],
    'Spend by model': [by('model', { 'sim-small': usd.search + usd.moved, 'sim-large': usd.chat, ...nothingOf })],
    'Spend by tier': [by('tier', { standard: spend })],
    'Calls per second, by outcome': [
      by('outcome', {
        ok: perSecond(ok),
        caller_error: perSecond(wrong.count),
        upstream_error: perSecond(failed.count),
        refused: 0,
        cancelled: 0,
      }),
    ],
    'Tokens per second, by kind': [kinds({ fresh: sum(fresh), read: sum(read), written, output: sum(output) })],
    Duration: [within(0.32, 0.64, 0.5 * calls, atOnce, short), within(1.28, 2.56, 0.95 * calls, atOnce + short + moved.count, chat.count)],
    'Time to first token': [within(0.32, 0.64, 0.5 * ok, 0, short), within(1.28, 2.56, 0.95 * ok, short + moved.count, chat.count)],
  },
  'headgate-feature': {
    Spend: [usdOf.chat],
    Calls: [chat.count + moved.count],
    'Cost of a call': [usdOf.chat / (chat.count + moved.count)],
    'Share of all spend': [usdOf.chat / spend],
    Answered: [1],
    'Read from cache': [read.chat / inputChat],
    'Tokens of a call': [(inputChat + output.chat) / (chat.count + moved.count)],
    Reasoning: [(10 * 300) / output.chat],
    'Spend per hour, by model': [by('model', { 'sim-large': perHour(usd.chat), 'sim-small': perHour(usd.moved), ...nothingOf })],
    'Calls per second, by outcome': [
      by('outcome', { ok: perSecond(chat.count + moved.count), caller_error: 0, upstream_error: 0, refused: 0, cancelled: 0 }),
    ],
    'Tokens per second, by kind': [kinds({ fresh: fresh.chat, read: read.chat, written, output: output.chat })],
    'Calls by model': [by('model', { 'sim-large': chat.count, 'sim-small': moved.count, ...nothingOf })],
  },
  'headgate-reliability': {
    'Failed at a provider': [failed.count / calls],
    'Saved by another try': [moved.count],
    'Attempts for a call': [(calls + moved.count) / calls],
    Refused: [UNROUTABLE],
    'Failed attempts per second, by kind': [
      {
        'kind=invalid,provider=local': perSecond(wrong.count),
        'kind=missing,provider=cloud': perSecond(moved.count),
        'kind=denied,provider=broke': perSecond(failed.count),
      },
    ],
    'Attempts by reason': [by('reason', { first: calls, fallback: moved.count, retry: 0, hedge: 0, starved: 0 })],
    Breaker: [by('upstream', { 'cloud/sim-large': 2, 'local/sim-small': 0, 'broke/sim-down': 1 })],
    'Retry budget left': [by('upstream', TOLD.retryTokens)],
    'Keys not used': [by('provider', TOLD.parkedKeys)],
    'Turning calls away': [by('upstream', { [TOLD.shedding]: 1 }), by('model', { [TOLD.panic]: 1 })],
    'Refused, by why': [by('kind', { unroutable: UNROUTABLE })],
    'Slowest twentieth, by model': [
      by('model', {
        'sim-small': within(0.64, 1.28, 0.95 * (search.count + moved.count + wrong.count), wrong.count + search.count, moved.count),
        'sim-large': within(1.28, 2.56, 0.95 * chat.count, 0, chat.count),
        'sim-free': within(0.32, 0.64, 0.95 * unpriced.count, 0, unpriced.count),
        'sim-down': within(0, 0.01, 0.95 * failed.count, 0, failed.count),
        'sim-gone': Number.NaN,
      }),
    ],
    // In its own world a gateway takes no time: all calls are in the first bucket.
    'Own time of a call': [within(0, 0.0001, 0.99 * calls, 0, calls)],
    'Event loop lag': [TOLD.lagSeconds],
    'Calls under way': [TOLD.inFlight],
    Memory: [TOLD.residentBytes],
    'Waiting for the ledger': [TOLD.journalLag],
    Lost: [by('sink', { ...TOLD.exportDropped, alerts: 0, ledger: TOLD.ledgerDropped })],
    Alerts: [{ 'rule=budget,state=firing': 1 }],
    'Booked as __other__': [0],
  },
  'headgate-caching': {
    'Read from cache': [sum(read) / inputAll],
    'Reads for a write': [sum(read) / written],
    'Tokens read': [sum(read)],
    'Tokens written': [written],
    'Input tokens per second, by kind': [kinds({ fresh: sum(fresh), read: sum(read), written })],
    'Read from cache, by model': [
      by('model', {
        'sim-small': read.search / (fresh.search + 5 * 100 + read.search),
        'sim-large': read.chat / (10 * 2000 + read.chat + written),
        'sim-free': 0,
      }),
    ],
    'Read from cache, by feature': [
      by('feature', { search: read.search / (fresh.search + read.search), chat: read.chat / inputChat, __none__: 0 }),
    ],
    'Fresh input tokens, by feature': [by('feature', { search: fresh.search, chat: fresh.chat, __none__: fresh.none })],
  },
  'headgate-budgets': {
    'Budgets used up': [1],
    'Above 80 %': [2],
    'Spent today': [spend],
    'Calls refused': [0],
    Used: [by('scope', { 'feature:chat': 9 / 10, 'feature:search': 5 / 5, total: 14 / 100 })],
    Left: [by('scope', { 'feature:chat': 10 - 9, 'feature:search': 0, total: 100 - 14 })],
    Spent: [by('scope', { 'feature:chat': 9, 'feature:search': 5, total: 14 })],
    Limit: [by('scope', { 'feature:chat': 10, 'feature:search': 5, total: 100 })],
  },
};
