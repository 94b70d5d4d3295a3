import { hash } from 'node:crypto';
import type { AlertNews } from '../../../policy/alerts/alert.ts';
import { atMost, json, type Recipient } from './recipient.ts';

/** PagerDuty's Events API v2. Triggers and resolves of one alert carry one `dedup_key`, so repetitions change nothing there. */
export const pagerduty = ({ url, routingKey }: { readonly url: string; readonly routingKey: string }): Recipient => ({
  write(news) {
    const key = { routing_key: routingKey, dedup_key: dedupKey(news) };
    return json(
      url,
      news.type === 'resolved' ? { ...key, event_action: 'resolve' } : { ...key, event_action: 'trigger', ...details(news) },
    );
  },
});

/** Longest allowed for `summary` and `dedup_key`. */
const SUMMARY_MAX = 1024;
const DEDUP_KEY_MAX = 255;

function dedupKey({ fingerprint, period }: AlertNews): string {
  const key = period ? `${fingerprint} ${period}` : fingerprint;
  return key.length <= DEDUP_KEY_MAX ? key : hash('sha256', key);
}

const details = ({ summary, severity, atMs, value, threshold, baselineDays, contributors, advice, about, rule, link }: AlertNews) => ({
  payload: {
    summary: atMost(summary, SUMMARY_MAX),
    source: 'headgate',
    severity,
    timestamp: new Date(atMs).toISOString(),
    class: rule,
    custom_details: { value, threshold, ...(baselineDays !== undefined && { baselineDays }), contributors, advice, ...about },
  },
  ...(link !== undefined && { links: [{ href: link, text: 'look into it' }] }),
});
