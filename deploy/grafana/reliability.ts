import { type Board, bars, lines, number, quantile } from './panel.ts';

export const reliability: Board = {
  uid: 'headgate-reliability',
  title: 'Headgate / Reliability',
  description: 'Whether providers answer, what the gateway does about it, and how the gateway itself is.',
  rows: [
    {
      title: 'In the time shown',
      panels: [
        number(
          'Failed at a provider',
          'percentunit',
          'sum(increase(headgate_requests_total{outcome="upstream_error"}[$__range])) / sum(increase(headgate_requests_total[$__range]))',
          'Calls that no target answered, whatever was tried.',
        ),
        number(
          'Saved by another try',
          'short',
          'sum(increase(headgate_failed_attempts_total[$__range])) - sum(increase(headgate_requests_total{outcome!="ok"}[$__range]))',
          'Failed attempts that no caller saw.',
        ),
        number(
          'Attempts for a call',
          'short',
          'sum(increase(headgate_attempts_total[$__range])) / sum(increase(headgate_requests_total[$__range]))',
          '1 is best. Well above: retries add load to providers that have enough.',
        ),
        number(
          'Refused',
          'short',
          'sum(increase(headgate_refused_requests_total[$__range]))',
          'By the gateway itself, before anything was sent.',
        ),
      ],
    },
    {
      title: 'Providers',
      panels: [
        lines(
          'Failed attempts per second, by kind',
          'reqps',
          [
            {
              expr: 'sum by (provider, kind) (rate(headgate_failed_attempts_total[$__rate_interval])) > 0',
              legend: '{{provider}} {{kind}}',
            },
          ],
          'denied: a key is wrong. exhausted: no credit. throttled: more than its limit.',
        ),
        bars(
          'Attempts by reason',
          'short',
          { expr: 'sum by (reason) (increase(headgate_attempts_total[$__range]))', legend: '{{reason}}' },
          'first is every call once; the others are what it took beyond.',
        ),
        lines(
          'Breaker',
          'short',
          [{ expr: 'headgate_breaker_state', legend: '{{upstream}}' }],
          '0: trusted. 1: tried by one call. 2: left alone.',
        ),
        lines(
          'Retry budget left',
          'short',
          [{ expr: 'headgate_retry_tokens', legend: '{{upstream}}' }],
          'At 0 an upstream gets no retries until it answers again.',
        ),
        bars(
          'Keys not used',
          'short',
          { expr: 'headgate_parked_keys > 0', legend: '{{provider}}' },
          'Refused, out of credit or throttled.',
        ),
        lines(
          'Turning calls away',
          'short',
          [
            { expr: 'max by (upstream) (headgate_shedding)', legend: '{{upstream}} is full' },
            { expr: 'max by (model) (headgate_panic)', legend: '{{model}}: every target rests' },
          ],
          '1 while it lasts.',
        ),
        bars(
          'Refused, by why',
          'short',
          { expr: 'sum by (kind) (increase(headgate_refused_requests_total[$__range])) > 0', legend: '{{kind}}' },
          'unauthenticated, overBudget, limited and so on.',
        ),
        lines(
          'Slowest twentieth, by model',
          's',
          [{ expr: quantile(0.95, 'headgate_request_duration_seconds', 'model'), legend: '{{model}}' }],
          'Duration that 95 % of calls stay below.',
        ),
      ],
    },
    {
      title: 'The gateway itself',
      panels: [
        lines(
          'Own time of a call',
          's',
          [{ expr: quantile(0.99, 'headgate_overhead_seconds'), legend: '99 %' }],
          'What the gateway adds to a call.',
        ),
        lines(
          'Event loop lag',
          's',
          [{ expr: 'max(nodejs_eventloop_lag_p99_seconds)', legend: '99 %' }],
          'Above some 50 ms the process has more to do than one core can.',
        ),
        lines('Calls under way', 'short', [{ expr: 'sum(headgate_requests_in_flight)', legend: 'calls' }], 'At the moment of the scrape.'),
        lines('Memory', 'bytes', [{ expr: 'sum(process_resident_memory_bytes)', legend: 'in RAM' }], 'Of all gateways.'),
        lines(
          'Waiting for the ledger',
          'short',
          [{ expr: 'sum(headgate_usage_journal_lag_events)', legend: 'records' }],
          'Safe in the journal, not yet in the database. Grows while the database is away.',
        ),
        bars(
          'Lost',
          'short',
          {
            expr: 'sum by (sink) (increase(headgate_export_dropped_total[$__range])) or label_replace(sum(increase(headgate_ledger_dropped_total[$__range])), "sink", "ledger", "", "")',
            legend: '{{sink}}',
          },
          'Records that did not get where they should. Anything but 0 for the ledger is an incident.',
        ),
        bars(
          'Alerts',
          'short',
          { expr: 'sum by (rule, state) (increase(headgate_alerts_total[$__range])) > 0', legend: '{{rule}} {{state}}' },
          'What the gateway’s own rules fired and resolved.',
        ),
        number(
          'Booked as __other__',
          'short',
          'sum(increase(headgate_label_overflow_total[$__range]))',
          'Attempts whose feature or model has no series of its own: see metrics.seriesMax.',
        ),
      ],
    },
  ],
};
