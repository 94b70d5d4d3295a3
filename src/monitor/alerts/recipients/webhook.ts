import { createHmac } from 'node:crypto';
import type { Letter } from '../../../model/post.ts';
import type { AlertNews } from '../../../policy/alerts/alert.ts';
import { json, type Recipient } from './recipient.ts';

/** An address of the operator's that is told of things. */
export interface Webhook {
  readonly url: string;
  readonly secret?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A webhook of anybody's. The id comes in `idempotency-key` and in the body; with a secret the time (seconds since
 * 1970) and the body are signed, so that neither can be changed and old letters cannot be sent again.
 */
export const webhook = (to: Webhook): Recipient => ({ write: (news, id, nowMs) => signedLetter(to, bodyOf(news, id), id, nowMs) });

/** A letter to a webhook, signed where it has a secret. */
export function signedLetter({ url, secret, headers }: Webhook, body: object, id: string, nowMs: number): Letter {
  const letter = json(url, body, { ...headers, 'idempotency-key': id });
  if (secret === undefined) return letter;
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = signatureOf(secret, timestamp, String(letter.body));
  return { ...letter, headers: { ...letter.headers, 'x-headgate-timestamp': timestamp, 'x-headgate-signature': signature } };
}

/** `sha256=` and the hexadecimal HMAC-SHA256 of `timestamp.body` under the secret. */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

/** The body of a webhook, version 1. */
const bodyOf = ({ atMs, startedAtMs, ...news }: AlertNews, id: string) => ({
  version: 1,
  id,
  ...news,
  at: new Date(atMs).toISOString(),
  startedAt: new Date(startedAtMs).toISOString(),
});
