import { type Board, bars, lines, number } from './panel.ts';

const INPUT = 'kind!="output"';

export const caching: Board = {
  uid: 'headgate-caching',
  title: 'Headgate / Caching',
  description: 'How much of the prompts providers read from their caches, where reading costs a tenth or so.',
  rows: [
    {
      title: 'In the time shown',
      panels: [
        number(
          'Read from cache',
          'percentunit',
          `sum(increase(headgate_tokens_total{kind="cache_read"}[$__range])) / sum(increase(headgate_tokens_total{${INPUT}}[$__range]))`,
          'Share of all input tokens.',
        ),
        number(
          'Reads for a write',
          'short',
          'sum(increase(headgate_tokens_total{kind="cache_read"}[$__range])) / sum(increase(headgate_tokens_total{kind="cache_write"}[$__range]))',
          'A write costs more than plain input. Below about 1 it did not pay.',
        ),
        number('Tokens read', 'short', 'sum(increase(headgate_tokens_total{kind="cache_read"}[$__range]))', 'From caches.'),
        number('Tokens written', 'short', 'sum(increase(headgate_tokens_total{kind="cache_write"}[$__range]))', 'Into caches.'),
      ],
    },
    {
      title: 'Where',
      panels: [
        lines(
          'Input tokens per second, by kind',
          'short',
          [{ expr: `sum by (kind) (rate(headgate_tokens_total{${INPUT}}[$__rate_interval]))`, legend: '{{kind}}' }],
          'cache_read should grow with traffic, fresh stay behind.',
        ),
        lines(
          'Read from cache, by model',
          'percentunit',
          [
            {
              expr: `sum by (model) (rate(headgate_tokens_total{kind="cache_read"}[$__rate_interval])) / (sum by (model) (rate(headgate_tokens_total{${INPUT}}[$__rate_interval])) > 0)`,
              legend: '{{model}}',
            },
          ],
          'Falls when prompts begin to change near their start.',
        ),
        bars(
          'Read from cache, by feature',
          'percentunit',
          {
            expr: `sum by (feature) (increase(headgate_tokens_total{kind="cache_read"}[$__range])) / (sum by (feature) (increase(headgate_tokens_total{${INPUT}}[$__range])) > 0)`,
            legend: '{{feature}}',
          },
          'The lowest bars with many tokens are where a stable prefix saves most.',
        ),
        bars(
          'Fresh input tokens, by feature',
          'short',
          { expr: 'topk(15, sum by (feature) (increase(headgate_tokens_total{kind="fresh"}[$__range])))', legend: '{{feature}}' },
          'Paid in full.',
        ),
      ],
    },
  ],
};
