import { createHash } from 'node:crypto';
import type { DialectName, Seal } from '../model/part.ts';

/**
 * A seal for a client of another dialect: opaque, tagged with its maker, with a check so that a
 * damaged or invented one is told from a real one. Not a secret: the provider verifies its own data.
 */
export const wrapSeal = ({ by, data, redacted }: Seal): string => `${SEAL_TAG}${by}:${check(by, data)}:${redacted ? 'r' : '-'}:${data}`;

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
