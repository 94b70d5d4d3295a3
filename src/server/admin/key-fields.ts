import { refuse } from '../../dialects/take.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import {
  BUDGET_MAX,
  BUDGET_PERIODS,
  KEY_OPERATIONS,
  type KeyBudget,
  type KeyLimits,
  type KeyScopes,
  OVERRIDES,
  sameSum,
} from '../../model/key.ts';
import { MOMENT_WORDS, momentMs } from '../../model/moment.ts';
import { formatUsd, type Money, usd } from '../../model/money.ts';
import type { KeyChange } from '../../store/keys.ts';
import { fields, type Read, text } from './fields.ts';

/** Reads what a body says of a key: only what it names, `null` where it takes something away. Throws `invalid`. */
export function keyFieldsIn(body: JsonObject): KeyChange {
  const { expiresAt, ...rest } = fields(body, '', FIELDS) as KeyChange & { readonly expiresAt?: number | null };
  return { ...rest, ...(expiresAt !== undefined && { expiresAtMs: expiresAt }) };
}

const flag: Read<boolean> = (value, path) => (typeof value === 'boolean' ? value : refuse(path, 'true or false', value));

const count: Read<number> = (value, path) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : refuse(path, 'a whole number from 1', value);

const moment: Read<number> = (value, path) => {
  const ms = typeof value === 'string' ? momentMs(value) : undefined;
  return ms ?? refuse(path, MOMENT_WORDS, value);
};

const dollars: Read<Money> = (value, path) =>
  typeof value === 'string' && /^\$\d{1,12}(\.\d{1,6})?$/.test(value)
    ? usd(value.slice(1))
    : refuse(path, 'dollars with their sign, such as "$50" or "$0.25"', value);

const listOf =
  <T>(read: Read<T>): Read<readonly T[]> =>
  (value, path) =>
    Array.isArray(value) ? value.map((item, index) => read(item, `${path}[${index}]`)) : refuse(path, 'a list', value);

const oneOf =
  <const T extends string>(words: readonly T[]): Read<T> =>
  (value, path) =>
    words.find((word) => word === value) ?? refuse(path, words.map((word) => `"${word}"`).join(' or '), value);

const tags: Read<Readonly<Record<string, string>>> = (value, path) => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) refuse(path, 'an object of texts', value);
  return Object.fromEntries(
    Object.entries(value).map(([name, tag]) => [text(name, `${path} (the name of a tag)`), text(tag, `${path}.${name}`)]),
  );
};

const scopes: Read<KeyScopes> = (value, path) =>
  fields(value, path, {
    models: listOf(text),
    features: listOf(text),
    operations: listOf(oneOf(KEY_OPERATIONS)),
    overrides: listOf(oneOf(OVERRIDES)),
  });

const budget: Read<KeyBudget> = (value, path) => {
  const { limit, period, exceeded } = fields(value, path, {
    limit: dollars,
    period: oneOf(BUDGET_PERIODS),
    exceeded: oneOf(['block', 'alert']),
  });
  if (limit === undefined || limit === null) refuse(`${path}.limit`, 'dollars with their sign, such as "$50"', undefined);
  if (limit > BUDGET_MAX) refuse(`${path}.limit`, 'at most $4000000', `$${formatUsd(limit)}`);
  if (period === undefined || period === null) refuse(`${path}.period`, BUDGET_PERIODS.map((word) => `"${word}"`).join(' or '), undefined);
  return { limit, period, exceeded: exceeded ?? 'block' };
};

const limits: Read<KeyLimits> = (value, path) =>
  fields(value, path, {
    requestsPerMinute: count,
    tokensPerMinute: count,
    callTokensMax: count,
    callCostMax: dollars,
    budgets,
  });

const budgets: Read<readonly KeyBudget[]> = (value, path) => {
  const read = listOf(budget)(value, path);
  const again = read.findIndex((one, index) => read.findIndex((other) => sameSum(one, other)) < index);
  if (again >= 0) refuse(`${path}[${again}]`, 'a budget for another period than those before it', value);
  return read;
};

const FIELDS: Readonly<Record<string, Read<unknown>>> = {
  name: text,
  feature: text,
  user: text,
  tags,
  featureRequired: flag,
  scopes,
  limits,
  expiresAt: moment,
  disabled: flag,
};

/** An id that can stand in a path and in a label. */
export function keyIdIn(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  // Dots alone would be taken for folders of a path.
  if (typeof value !== 'string' || !/^(?!\.+$)[\w.-]{1,64}$/.test(value) || value === 'anonymous')
    refuse('id', 'up to 64 letters, digits, "_", "-" and ".", not dots alone, and not "anonymous"', value);
  return value;
}
