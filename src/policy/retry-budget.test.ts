import assert from 'node:assert/strict';
import test from 'node:test';
import { deposited, fullBudget, mayRetry, type RetryBudget, retryCosts, withdrawn } from './retry-budget.ts';

test('in a total outage a hundred retries are had, and no more', () => {
  let budget: RetryBudget = fullBudget;
  let retries = 0;
  while (mayRetry(budget, false)) {
    budget = withdrawn(budget, retryCosts(false));
    retries += 1;
  }
  assert.deepEqual([retries, mayRetry(budget, true)], [100, false]);
});

test('a retry that helps gives back what it took, an ordinary success one token; it never overflows', () => {
  const spent = withdrawn(withdrawn(fullBudget, retryCosts(true)), retryCosts(false));
  assert.deepEqual([spent, deposited(spent, 5), deposited(spent, 0), deposited(fullBudget, 10)], [485, 490, 486, 500]);
});
