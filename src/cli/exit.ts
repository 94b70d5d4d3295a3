import { readFileSync } from 'node:fs';

/** What a shell is told: it worked, it did not, or the command was not understood. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** The package's own version. */
export const version = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
