import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Watcher } from '../watcher.ts';
import { conditions } from './conditions.ts';

/** The ledger's own trouble. `waiting`: how many rows wait to be written; undefined where nothing is kept. */
export function watchLedger(rule: Extract<AlertRule, { rule: 'ledger' }>, waiting: () => number | undefined): Watcher {
  const found = conditions(rule);
  const DROPPED_MS = 3_600_000;
  let droppedAtMs = Number.NEGATIVE_INFINITY;
  const advice = 'See to the disk or the database; calls go on meanwhile, and rows are kept as long as there is room (docs/operating.md)';
  return {
    notice(notice) {
      if (notice.type === 'ledger' && notice.state === 'failing') {
        const words = { severity: 'critical', value: 'failing', threshold: 'every row is written' } as const;
        found.begin({ trouble: 'writing' }, { ...words, summary: notice.message, advice }, notice.atMs);
      }
      if (notice.type === 'ledger' && notice.state === 'recovered') found.end({ trouble: 'writing' }, notice.message, notice.atMs);
      if (notice.type === 'ledgerDropped' || notice.type === 'ledgerDamaged') {
        droppedAtMs = notice.atMs;
        const words = { severity: 'critical', value: `${notice.count} rows`, threshold: 'none' } as const;
        const summary = `${notice.count} rows are not in the ledger: ${notice.message}`;
        found.begin({ trouble: 'lost' }, { ...words, summary, advice }, notice.atMs);
      }
    },
    look(nowMs) {
      if (nowMs - droppedAtMs >= DROPPED_MS) found.end({ trouble: 'lost' }, 'no row was lost for an hour', nowMs);
      const count = waiting() ?? 0;
      if (count > rule.waitingMax) {
        const words = { severity: 'error', value: `${count} rows`, threshold: `${rule.waitingMax} rows` } as const;
        found.begin({ trouble: 'lag' }, { ...words, summary: `${count} rows wait to be written to the ledger`, advice }, nowMs);
      } else if (count <= rule.waitingMax / 2) found.end({ trouble: 'lag' }, 'the ledger has caught up', nowMs);
      return found.take();
    },
    adopt(alert, _, nowMs) {
      found.adopt(alert);
      if (alert.about['trouble'] === 'lost') droppedAtMs = nowMs;
    },
  };
}
