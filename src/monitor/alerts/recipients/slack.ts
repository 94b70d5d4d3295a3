import type { AlertNews } from '../../../policy/alerts/alert.ts';
import { atMost, json, type Recipient } from './recipient.ts';

/** A Slack incoming webhook. Its texts are marked up, so `&`, `<` and `>` are escaped; nothing else is special there. */
export const slack = ({ url }: { readonly url: string }): Recipient => ({
  write: (news) => json(url, { text: atMost(textOf(news), TEXT_MAX) }),
});

/** Slack cuts longer ones (its own limit is 40,000). */
const TEXT_MAX = 4000;

const MARKS = { firing: ':rotating_light: *firing*', repeated: ':repeat: *still so*', resolved: ':white_check_mark: *over*' } as const;

function textOf(news: AlertNews): string {
  const { type, summary, value, threshold, baselineDays, contributors, advice, link, reason } = news;
  return [
    `${MARKS[type]} ${escaped(summary)}${reason === undefined ? '' : ` (${escaped(reason)})`}`,
    `value ${escaped(value)}, threshold ${escaped(threshold)}${baselineDays === undefined ? '' : `, from ${baselineDays} days`}`,
    ...(contributors.length > 0 ? [contributors.map((part) => `${escaped(part.name)} ${escaped(part.value)}`).join(' · ')] : []),
    ...(type === 'resolved' ? [] : [`_${escaped(advice)}_`]),
    ...(link === undefined ? [] : [`<${escaped(link)}|look into it>`]),
  ].join('\n');
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
