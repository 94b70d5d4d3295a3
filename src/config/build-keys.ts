import { createHash } from 'node:crypto';
import { BUDGET_MAX, type GatewayKey, type KeyBudget, type KeyLimits, sameSum } from '../model/key.ts';
import type { Complain } from './build-provider.ts';
import type { AdminConfig } from './config.ts';
import type { Path } from './interpolate.ts';
import { present } from './present.ts';
import { pathText } from './problems.ts';
import type { Written } from './schema.ts';

type WrittenKey = NonNullable<NonNullable<Written['server']>['keys']>[number];

/** The gateway keys of a configuration; of each only the digest is kept. */
export function buildKeys(written: readonly WrittenKey[], complain: Complain): GatewayKey[] {
  const twice = written.findIndex(({ id }, index) => written.findIndex((other) => other.id === id) < index);
  if (twice >= 0) complain(['server', 'keys', twice, 'id'], `server.keys[${twice}].id "${written[twice]!.id}" is taken by an earlier key`);
  const keys = written.map((key, index) => buildKey(key, ['server', 'keys', index], complain));
  const shared = keys.findIndex(({ sha256 }, index) => keys.findIndex((other) => other.sha256 === sha256) < index);
  if (shared >= 0) {
    const first = keys.find(({ sha256 }) => sha256 === keys[shared]!.sha256)!;
    complain(['server', 'keys', shared], `server.keys[${shared}] is the same secret as the key "${first.id}": give each its own`);
  }
  return keys;
}

function buildKey({ key, sha256, expiresAt, scopes, limits, ...rest }: WrittenKey, path: Path, complain: Complain): GatewayKey {
  if ((key === undefined) === (sha256 === undefined)) complain(path, `${pathText(path)} needs one of key and sha256`);
  return {
    ...present(rest),
    sha256: sha256?.toLowerCase() ?? digestOf(key ?? ''),
    ...(expiresAt !== undefined && { expiresAtMs: expiresAt }),
    ...(scopes && { scopes: present(scopes) }),
    ...(limits && { limits: buildLimits(limits, [...path, 'limits'], complain) }),
  };
}

function buildLimits({ budgets: written, ...limits }: NonNullable<WrittenKey['limits']>, path: Path, complain: Complain): KeyLimits {
  const budgets = written?.map(({ limit, period, exceeded }): KeyBudget => ({ limit, period, exceeded: exceeded ?? 'block' }));
  for (const [index, budget] of (budgets ?? []).entries()) {
    const at: Path = [...path, 'budgets', index];
    const first = budgets!.findIndex((other) => sameSum(other, budget));
    if (first < index) complain(at, `${pathText(at)} is for the same period as the one at ${first}: keep one`);
    if (budget.limit > BUDGET_MAX) complain([...at, 'limit'], `${pathText(at)}.limit must be at most $4000000`);
  }
  return { ...present(limits), ...(budgets && { budgets }) };
}

/** What opens the admin API; undefined when nothing does. */
export function buildAdmin(written: Written['admin'], complain: Complain): AdminConfig | undefined {
  if (!written) return undefined;
  const { token, tokens = [] } = written;
  if ((token === undefined) === (tokens.length === 0)) complain(['admin'], 'admin needs one of token and tokens');
  return { tokens: [...(token === undefined ? [] : [token]), ...tokens].map(digestOf) };
}

const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
