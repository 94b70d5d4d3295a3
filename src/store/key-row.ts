import type { KeyTerms } from '../model/key.ts';
import { digits, limitsFrom, type WrittenLimits } from './caller-text.ts';
import type { Row, Value } from './database.ts';

/** A gateway key as the database keeps it: everything but its secret, which nobody keeps. */
export interface StoredKey extends KeyTerms {
  /** Names it for ever: the ledger's rows bear it. */
  readonly id: string;
  /** For people; need not be unique. */
  readonly name: string;
  /** Lower-case hex digest of its secret. */
  readonly sha256: string;
  /** What may be shown of the secret: `hg_…` and its last four characters. */
  readonly hint: string;
  /** The secret before the last rotation; it opens until then (milliseconds since 1970). */
  readonly previous?: { readonly sha256: string; readonly untilMs: number };
  /** Opens nothing for now. */
  readonly disabled: boolean;
  readonly createdAtMs: number;
  readonly rotatedAtMs?: number;
  /** Since then it opens nothing, for ever. */
  readonly revokedAtMs?: number;
  /** Written a minute late at the most, and up to the minute only. */
  readonly lastUsedAtMs?: number;
}

/** The columns of `gateway_key`. */
export const KEY_COLUMNS = [
  ...['id', 'name', 'sha256', 'hint', 'previous_sha256', 'previous_until_ms', 'terms', 'disabled'],
  ...['created_ms', 'rotated_ms', 'revoked_ms', 'last_used_ms'],
] as const;

/** The values of `KEY_COLUMNS`, in their order. */
export const keyValues = (key: StoredKey): readonly Value[] => [
  key.id,
  key.name,
  key.sha256,
  key.hint,
  key.previous?.sha256 ?? null,
  key.previous?.untilMs ?? null,
  termsText(key),
  key.disabled ? 1 : 0,
  key.createdAtMs,
  key.rotatedAtMs ?? null,
  key.revokedAtMs ?? null,
  key.lastUsedAtMs ?? null,
];

export function keyFrom(row: Row): StoredKey {
  const at = (column: string) => row[column] ?? undefined;
  const previous = at('previous_sha256') as string | undefined;
  const rotated = at('rotated_ms');
  const revoked = at('revoked_ms');
  const lastUsed = at('last_used_ms');
  return {
    id: row['id'] as string,
    name: row['name'] as string,
    sha256: row['sha256'] as string,
    hint: row['hint'] as string,
    ...(previous !== undefined && { previous: { sha256: previous, untilMs: Number(row['previous_until_ms']) } }),
    ...termsFrom(row['terms'] as string),
    disabled: Number(row['disabled']) === 1,
    createdAtMs: Number(row['created_ms']),
    ...(rotated !== undefined && { rotatedAtMs: Number(rotated) }),
    ...(revoked !== undefined && { revokedAtMs: Number(revoked) }),
    ...(lastUsed !== undefined && { lastUsedAtMs: Number(lastUsed) }),
  };
}

/** Terms as JSON; money as its digits, which JSON's numbers could not hold. */
function termsText({ feature, user, tags, featureRequired, scopes, limits, expiresAtMs }: KeyTerms): string {
  const terms: { [T in keyof Required<KeyTerms>]: KeyTerms[T] | undefined } = {
    feature,
    user,
    tags,
    featureRequired,
    scopes,
    limits,
    expiresAtMs,
  };
  return JSON.stringify(terms, digits);
}

function termsFrom(text: string): KeyTerms {
  const { limits, ...terms } = JSON.parse(text) as Omit<KeyTerms, 'limits'> & { readonly limits?: WrittenLimits };
  return { ...terms, ...(limits && { limits: limitsFrom(limits) }) };
}
