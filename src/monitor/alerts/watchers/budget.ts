import type { Money } from '../../../model/money.ts';
import type { Alert } from '../../../policy/alerts/alert.ts';
import { type BudgetAlert, type BudgetLevel, exceededAtMs, judgeBudget, UNTOLD } from '../../../policy/alerts/budget.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Change, Watcher } from '../watcher.ts';
import { clockText, dollarText } from '../words.ts';

/** How a budget stands, one for each value where it is kept by value. */
export interface BudgetStanding {
  readonly budget: string;
  /** Such as `user=ann`; empty where it is not kept by value. */
  readonly value: string;
  readonly spent: Money;
  readonly limit: Money;
  readonly startMs: number;
  readonly endMs: number;
}

/** Looks up how budgets stand; those of periods that are over may be left out. */
export type Standings = () => Promise<readonly BudgetStanding[]>;

interface Known {
  readonly standing: BudgetStanding;
  readonly told: BudgetAlert;
  /** Of an alert that is taken over: the threshold it told of, which shows whether the limit is still the same. */
  readonly threshold?: string;
}

/** How often standings are looked up, in milliseconds, while something is spent; and while nothing is. */
const BUSY_MS = 500;
const IDLE_MS = 60_000;
/** So often after the last call: what it spent reaches the database a little later. */
const LOOKS = 10;

/** Watches how far budgets are used. */
export function watchBudgets(rule: Extract<AlertRule, { rule: 'budget' }>, standings: Standings): Watcher {
  const known = new Map<string, Known>();
  let changes: Change[] = [];
  let looksLeft = LOOKS;
  let looking = false;
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  function alertOf({ budget, value, spent, limit, startMs, endMs }: BudgetStanding, level: BudgetLevel, nowMs: number): Alert {
    const name = `${budget.startsWith('budget') ? budget : `budget ${budget}`}${value && ` (${value})`}`;
    const percent = limit > 0n ? `${Number((spent * 1000n) / limit) / 10} %` : 'all';
    const passedMs = spent > limit ? undefined : exceededAtMs({ spent, limit, startMs, endMs }, nowMs);
    const forecast = passedMs === undefined ? '' : `; at this rate it is exceeded by ${clockText(passedMs, rule.timezone)}`;
    const exceeded = level > rule.percents.length;
    return {
      rule: 'budget',
      name: rule.name,
      severity: exceeded ? 'critical' : level === rule.percents.length ? 'error' : 'warning',
      about: { budget, ...(value && { value }) },
      period: periodOf(startMs),
      summary: `${name}: ${dollarText(spent)} of ${dollarText(limit)} ${exceeded ? 'spent, which is more than it allows' : 'spent'}${forecast}`,
      value: `${dollarText(spent)} (${percent})`,
      threshold: thresholdText(limit, level),
      contributors: [],
      advice: 'Raise the limit if the spend is right (it is read again when the file changes), else find who spends: headgate usage',
    };
  }

  const thresholdText = (limit: Money, level: BudgetLevel): string =>
    level > rule.percents.length ? dollarText(limit) : `${rule.percents[level - 1] ?? rule.percents[0]} % of ${dollarText(limit)}`;

  const periodClosed = (standing: BudgetStanding): Change => ({
    do: 'resolve',
    closes: true,
    reason: 'period_closed',
    atMs: standing.endMs,
    alert: alertOf(standing, 1, standing.endMs),
  });

  function limitBeforeOf({ standing, told, threshold }: Known, limit: Money): Money {
    if (threshold === undefined) return standing.limit;
    return threshold === thresholdText(limit, told.level) ? limit : (0n as Money);
  }

  function judge(standing: BudgetStanding, nowMs: number): void {
    const id = idOf(standing);
    const before = known.get(id);
    const rolled = before !== undefined && before.standing.startMs !== standing.startMs;
    if (rolled && before.told.open) changes.push(periodClosed(before.standing));
    const limitBefore = before ? limitBeforeOf(before, standing.limit) : standing.limit;
    const toldBefore = rolled || !before ? UNTOLD : before.told;
    const { level, open } = judgeBudget(rule.percents, toldBefore, { ...standing, limitBefore });
    known.set(id, { standing, told: { level, open } });
    if (level > toldBefore.level) changes.push({ do: 'fire', level, atMs: nowMs, alert: alertOf(standing, level, nowMs) });
    // Also when nothing is open: that less of the budget is used is not forgotten with this process.
    else if (level < toldBefore.level)
      changes.push({ do: 'resolve', closes: false, reason: 'limit_raised', level, atMs: nowMs, alert: alertOf(standing, 1, nowMs) });
  }

  function lookUp(nowMs: number): void {
    if (looking || nowMs - lookedAtMs < (looksLeft > 0 ? BUSY_MS : IDLE_MS)) return;
    looking = true;
    lookedAtMs = nowMs;
    looksLeft = Math.max(0, looksLeft - 1);
    standings().then(
      (found) => {
        looking = false;
        for (const standing of found) if (standing.startMs <= nowMs && nowMs < standing.endMs) judge(standing, nowMs);
      },
      () => {
        looking = false;
        looksLeft = LOOKS;
      },
    );
  }

  return {
    hear() {
      looksLeft = LOOKS;
    },
    look(nowMs) {
      lookUp(nowMs);
      for (const [id, { standing, told }] of known) {
        if (nowMs < standing.endMs) continue;
        known.delete(id);
        if (told.open) changes.push(periodClosed(standing));
      }
      const found = changes;
      changes = [];
      return found;
    },
    adopt({ about, period, threshold }, level, nowMs) {
      const { budget = '', value = '' } = about;
      const startMs = Date.parse(period);
      // Until it is looked up, no more is known of it than was told; if it is not there any more, it ends with a day.
      const standing = { budget, value, spent: 0n as Money, limit: 0n as Money, startMs, endMs: nowMs + 86_400_000 };
      known.set(idOf(standing), { standing, told: { level, open: true }, threshold });
    },
  };
}

const idOf = ({ budget, value }: BudgetStanding): string => `${budget}\n${value}`;
const periodOf = (startMs: number): string => new Date(startMs).toISOString();
