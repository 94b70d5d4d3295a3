import { ProxyAgent } from 'undici';
import type { Provider } from '../model/provider.ts';

/** How long an idle connection is kept for the next call, in milliseconds, unless the provider asks for less. */
const KEEP_ALIVE_MS = 60_000;

/**
 * The road to a provider through its proxy: undici's, which knows tunnels. HTTP/1.1 only, nothing is
 * retried and no redirect is followed, as on the direct road.
 */
export const createProxyAgent = ({ connectionsMax, connectMs }: Provider, proxy: string): ProxyAgent =>
  new ProxyAgent({
    uri: proxy,
    connections: connectionsMax,
    pipelining: 1,
    allowH2: false,
    connectTimeout: connectMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: 10 * KEEP_ALIVE_MS,
    // The watch keeps the time of all exchanges with one timer; undici's own would be set and cleared for each.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 64 * 1024,
  });
