import { type Board, bars, lines, number } from './panel.ts';

export const budgets: Board = {
  uid: 'headgate-budgets',
  title: 'Headgate / Budgets',
  description: 'How far budgets are spent in their current period. Those of users are in the ledger.',
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          'Budgets used up',
          'short',
          'count(headgate_budget_spent_usd >= headgate_budget_limit_usd) or vector(0)',
          'Hard ones refuse calls until their period ends.',
        ),
        number(
          'Above 80 %',
          'short',
          'count(headgate_budget_spent_usd >= 0.8 * headgate_budget_limit_usd) or vector(0)',
          'Used-up ones included.',
        ),
        number('Spent today', 'currencyUSD', 'sum(increase(headgate_cost_usd_total[1d]))', 'The last 24 hours, with a budget or without.'),
        number(
          'Calls refused',
          'short',
          'sum(increase(headgate_refused_requests_total{kind="overBudget"}[$__range]))',
          'For want of budget, in the time shown.',
        ),
      ],
    },
    {
      title: 'Each',
      panels: [
        bars(
          'Used',
          'percentunit',
          { expr: 'topk(30, headgate_budget_spent_usd / headgate_budget_limit_usd)', legend: '{{scope}}' },
          'Share of the limit.',
        ),
        bars(
          'Left',
          'currencyUSD',
          { expr: 'bottomk(30, headgate_budget_limit_usd - headgate_budget_spent_usd)', legend: '{{scope}}' },
          'What may still be spent in the period.',
        ),
        lines('Spent', 'currencyUSD', [{ expr: 'headgate_budget_spent_usd', legend: '{{scope}}' }], 'Falls to 0 when a period begins.'),
        lines('Limit', 'currencyUSD', [{ expr: 'headgate_budget_limit_usd', legend: '{{scope}}' }], 'Changes when somebody changes it.'),
      ],
    },
  ],
};
