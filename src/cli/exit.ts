import { readFileSync } from 'node:fs';

/** What a shell is told: it worked, it did not, or the command was not understood. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** A command that was not understood, as told once its options are looked at together. */
export class MisuseError extends Error {
  override readonly name = 'MisuseError';
}

/** The package's own version. */
export const version = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
