import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Caller } from '../model/caller.ts';
import type { Money } from '../model/money.ts';
import { type Budget, budgetName, sharesOf } from './budget.ts';
import { type Scope, valuesOf } from './spender.ts';

const budget = (scope: Scope, more: Partial<Budget> = {}): Budget => {
  const rule = { scope, period: 'day', timezone: 'UTC', exceeded: 'block', ...more } as const;
  return { name: budgetName(rule), limit: 1n as Money, onUnpriced: 'refuse', ...rule };
};
const caller: Caller = { key: 'ci', feature: 'search', user: 'ann', tags: { team: 'blue' } };
const spender = { caller, requestedModel: 'smart', model: 'gpt-6-sol' };
const told = (budgets: Budget[], who: Partial<typeof spender> = {}) =>
  sharesOf(budgets, { ...spender, ...who }).map((share) => `${share.budget.name}${share.value && ` [${share.value}]`}`);

test('a call counts against every budget whose scope it is in', () => {
  const budgets = [
    budget({}),
    budget({ key: 'ci' }),
    budget({ key: 'other' }),
    budget({ feature: 'search', user: '*' }),
    budget({ model: 'smart' }, { exceeded: 'alert' }),
    budget({ model: 'gpt-6-sol' }),
    budget({ 'tag:team': 'blue' }, { period: 'month', timezone: 'Europe/Berlin' }),
    budget({ 'tag:team': 'red' }),
  ];
  assert.deepEqual(told(budgets), [
    'total per day',
    'key=ci per day',
    'feature=search,user=* per day [user=ann]',
    'model=smart per day, alert only',
    'model=gpt-6-sol per day',
    'tag:team=blue per month in Europe/Berlin',
  ]);
});

test('* is a budget for each value, and one for all who have none', () => {
  const budgets = [budget({ feature: '*' }), budget({ model: '*' }), budget({ 'tag:team': '*' })];
  assert.deepEqual(told(budgets, { caller: { key: 'ci' } }), [
    'feature=* per day [feature=]',
    'model=* per day [model=gpt-6-sol]',
    'tag:team=* per day [tag:team=]',
  ]);
});

test('a budget that names a value takes the place of the one for each, period by period', () => {
  const budgets = [
    budget({ feature: '*' }),
    budget({ feature: 'search' }),
    budget({ feature: '*' }, { period: 'month' }),
    budget({ feature: '*' }, { exceeded: 'alert' }),
    budget({ user: '*' }),
  ];
  assert.deepEqual(told(budgets), [
    'feature=search per day',
    'feature=* per month [feature=search]',
    'feature=* per day, alert only [feature=search]',
    'user=* per day [user=ann]',
  ]);
  assert.equal(told(budgets, { caller: { key: 'ci', feature: 'quiz' } })[0], 'feature=* per day [feature=quiz]');
});

test('names that look like several are still one, and are found again', () => {
  const scope: Scope = { user: '*', feature: '*', 'tag:team': '*' };
  const name = fc.oneof(fc.string(), fc.constantFrom('x,feature=chat', 'chat,tag:team=blue', '%2C', 'a,b%25'));
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(name, name, name, (user, feature, team) => {
      const [share] = sharesOf([budget(scope)], { ...spender, caller: { key: 'ci', user, feature, tags: { team } } });
      const names = JSON.stringify([user, feature, team]);
      assert.equal(seen.get(share!.value) ?? names, names);
      seen.set(share!.value, names);
      assert.deepEqual(valuesOf(scope, share!.value), { user, feature, 'tag:team': team });
    }),
  );
});
