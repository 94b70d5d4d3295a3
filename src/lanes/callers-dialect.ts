import type { Dialect } from '../dialects/dialect.ts';
import { dialectOf } from '../dialects/registry.ts';
import type { Inbound } from './lane.ts';

/** The wire format a caller's answer is written in. Callers in process have none: what asks for theirs has a bug. */
export function callersDialect({ dialect }: Inbound): Dialect {
  if (dialect === 'canonical') throw new TypeError('callers in process have no wire format');
  return dialectOf(dialect);
}
