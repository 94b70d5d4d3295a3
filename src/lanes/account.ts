import type { DialectName } from '../model/part.ts';
import { type Spans, scan } from './scan.ts';

/** On whose account a request's body says it is, in the fields the vendors' SDKs have for it. */
export interface BodyAccount {
  readonly feature?: string;
  readonly user?: string;
}

/** Top-level fields that are read for it. */
export const ACCOUNT_FIELDS = ['metadata', 'user', 'safety_identifier'] as const;

const NOTHING: BodyAccount = {};

/**
 * OpenAI's formats: `metadata.feature`; `metadata.user`, else `safety_identifier`, else `user`. Anthropic's:
 * `metadata.user_id`; its metadata takes no other field. What is no text, or empty, says nothing: whether
 * it is right is the provider's to judge.
 */
export function accountOf(dialect: DialectName, body: Buffer, spans: Spans): BodyAccount {
  if (!spans['metadata'] && !spans['user'] && !spans['safety_identifier']) return NOTHING;
  if (dialect === 'anthropic-messages') return account(undefined, member(body, spans['metadata'], 'user_id'));
  const feature = member(body, spans['metadata'], 'feature');
  const user = member(body, spans['metadata'], 'user') ?? text(body, spans['safety_identifier']) ?? text(body, spans['user']);
  return account(feature, user);
}

const account = (feature: string | undefined, user: string | undefined): BodyAccount => ({
  ...(feature !== undefined && { feature }),
  ...(user !== undefined && { user }),
});

type Span = Spans[string];

const MEMBERS = new Set(['feature', 'user', 'user_id']);

/** A text inside `metadata`, found by scanning: the rest of it, of whatever size, is passed over. */
function member(body: Buffer, span: Span, key: string): string | undefined {
  if (!span || body[span[0]] !== OPEN_BRACE) return undefined;
  const within = body.subarray(span[0], span[1]);
  return text(within, scan(within, MEMBERS)?.[key]);
}

const OPEN_BRACE = 0x7b;
const QUOTE = 0x22;

/** No vendor takes a text of more than 512 characters; in bytes, as they may be spelled. */
const TEXT_BYTES_MAX = 4096;

function text(bytes: Buffer, span: Span): string | undefined {
  if (!span || bytes[span[0]] !== QUOTE || span[1] - span[0] > TEXT_BYTES_MAX) return undefined;
  return (parsed(bytes.subarray(span[0], span[1])) as string | undefined) || undefined;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
