import type { Alert } from '../../../policy/alerts/alert.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Change } from '../watcher.ts';

type Words = Pick<Alert, 'severity' | 'summary' | 'value' | 'threshold' | 'advice'>;

/** Opens and ends alerts of one rule as conditions begin and stop to hold, each known by what it is about. */
export function conditions(rule: Pick<AlertRule, 'rule' | 'name'>) {
  const open = new Map<string, Alert>();
  const changes: Change[] = [];
  const idOf = (about: Alert['about']) => JSON.stringify(about);
  return {
    open,
    begin(about: Alert['about'], words: Words, atMs: number): void {
      if (open.has(idOf(about))) return;
      const alert: Alert = { rule: rule.rule, name: rule.name, about, period: '', contributors: [], ...words };
      open.set(idOf(about), alert);
      changes.push({ do: 'fire', level: 1, atMs, alert });
    },
    end(about: Alert['about'], summary: string, atMs: number): void {
      const alert = open.get(idOf(about));
      if (!alert) return;
      open.delete(idOf(about));
      changes.push({ do: 'resolve', closes: false, reason: 'recovered', atMs, alert: { ...alert, summary } });
    },
    take: (): readonly Change[] => changes.splice(0),
    adopt: (alert: Alert): void => void open.set(idOf(alert.about), alert),
  };
}
