import { hash, randomBytes } from 'node:crypto';

/** A new secret: 256 bits of chance that nobody can guess, so that its plain digest gives nothing away. */
export interface Secret {
  /** Shown once, to whoever asked for it. */
  readonly secret: string;
  readonly sha256: string;
  /** What may be shown later: its beginning and last four characters. */
  readonly hint: string;
}

export function newSecret(): Secret {
  const secret = `hg_${randomBytes(32).toString('base64url')}`;
  return { secret, sha256: hash('sha256', secret), hint: `hg_…${secret.slice(-4)}` };
}

/** A name for a key whose maker gave none. */
export const newKeyId = (): string => `key_${randomBytes(8).toString('hex')}`;
