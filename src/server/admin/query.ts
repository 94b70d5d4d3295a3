import { refuse } from '../../dialects/take.ts';
import { invalid } from '../../model/failure.ts';
import { momentMs } from '../../model/moment.ts';

/** A whole number from 1 to `max` in a query. */
export function wholeIn(query: URLSearchParams, name: string, usual: number, max: number): number {
  const written = query.get(name);
  if (written === null) return usual;
  const value = /^\d{1,9}$/.test(written) ? Number(written) : 0;
  return value >= 1 && value <= max ? value : refuse(name, `a whole number from 1 to ${max}`, written);
}

/** A moment in a query, in milliseconds since 1970: a day (from midnight UTC), an ISO time, or the milliseconds themselves. */
export function momentIn(query: URLSearchParams, name: string): number | undefined {
  const written = query.get(name);
  if (written === null) return undefined;
  const ms = /^\d{12,14}$/.test(written) ? Number(written) : momentMs(written);
  return ms ?? refuse(name, 'a day or moment such as "2026-11-26" or "2026-11-26T12:00:00Z"', written);
}

/** One of the words. */
export function wordIn<const T extends string>(query: URLSearchParams, name: string, words: readonly T[]): T | undefined {
  const written = query.get(name);
  if (written === null) return undefined;
  return words.find((word) => word === written) ?? refuse(name, words.map((word) => `"${word}"`).join(' or '), written);
}

/** The time zone of a query; UTC unless said. */
export function zoneIn(query: URLSearchParams): string {
  const written = query.get('zone') ?? 'UTC';
  try {
    new Intl.DateTimeFormat('en', { timeZone: written });
    return written;
  } catch {
    return refuse('zone', 'a time zone such as "Europe/Berlin"', written);
  }
}

/** Refuses what a route does not know. */
export function knownIn(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys())
    if (!known.includes(name) && !(name.startsWith('tag:') && known.includes('tag:NAME'))) {
      const shown = name.slice(0, 80);
      invalid(`there is no "${shown}" in this query; ${known.length > 0 ? `there are ${known.join(', ')}` : 'it takes none'}`, shown);
    }
}
