import type { JsonObject } from '../../model/json.ts';
import type { GatewayKey, KeyLimits, KeyTerms } from '../../model/key.ts';
import { formatUsd, type Money } from '../../model/money.ts';
import type { StoredKey } from '../../store/key-row.ts';

/** A key of the database as it is shown: no secret, and no digest either, which would be one to somebody. */
export function storedKeyView(key: StoredKey, nowMs: number): JsonObject {
  const { id, name, hint, disabled, createdAtMs, rotatedAtMs, previous, revokedAtMs, lastUsedAtMs } = key;
  return {
    id,
    name,
    hint,
    source: 'database',
    state: revokedAtMs !== undefined ? 'revoked' : disabled ? 'disabled' : stateOf(key, nowMs),
    ...termsView(key),
    createdAt: time(createdAtMs),
    ...(rotatedAtMs !== undefined && { rotatedAt: time(rotatedAtMs) }),
    ...(previous && previous.untilMs > nowMs && { oldSecretUntil: time(previous.untilMs) }),
    ...(revokedAtMs !== undefined && { revokedAt: time(revokedAtMs) }),
    ...(lastUsedAtMs !== undefined && { lastUsedAt: time(lastUsedAtMs) }),
  };
}

/** A key of the configuration as it is shown. */
export const configKeyView = (key: GatewayKey, nowMs: number): JsonObject => ({
  id: key.id,
  name: key.id,
  source: 'config',
  state: stateOf(key, nowMs),
  ...termsView(key),
});

const stateOf = ({ expiresAtMs }: KeyTerms, nowMs: number) => (expiresAtMs !== undefined && expiresAtMs <= nowMs ? 'expired' : 'active');

function termsView({ feature, user, tags, featureRequired, scopes, limits, expiresAtMs }: KeyTerms): JsonObject {
  return {
    ...(feature !== undefined && { feature }),
    ...(user !== undefined && { user }),
    ...(tags && { tags }),
    ...(featureRequired !== undefined && { featureRequired }),
    ...(scopes && { scopes: { ...scopes } }),
    ...(limits && { limits: limitsView(limits) }),
    ...(expiresAtMs !== undefined && { expiresAt: time(expiresAtMs) }),
  };
}

/** Limits in the words they are written in. */
const limitsView = ({ callCostMax, budgets, ...counts }: KeyLimits): JsonObject => ({
  ...counts,
  ...(callCostMax !== undefined && { callCostMax: dollars(callCostMax) }),
  ...(budgets && { budgets: budgets.map((budget) => ({ ...budget, limit: dollars(budget.limit) })) }),
});

const dollars = (money: Money): string => `$${formatUsd(money)}`;
const time = (ms: number): string => new Date(ms).toISOString();
