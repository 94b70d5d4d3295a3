import type { Caller } from '../model/caller.ts';

/**
 * Which calls a rule is for: what their `key`, `feature`, `user`, `model` and tags (`tag:NAME`) must be, all of it. `*`
 * stands for every value, each by itself. Empty: all calls together.
 */
export type Scope = Readonly<Record<string, string>>;

/** Whose attempt it is, and under which names its model goes: the one asked for, and the target's own. */
export interface Spender {
  readonly caller: Caller;
  readonly requestedModel: string;
  readonly model: string;
}

/**
 * The rules an attempt falls under, each with the values that stand for its `*`, as `user=ann`. Of rules that are
 * `alike`, one that names a value takes the place of one that says `*`.
 */
export function matching<R extends { readonly scope: Scope }>(
  rules: readonly R[],
  spender: Spender,
  alike: (one: R, other: R) => boolean,
): { readonly rule: R; readonly value: string }[] {
  const found = rules.flatMap((rule) => {
    const value = valueIn(rule.scope, spender);
    return value === undefined ? [] : [{ rule, value }];
  });
  return found.filter(({ rule }) => found.every((other) => !(alike(other.rule, rule) && isNarrower(other.rule.scope, rule.scope))));
}

/** The values that stand for the scope's `*`, in its order; undefined: the attempt is not in it. */
function valueIn(scope: Scope, spender: Spender): string | undefined {
  let value = '';
  for (const field in scope) {
    const wanted = scope[field]!;
    const names = namesOf(field, spender);
    if (wanted === '*') value += `${value && ','}${field}=${kept(names.at(-1)!)}`;
    else if (!names.includes(wanted)) return undefined;
  }
  return value;
}

/** The scope with a value's own names for each `*`: they stand in the same order. */
export function valuesOf(scope: Scope, value: string): Scope {
  const values = { ...scope };
  let rest = value;
  const starred = Object.keys(scope).filter((field) => scope[field] === '*');
  for (const [index, field] of starred.entries()) {
    const next = starred[index + 1];
    const end = next === undefined ? rest.length : rest.indexOf(`,${next}=`);
    values[field] = rest
      .slice(field.length + 1, end)
      .replaceAll('%2C', ',')
      .replaceAll('%25', '%');
    rest = rest.slice(end + 1);
  }
  return values;
}

/** A name without a comma: else one a caller chose could pass for two, and be counted on another's account. */
const kept = (name: string): string => (/[%,]/.test(name) ? name.replaceAll('%', '%25').replaceAll(',', '%2C') : name);

/** What a call is called in that field; one without a feature, user or tag has the empty name. */
function namesOf(field: string, { caller, requestedModel, model }: Spender): readonly string[] {
  switch (field) {
    case 'key':
      return [caller.key];
    case 'feature':
      return [caller.feature ?? ''];
    case 'user':
      return [caller.user ?? ''];
    case 'model':
      return [requestedModel, model];
    default:
      return [caller.tags?.[field.slice('tag:'.length)] ?? ''];
  }
}

/** Whether it speaks of the same fields and names a value where the other says `*`. */
function isNarrower(one: Scope, other: Scope): boolean {
  const fields = Object.keys(one);
  return (
    fields.length === Object.keys(other).length &&
    fields.every((field) => other[field] === one[field] || other[field] === '*') &&
    fields.some((field) => other[field] !== one[field])
  );
}
