import type { UsageRecord } from '../../src/accounting/record.ts';
import type { Money } from '../../src/model/money.ts';
import type { Happening } from '../../src/model/notice.ts';
import type { Letter, PostAnswer } from '../../src/model/post.ts';
import { type Alerts, type AlertsOptions, createAlerts } from '../../src/monitor/alerts/alerts.ts';
import type { AlertNews } from '../../src/policy/alerts/alert.ts';
import { DEFAULT_DAILY_SPEND } from '../../src/policy/alerts/daily-spend.ts';
import type { AlertRule } from '../../src/policy/alerts/rules.ts';
import { type SimulatedWorld, simulatedWorld } from '../../src/world/simulated.ts';

/** News as a webhook gets it. */
export type Posted = Omit<AlertNews, 'atMs' | 'startedAtMs'> & { readonly id: string; readonly at: string; readonly startedAt: string };

/** Alerts at work in a world of their own, telling one webhook called `ops`. */
export interface Bench {
  readonly world: SimulatedWorld;
  readonly alerts: Alerts;
  /** What arrived, in order. */
  readonly posted: Posted[];
  readonly logged: AlertNews[];
  /** Lets time pass in steps, and everything that waits for the database happen between them. */
  pass(ms: number, stepMs?: number): Promise<void>;
  tell(happening: Happening): void;
}

export interface BenchOptions extends Partial<AlertsOptions> {
  readonly rules: readonly AlertRule[];
  /** What the webhook answers; throws for nothing. */
  readonly answer?: (letter: Letter) => Partial<PostAnswer> & { readonly status: number };
  readonly startMs?: number;
}

export function bench({ rules, answer = () => ({ status: 200 }), startMs, ...more }: BenchOptions): Bench {
  const world = (more.world as SimulatedWorld | undefined) ?? simulatedWorld({ startMs: startMs ?? Date.UTC(2026, 10, 26, 9) });
  const posted: Posted[] = [];
  const logged: AlertNews[] = [];
  const alerts = createAlerts({
    world,
    books: {},
    keys: () => new Map([['openai', ['k1', 'k2']]]),
    budgets: async () => [],
    pricesCheckedOn: () => '2026-11-23',
    waiting: () => 0,
    config: { rules, recipients: OPS, deadAfterMs: 86_400_000 },
    post: async (letter) => {
      const given = answer(letter);
      if (given.status < 300) posted.push(JSON.parse(String(letter.body)) as Posted);
      return { headers: {}, body: '', ...given };
    },
    onNews: (news) => logged.push(news),
    onDead: () => {},
    ...more,
  });
  return {
    world,
    alerts,
    posted,
    logged,
    async pass(ms, stepMs = 250) {
      await settled();
      for (let left = ms; left > 0; left -= stepMs) {
        world.advance(Math.min(left, stepMs));
        await settled();
      }
    },
    tell: (happening) => alerts.notice({ atMs: world.now(), ...happening }),
  };
}

const OPS = new Map([['ops', { kind: 'webhook', url: 'http://ops.test/', headers: {} } as const]]);

/** Promises kept by nothing but each other have all been heard. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export const dailySpend = (more: Partial<Extract<AlertRule, { rule: 'daily_spend' }>> = {}): AlertRule => ({
  rule: 'daily_spend',
  name: 'daily_spend by feature',
  notify: ['ops'],
  by: 'feature',
  timezone: 'UTC',
  settings: DEFAULT_DAILY_SPEND,
  ...more,
});

/** A row of the ledger with what alerts look at. */
export const usageRecord = (more: Partial<UsageRecord> & { readonly usd?: number } = {}): UsageRecord => {
  const { usd = 0, ...rest } = more;
  const cost = (BigInt(Math.round(usd * 1e6)) * 1_000_000n) as Money;
  return {
    callId: 'call-1',
    attempt: 1,
    last: true,
    reason: 'first',
    endedAtMs: 0,
    durationMs: 1,
    key: 'anonymous',
    feature: 'chat',
    provider: 'openai',
    requestedModel: 'gpt',
    model: 'gpt',
    dialectIn: 'openai-chat',
    dialectOut: 'openai-chat',
    channel: 'sync',
    outcome: 'ok',
    tokens: {},
    measured: 'reported',
    status: 'exact',
    cost,
    costFloor: cost,
    priceVersion: 'test',
    losses: 0,
    ...rest,
  };
};
