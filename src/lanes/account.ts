import type { DialectName } from '../model/part.ts';
import { OPEN_BRACE, QUOTE, type Spans, scan, unescaped } from './scan.ts';

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
  const metadata = membersOf(body, spans['metadata']);
  const anthropic = dialect === 'anthropic-messages';
  const feature = anthropic ? undefined : metadata('feature');
  const user = anthropic ? metadata('user_id') : (metadata('user') ?? text(body, spans['safety_identifier']) ?? text(body, spans['user']));
  return { ...(feature !== undefined && { feature }), ...(user !== undefined && { user }) };
}

type Span = Spans[string];

const MEMBERS = new Set(['feature', 'user', 'user_id']);

/** Texts inside `metadata`, found by scanning: the rest of it, of whatever size, is passed over. */
function membersOf(body: Buffer, span: Span): (key: string) => string | undefined {
  if (!span || body[span[0]] !== OPEN_BRACE) return () => undefined;
  const within = body.subarray(span[0], span[1]);
  const spans = scan(within, MEMBERS);
  return (key) => text(within, spans?.[key]);
}

/** No vendor takes a text of more than 512 characters; in bytes, as they may be spelled. */
const TEXT_BYTES_MAX = 4096;

function text(bytes: Buffer, span: Span): string | undefined {
  if (!span || bytes[span[0]] !== QUOTE || span[1] - span[0] > TEXT_BYTES_MAX) return undefined;
  const written = bytes.toString('utf8', span[0] + 1, span[1] - 1);
  return (written.includes('\\') ? unescaped(written) : written) || undefined;
}
