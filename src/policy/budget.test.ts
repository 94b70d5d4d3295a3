import assert from 'node:assert/strict';
import test from 'node:test';
import type { Caller } from '../model/caller.ts';
import type { Money } from '../model/money.ts';
import { type Budget, type BudgetScope, budgetName, sharesOf } from './budget.ts';

const budget = (scope: BudgetScope, more: Partial<Budget> = {}): Budget => {
  const rule = { scope, period: 'day', timezone: 'UTC', mode: 'hard', ...more } as const;
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
    budget({ model: 'smart' }, { mode: 'soft' }),
    budget({ model: 'gpt-6-sol' }),
    budget({ 'tag:team': 'blue' }, { period: 'month', timezone: 'Europe/Berlin' }),
    budget({ 'tag:team': 'red' }),
  ];
  assert.deepEqual(told(budgets), [
    'total per day, hard',
    'key=ci per day, hard',
    'feature=search,user=* per day, hard [user=ann]',
    'model=smart per day, soft',
    'model=gpt-6-sol per day, hard',
    'tag:team=blue per month in Europe/Berlin, hard',
  ]);
});

test('* is a budget for each value, and one for all who have none', () => {
  const budgets = [budget({ feature: '*' }), budget({ model: '*' }), budget({ 'tag:team': '*' })];
  assert.deepEqual(told(budgets, { caller: { key: 'ci' } }), [
    'feature=* per day, hard [feature=]',
    'model=* per day, hard [model=gpt-6-sol]',
    'tag:team=* per day, hard [tag:team=]',
  ]);
});

test('a budget that names a value takes the place of the one for each, period by period', () => {
  const budgets = [
    budget({ feature: '*' }),
    budget({ feature: 'search' }),
    budget({ feature: '*' }, { period: 'month' }),
    budget({ feature: '*' }, { mode: 'soft' }),
    budget({ user: '*' }),
  ];
  assert.deepEqual(told(budgets), [
    'feature=search per day, hard',
    'feature=* per month, hard [feature=search]',
    'feature=* per day, soft [feature=search]',
    'user=* per day, hard [user=ann]',
  ]);
  assert.equal(told(budgets, { caller: { key: 'ci', feature: 'quiz' } })[0], 'feature=* per day, hard [feature=quiz]');
});
