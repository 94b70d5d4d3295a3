import type { IdempotencyConfig } from './config.ts';
import type { Written } from './schema.ts';

/** A day, as callers know it from payment APIs; undefined when it is off. */
export function buildIdempotency(written: Written['idempotency']): IdempotencyConfig | undefined {
  if (written === 'off') return undefined;
  return { windowMs: written?.window ?? 24 * 3_600_000, bytesMax: written?.bytesMax ?? 64 * 1024 ** 2 };
}
