import type { RecipientConfig } from '../../../policy/alerts/recipients.ts';
import { alertmanager } from './alertmanager.ts';
import { pagerduty } from './pagerduty.ts';
import type { Recipient } from './recipient.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

/** The one that writes to a recipient as configured. */
export function recipientOf(config: RecipientConfig): Recipient {
  switch (config.kind) {
    case 'slack':
      return slack(config);
    case 'webhook':
      return webhook(config);
    case 'pagerduty':
      return pagerduty(config);
    case 'alertmanager':
      return alertmanager(config);
    default:
      return config satisfies never;
  }
}
