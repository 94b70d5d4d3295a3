import { type Board, bars, lines, number, quantile } from './panel.ts';

export const overview: Board = {
  uid: 'headgate-overview',
  title: 'Headgate / Overview',
  description: 'What is called, what it costs, and whether it works.',
  rows: [
    {
      title: 'In the time shown',
      panels: [
        number(
          'Spend',
          'currencyUSD',
          'sum(increase(headgate_cost_usd_total[$__range]))',
          'All attempts, failed ones too. Exact but for calls without a price.',
        ),
        number('Calls', 'short', 'sum(increase(headgate_requests_total[$__range]))', 'Calls that are over, whatever became of them.'),
        number(
          'Answered',
          'percentunit',
          'sum(increase(headgate_requests_total{outcome="ok"}[$__range])) / sum(increase(headgate_requests_total{outcome!~"caller_error|cancelled"}[$__range]))',
          'Of the calls that could have been answered, how many were.',
        ),
        number(
          'Unpriced calls',
          'short',
          'sum(increase(headgate_unpriced_calls_total[$__range]))',
          'They cost more than Spend says: give their models a price.',
        ),
      ],
    },
    {
      title: 'Money',
      panels: [
        lines(
          'Spend per hour, by provider',
          'currencyUSD',
          [{ expr: 'sum by (provider) (rate(headgate_cost_usd_total[$__rate_interval])) * 3600', legend: '{{provider}}' }],
          'At the pace of the moment.',
        ),
        bars(
          'Spend by feature',
          'currencyUSD',
          { expr: 'topk(15, sum by (feature) (increase(headgate_cost_usd_total[$__range])))', legend: '{{feature}}' },
          '__none__: no feature was given. __other__: more features than are told apart.',
        ),
        bars(
          'Spend by model',
          'currencyUSD',
          { expr: 'topk(15, sum by (model) (increase(headgate_cost_usd_total[$__range])))', legend: '{{model}}' },
          'By the model that served, not the one that was asked for.',
        ),
        bars(
          'Spend by tier',
          'currencyUSD',
          { expr: 'sum by (tier) (increase(headgate_cost_usd_total[$__range]))', legend: '{{tier}}' },
          'What was served: a priority call that got the plain tier is paid as plain.',
        ),
      ],
    },
    {
      title: 'Traffic',
      panels: [
        lines(
          'Calls per second, by outcome',
          'reqps',
          [{ expr: 'sum by (outcome) (rate(headgate_requests_total[$__rate_interval]))', legend: '{{outcome}}' }],
          'upstream_error: see the reliability board. caller_error: the requests themselves were wrong.',
        ),
        lines(
          'Tokens per second, by kind',
          'short',
          [{ expr: 'sum by (kind) (rate(headgate_tokens_total[$__rate_interval]))', legend: '{{kind}}' }],
          'The kinds never overlap.',
        ),
        lines(
          'Duration',
          's',
          [
            { expr: quantile(0.5, 'headgate_request_duration_seconds'), legend: 'median' },
            { expr: quantile(0.95, 'headgate_request_duration_seconds'), legend: '95 %' },
          ],
          'Whole calls, waits between attempts included.',
        ),
        lines(
          'Time to first token',
          's',
          [
            { expr: quantile(0.5, 'headgate_time_to_first_token_seconds'), legend: 'median' },
            { expr: quantile(0.95, 'headgate_time_to_first_token_seconds'), legend: '95 %' },
          ],
          'What somebody waiting for a stream sees.',
        ),
      ],
    },
  ],
};
