import type { Post } from '../../model/post.ts';
import type { AlertNews } from '../../policy/alerts/alert.ts';
import type { RecipientConfig } from '../../policy/alerts/recipients.ts';
import { noAnswer, refusal } from './deliver.ts';
import { recipientOf } from './recipients/index.ts';

/** What a trial of a recipient came to; `failure` absent: it took it. */
export interface Trial {
  readonly name: string;
  readonly failure?: string;
}

/** Tells a recipient of an alert that is none, and then that it is over. */
export async function tryRecipient(name: string, config: RecipientConfig, post: Post, nowMs: number): Promise<Trial> {
  const recipient = recipientOf(config);
  for (const type of ['firing', 'resolved'] as const) {
    try {
      const answer = await post(recipient.write(trialNews(type, nowMs), `trial/${name}/${nowMs}/${type}`, nowMs));
      if (answer.status < 200 || answer.status > 299) return { name, failure: refusal(answer) };
    } catch (error) {
      return { name, failure: noAnswer(error) };
    }
  }
  return { name };
}

const trialNews = (type: 'firing' | 'resolved', atMs: number): AlertNews => ({
  rule: 'undelivered',
  name: 'trial',
  severity: 'info',
  about: {},
  period: '',
  summary: 'This is a trial of Headgate’s alerts: nothing is wrong',
  value: 'a trial',
  threshold: 'none',
  contributors: [],
  advice: 'Nothing is to be done',
  type,
  fingerprint: `trial ${atMs}`,
  atMs,
  startedAtMs: atMs,
  ...(type === 'resolved' && { reason: 'a trial' }),
});
