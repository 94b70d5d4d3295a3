import { z } from 'zod';
import { SPEND_BY } from '../policy/alerts/rules.ts';
import type { Words } from './schema.ts';

/** The settings of alerts. What values look like is handed in: the two files would need each other else. */
export function alertSettings({
  address,
  count,
  dollarSum,
  duration,
  hook,
  list,
  named,
  object,
  oneOf,
  positive,
  secret,
  text,
  whole,
}: Words) {
  const common = {
    name: text('a name').optional().describe('Tells it from other rules of its kind; the rule and what it goes by'),
    notify: z
      .array(text('a name in notify'), { error: 'a list of names in notify' })
      .optional()
      .describe('Who is told, besides the log; all of notify'),
    link: text('an address').optional().describe('Where to look into it; `{feature}` and the like stand for what the alert is about'),
  };
  const percent = () => whole(1, 100);
  const timezone = text('a time zone such as "Europe/Berlin"').optional().describe('Whose days; UTC');
  const spend = { by: oneOf(SPEND_BY).optional().describe('All calls, or each feature, user, model or key by itself; total'), timezone };
  const rate = {
    window: duration().optional().describe('Looked at; 5m'),
    requestsMin: count().optional().describe('Fewer attempts in it say nothing; 20'),
    abovePercent: percent().optional().describe('Fires above so many in a hundred; 20, for `throttled` 10'),
    clearPercent: percent().optional().describe('Ends at or below so many; 10, for `throttled` 5'),
    clearAfter: duration().optional().describe('… for this long; 5m'),
  };
  const rule = <const R extends string, T extends z.core.$ZodShape>(name: R, settings: T) =>
    object({ rule: z.literal(name), ...common, ...settings });
  const rules = z.discriminatedUnion(
    'rule',
    [
      rule('daily_spend', {
        ...spend,
        ratio: positive().optional().describe('Fires above so many times the mean of the days before; 1.5'),
        clearRatio: positive().optional().describe('Ends at or below so many times, after corrections; 1.35'),
        floor: dollarSum().optional().describe('Only from this spend on; $1'),
        days: whole(1, 28).optional().describe('Complete days the mean is of; 7'),
        learnDays: whole(1, 28).optional().describe('Complete days before it fires at all; 3'),
        mode: oneOf(['mean', 'winsor', 'weekday'])
          .optional()
          .describe('`winsor` clips past days to their own threshold, `weekday` takes the median of the same weekday; mean'),
      }),
      rule('daily_anomaly', {
        ...spend,
        ratio: positive().optional().describe('Never fires at or below so many times the usual; 1.5'),
        floor: dollarSum().optional().describe('Only from this spend on; $1'),
        excess: dollarSum().optional().describe('… and this much more than usual; $5'),
        earlyRatio: positive().optional().describe('Warns within the day above so many times what was usual by that hour; 2'),
        holidays: z
          .array(z.iso.date({ error: 'a day such as "2026-12-25"' }), { error: 'a list of days' })
          .optional()
          .describe('Days that are no example for others'),
      }),
      rule('budget', {
        percents: list(percent(), 'a list of percentages').optional().describe('Shares of a limit that are told of; 50, 80, 100'),
        timezone,
      }),
      rule('call_tokens', {
        over: count().describe('Fires above so many tokens in one call, cached ones included'),
        every: duration().optional().describe('After the first, the others are told together so often; 5m'),
      }),
      rule('error_rate', rate),
      rule('throttled', rate),
      rule('burn_rate', { objectivePercent: positive().describe('Share of attempts that should work, such as 99.5') }),
      rule('upstream_auth', { remind: duration().optional().describe('Said again so often while it lasts; 1h') }),
      rule('unpriced', {}),
      rule('stale_prices', { days: count().optional().describe('Older than this; 30') }),
      rule('ledger', { waitingMax: count().optional().describe('Most rows that may wait to be written; 20000') }),
      rule('undelivered', { after: duration().optional().describe('A recipient that takes nothing for so long; 5m') }),
      rule('clock_skew', { over: duration().optional().describe('A jump of the clock by more; 30s') }),
      rule('usage_missing', { abovePercent: percent().optional().describe('Answers without usage, of a hundred; 5') }),
    ],
    {
      error:
        'a rule: daily_spend, daily_anomaly, budget, call_tokens, error_rate, throttled, burn_rate, upstream_auth, unpriced, stale_prices, ledger, undelivered, clock_skew or usage_missing',
    },
  );
  const url = () => hook().describe('Where to send it');
  const base = () => address('an http(s) address without query').describe('Where to send it');
  const headers = named(z.string({ error: 'text' }), 'a mapping of header names to values')
    .optional()
    .describe('Sent with it');
  const signed = { secret: secret('secret').optional().describe('Signs every body; best from a variable'), headers };
  const recipient = z.union([
    object({ slack: url() }),
    object({ webhook: url(), ...signed }),
    object({ pagerduty: text('a routing key').describe('The routing key of an Events API v2 integration'), url: base().optional() }),
    object({ alertmanager: base(), headers }),
  ]);
  return {
    alerts: z
      .union([oneOf(['off']), list(rules, 'a list of rules')])
      .optional()
      .describe('What is watched for, besides what always is (docs/alerts.md); `off`: nothing at all'),
    alertDefaults: object({
      timezone,
      link: common.link,
      giveUpAfter: duration().optional().describe('What did not reach a recipient for so long is given up; 1d'),
    })
      .optional()
      .describe('For every alert rule that does not say otherwise'),
    notify: named(recipient, 'a mapping of names to recipients').optional().describe('Who is told of alerts, by name'),
    webhooks: named(object({ url: url(), ...signed }), 'a mapping of names to webhooks')
      .optional()
      .describe('Whom callers may have told of answers to deferred calls, by the name they give in `x-headgate-webhook`'),
  };
}
