import type { Config } from './config/config.ts';
import type { BudgetStanding } from './limits/standings.ts';
import type { JsonObject } from './model/json.ts';
import { formatUsd } from './model/money.ts';
import type { Health } from './pipeline/health.ts';
import type { OpenAlert } from './store/alerts.ts';

/** Providers with what is known of their models and keys at the moment. */
export function upstreamsOf({ providers }: Config, health: Health): JsonObject[] {
  const upstreams = health.states();
  const keys = health.keys();
  return [...providers.keys()].map((name) => ({
    provider: name,
    models: upstreams.filter(({ provider }) => provider === name).map(({ provider: _, ...upstream }) => upstream),
    keys: keys.filter(({ provider }) => provider === name).map(({ provider: _, ...key }) => key),
  }));
}

/** A budget and one of its periods as admins are shown them. */
export const budgetView = ({ limit, spent, held, startMs, endMs, scope, ...named }: BudgetStanding): JsonObject => ({
  ...named,
  scope: { ...scope } as JsonObject,
  limit: `$${formatUsd(limit)}`,
  spent: `$${formatUsd(spent)}`,
  held: `$${formatUsd(held)}`,
  from: new Date(startMs).toISOString(),
  to: new Date(endMs).toISOString(),
});

/** An open alert, with what was told of it. */
export const alertView = ({ firedMs, toldMs, body, ...named }: OpenAlert): JsonObject => ({
  ...named,
  firedAt: new Date(firedMs).toISOString(),
  toldAt: new Date(toldMs).toISOString(),
  news: JSON.parse(body) as JsonObject,
});
