import { createHash } from 'node:crypto';
import type { DialectName, Part, Seal } from '../model/part.ts';

/**
 * A seal for a client of another dialect: opaque, tagged with its maker, with a check so that a
 * damaged or invented one is told from a real one. Not a secret: the provider verifies its own data.
 */
export const wrapSeal = ({ by, data, redacted }: Seal): string => `${SEAL_TAG}${by}:${check(by, data)}:${redacted ? 'r' : '-'}:${data}`;

/**
 * What a client of a dialect is given for a thought's seal: the dialect's own as it is, another's in a wrapper. A thought
 * another's server did not seal has an empty one: bare, it would be sent to a vendor as its own, who answers 400.
 */
export function sealFor(
  dialect: DialectName,
  { seal, extra = {} }: Pick<Part & { type: 'reasoning' }, 'seal' | 'extra'>,
): string | undefined {
  if (seal) return seal.by === dialect ? seal.data : wrapSeal(seal);
  const by = Object.keys(extra).find((name) => name !== dialect);
  return by === undefined ? undefined : wrapSeal({ by: by as DialectName, data: '' });
}

/** The seal inside a wrapper; undefined when `data` is not one (it is then the client dialect's own). */
export function unwrapSeal(data: string): Seal | undefined {
  if (!data.startsWith(SEAL_TAG)) return undefined;
  const [by, sum, kind] = data.slice(SEAL_TAG.length).split(':', 3);
  const inner = data.slice(SEAL_TAG.length + `${by}:${sum}:${kind}:`.length);
  if (!DIALECTS.has(by!) || sum !== check(by!, inner)) return undefined;
  return { by: by as DialectName, data: inner, ...(kind === 'r' && { redacted: true as const }) };
}

/** What every wrapper begins with. */
export const SEAL_TAG = 'headgate:v1:';
const DIALECTS = new Set<string>(['anthropic-messages', 'openai-chat', 'openai-responses'] satisfies DialectName[]);
const check = (by: string, data: string) => createHash('sha256').update(`${by}\n${data}`).digest('base64url').slice(0, 12);
