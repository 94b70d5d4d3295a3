import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { UsageRecord } from '../accounting/record.ts';
import type { Config } from '../config/config.ts';
import { formatUsd } from '../model/money.ts';
import type { Notice } from '../model/notice.ts';

/** What people running the gateway should know, one JSON object a line on standard error. No prompts and no keys go there. */
export const createLog = ({ log: { level } }: Config): Logger =>
  pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, destination({ fd: 2, sync: false }));

/** A line for every call that failed, and at `debug` for every other; no words of anybody's. */
export function logCall(log: Logger, records: readonly UsageRecord[]): void {
  const last = records.at(-1)!;
  const failed = last.outcome !== 'ok' && last.outcome !== 'cancelled';
  if (!failed && !log.isLevelEnabled('debug')) return;
  const { callId, key, feature, provider, model, outcome, durationMs, costFloor, losses } = last;
  const line = {
    callId,
    key,
    feature,
    provider,
    model,
    outcome,
    attempts: records.length,
    durationMs: Math.round(durationMs),
    usd: formatUsd(costFloor),
    losses,
  };
  if (failed) log.warn(line, 'call failed');
  else log.debug(line, 'call');
}

/** A line for every change of the gateway's own state: what got worse is a warning, what got better is for information. */
export function logNotice(log: Logger, { atMs: _, ...notice }: Notice): void {
  const better = NEWS.has(notice.type) || ('state' in notice && BETTER.has(notice.state));
  log[better ? 'info' : 'warn'](notice, notice.type);
}

/** What has no state and is nobody's trouble. */
const NEWS: ReadonlySet<Notice['type']> = new Set(['keyRestored', 'keyRemoved', 'adminChange']);
const BETTER = new Set(['closed', 'halfOpen', 'normal', 'off', 'available', 'recovered', 'resolved']);
