import type { Letter } from '../../../model/post.ts';
import type { AlertNews } from '../../../policy/alerts/alert.ts';

/** Writes letters in one recipient's form. */
export interface Recipient {
  /** `id` is the same however often the same news is sent. */
  write(news: AlertNews, id: string, nowMs: number): Letter;
  /** For one that forgets: says that these are still so. Sent at least once a minute while any is. */
  readonly remind?: (open: readonly AlertNews[], nowMs: number) => Letter;
}

export const json = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Letter => ({
  url,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** At most so many characters; what is cut is marked. */
export const atMost = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);
