import { type Board, bars, lines, number } from './panel.ts';

export const feature: Board = {
  uid: 'headgate-feature',
  title: 'Headgate / Feature',
  description: 'One feature: what it costs and why. Pick it above.',
  pick: { label: 'feature', metric: 'headgate_requests_total' },
  rows: [
    {
      title: 'In the time shown',
      panels: [
        number(
          'Spend',
          'currencyUSD',
          'sum(increase(headgate_cost_usd_total{feature="$feature"}[$__range]))',
          'All attempts of the feature.',
        ),
        number('Calls', 'short', 'sum(increase(headgate_requests_total{feature="$feature"}[$__range]))', 'Calls that are over.'),
        number(
          'Cost of a call',
          'currencyUSD',
          'sum(increase(headgate_cost_usd_total{feature="$feature"}[$__range])) / sum(increase(headgate_requests_total{feature="$feature"}[$__range]))',
          'On average, failed attempts included.',
        ),
        number(
          'Share of all spend',
          'percentunit',
          'sum(increase(headgate_cost_usd_total{feature="$feature"}[$__range])) / sum(increase(headgate_cost_usd_total[$__range]))',
          'Of everything that was spent.',
        ),
        number(
          'Answered',
          'percentunit',
          'sum(increase(headgate_requests_total{feature="$feature",outcome="ok"}[$__range])) / sum(increase(headgate_requests_total{feature="$feature",outcome!~"caller_error|cancelled"}[$__range]))',
          'Of the calls that could have been answered.',
        ),
        number(
          'Read from cache',
          'percentunit',
          'sum(increase(headgate_tokens_total{feature="$feature",kind="cache_read"}[$__range])) / sum(increase(headgate_tokens_total{feature="$feature",kind!="output"}[$__range]))',
          'Share of the input tokens. Low for a feature with a long fixed prompt: look at the caching board.',
        ),
        number(
          'Tokens of a call',
          'short',
          'sum(increase(headgate_tokens_total{feature="$feature"}[$__range])) / sum(increase(headgate_requests_total{feature="$feature"}[$__range]))',
          'On average, in and out.',
        ),
        number(
          'Reasoning',
          'percentunit',
          'sum(increase(headgate_reasoning_tokens_total{feature="$feature"}[$__range])) / sum(increase(headgate_tokens_total{feature="$feature",kind="output"}[$__range]))',
          'Share of the output tokens that were thoughts: billed, and seen by nobody.',
        ),
      ],
    },
    {
      title: 'Over time',
      panels: [
        lines(
          'Spend per hour, by model',
          'currencyUSD',
          [{ expr: 'sum by (model) (rate(headgate_cost_usd_total{feature="$feature"}[$__rate_interval])) * 3600', legend: '{{model}}' }],
          'At the pace of the moment.',
        ),
        lines(
          'Calls per second, by outcome',
          'reqps',
          [{ expr: 'sum by (outcome) (rate(headgate_requests_total{feature="$feature"}[$__rate_interval]))', legend: '{{outcome}}' }],
          'What became of the feature’s calls.',
        ),
        lines(
          'Tokens per second, by kind',
          'short',
          [{ expr: 'sum by (kind) (rate(headgate_tokens_total{feature="$feature"}[$__rate_interval]))', legend: '{{kind}}' }],
          'The kinds never overlap.',
        ),
        bars(
          'Calls by model',
          'short',
          { expr: 'sum by (model) (increase(headgate_requests_total{feature="$feature"}[$__range]))', legend: '{{model}}' },
          'The model that ended the call: more than one where calls fall back.',
        ),
      ],
    },
  ],
};
