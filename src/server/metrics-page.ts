import { hash, timingSafeEqual } from 'node:crypto';
import type { Page, RequestHead } from './rooms.ts';

/** Where the page of metrics is and who may read it. */
export interface MetricsDoor {
  readonly path: string;
  /** Lower-case hex digest of the token to show; absent: none. */
  readonly tokenSha256?: string;
  /** Whether strangers could read it: then a token must be set. */
  readonly exposed: boolean;
}

/** The metrics for a scraper, or why not; undefined: the request is for something else. What features spend is not for everyone to read. */
export function metricsPage(
  { method, target, headers }: RequestHead,
  door: MetricsDoor,
  text: () => string,
  type: string,
): Page | undefined {
  if (target.split('?', 1)[0] !== door.path) return undefined;
  if (method !== 'GET' && method !== 'HEAD')
    return plain(405, `${door.path} takes GET, not ${method.slice(0, 20)}`, { allow: 'GET, HEAD' });
  if (door.tokenSha256 !== undefined) {
    const shown = /^bearer +(\S+)$/i.exec(String(headers['authorization'] ?? ''))?.[1] ?? '';
    if (!timingSafeEqual(Buffer.from(hash('sha256', shown)), Buffer.from(door.tokenSha256)))
      return plain(401, 'show the token of metrics.token as "authorization: Bearer …"', { 'www-authenticate': 'Bearer' });
  } else if (door.exposed) {
    return plain(403, 'others can reach this address: set metrics.token, or write "open: anyone" under metrics');
  }
  return { status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' }, body: text() };
}

const plain = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): Page => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body: `${message}\n`,
});
