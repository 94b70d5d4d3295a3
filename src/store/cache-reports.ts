import type { Database, Insert } from './database.ts';

/** Where what was learnt of caching is kept. */
export const CACHE_REPORT: Pick<Insert, 'table' | 'key'> = { table: 'cache_report', key: ['feature', 'target'] };

const KEEP = `insert into cache_report (feature, target, at_ms, body) values ($1, $2, $3, $4)
  on conflict (feature, target) do update set at_ms = excluded.at_ms, body = excluded.body`;

/** Keeps what was learnt of caching, the latest of each feature and target. */
export const keepCacheReports = (
  db: Database,
  {
    reports,
    nowMs,
  }: { readonly reports: readonly { readonly feature: string; readonly target: string; readonly body: string }[]; readonly nowMs: number },
): Promise<void> =>
  db.transaction(async (within) => {
    for (const { feature, target, body } of reports) await within.all(KEEP, [feature, target, nowMs, body]);
  });

const ALL = 'select body from cache_report where at_ms >= $1 order by feature, target';

/** What was learnt since a moment, as it was kept. */
export const cacheReports = async (db: Database, { sinceMs }: { readonly sinceMs: number }): Promise<string[]> =>
  (await db.all(ALL, [sinceMs])).map((row) => row['body'] as string);
