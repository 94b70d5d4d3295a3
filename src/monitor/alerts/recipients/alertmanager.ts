import type { AlertNews } from '../../../policy/alerts/alert.ts';
import { json, type Recipient } from './recipient.ts';

/** How long Alertmanager believes an alert that is not said again, in milliseconds; it is said again every half minute. */
const BELIEVED_MS = 180_000;

/** Prometheus' Alertmanager, API v2: posted while it is so, and once with its end. Grouping, silences and who is told are its own. */
export function alertmanager({ url, headers }: { readonly url: string; readonly headers: Readonly<Record<string, string>> }): Recipient {
  const letter = (news: readonly AlertNews[], nowMs: number) =>
    json(
      `${url.replace(/\/+$/, '')}/api/v2/alerts`,
      news.map((one) => alertOf(one, nowMs)),
      headers,
    );
  return { write: (news, _, nowMs) => letter([news], nowMs), remind: letter };
}

function alertOf(news: AlertNews, nowMs: number) {
  const { rule, name, severity, about, period, summary, value, threshold, baselineDays, contributors, advice, link } = news;
  const endsAtMs = news.type === 'resolved' ? news.atMs : nowMs + BELIEVED_MS;
  return {
    labels: present({
      alertname: `headgate_${rule}`,
      rule: name,
      severity,
      period,
      ...Object.fromEntries(Object.entries(about).map(([key, text]) => [labelName(key), text])),
    }),
    annotations: present({
      summary,
      value,
      threshold,
      baseline_days: baselineDays === undefined ? '' : String(baselineDays),
      contributors: contributors.map((part) => `${part.name} ${part.value}`).join(', '),
      advice,
    }),
    startsAt: new Date(news.startedAtMs).toISOString(),
    // An end before its begin is refused with status 400.
    endsAt: new Date(Math.max(endsAtMs, news.startedAtMs + 1)).toISOString(),
    ...(link !== undefined && { generatorURL: link }),
  };
}

/** Alertmanager refuses empty values and names with anything but letters, digits and `_` with status 400. */
const present = (texts: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
const labelName = (key: string): string => key.replace(/[^a-zA-Z0-9_]/g, '_');
