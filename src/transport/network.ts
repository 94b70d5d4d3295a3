import type { Exchange, Network, OutgoingRequest, Receiver } from '../model/exchange.ts';
import { type Failure, HeadgateError } from '../model/failure.ts';
import type { Provider } from '../model/provider.ts';
import type { World } from '../world/world.ts';
import { addressOf } from './address.ts';
import { createPool } from './http1/pool.ts';
import { requestHead } from './http1/request-head.ts';
import { createProxyAgent } from './proxy.ts';
import { Sending } from './sending.ts';
import { createWatch, type Watch } from './watch.ts';

/** The network of the real thing: HTTP/1.1 to each provider over kept connections. */
export interface ClosableNetwork extends Network {
  /** Exchanges under way, those waiting for a connection included. */
  readonly underWay: number;
  /** Closes every connection; exchanges still under way end as `closing`. */
  close(): Promise<void>;
}

/** Opens no connection until something is sent. Throws a TypeError when a provider's address is no URL. */
export function createNetwork(providers: ReadonlyMap<string, Provider>, world: World): ClosableNetwork {
  const watch = createWatch(world, [...providers.values()]);
  const roads = new Map([...providers].map(([name, provider]) => [name, createRoad(provider, watch, world)]));
  return {
    send(request, receiver) {
      const road = roads.get(request.provider);
      // A call between two attempts may outlive its provider's place in the configuration.
      if (!road) throw new HeadgateError(gone(request.provider));
      return road.send(request, receiver);
    },
    get underWay() {
      return watch.watched;
    },
    async close() {
      await Promise.all([...roads.values()].map((road) => road.close()));
    },
  };
}

const gone = (provider: string): Failure => ({
  kind: 'unreachable',
  message: `no provider is named "${provider}" any more`,
  shouldRetry: false,
});

interface Road {
  send(request: OutgoingRequest, receiver: Receiver): Exchange;
  close(): Promise<void>;
}

function createRoad(provider: Provider, watch: Watch, world: World): Road {
  return provider.proxy === undefined ? directRoad(provider, watch, world) : proxiedRoad(provider, provider.proxy, watch);
}

function directRoad(provider: Provider, watch: Watch, world: World): Road {
  const pool = createPool(provider, world);
  const headersFor = addressOf(provider);
  const { host, pathname } = new URL(provider.baseUrl);
  const prefix = pathname.replace(/\/+$/, '');
  return {
    send({ method, path, headers, body, key, patience }, receiver) {
      const sending = new Sending(provider, receiver, watch, patience);
      const head = requestHead(method, prefix + path, host, headersFor(headers, body !== undefined, key), body?.length);
      if (head === undefined) sending.onResponseError(null, Object.assign(new Error('invalid'), { code: 'unfit' }));
      else pool.send({ head, body, handler: sending, patience });
      sending.dispatched();
      return sending;
    },
    async close() {
      pool.destroy();
    },
  };
}

function proxiedRoad(provider: Provider, proxy: string, watch: Watch): Road {
  const agent = createProxyAgent(provider, proxy);
  const headersFor = addressOf(provider);
  const { origin, pathname } = new URL(provider.baseUrl);
  const prefix = pathname.replace(/\/+$/, '');
  return {
    send({ method, path, headers, body, key, patience }, receiver) {
      const sending = new Sending(provider, receiver, watch, patience);
      agent.dispatch(
        { origin, path: prefix + path, method, headers: headersFor(headers, body !== undefined, key), body: body ?? null },
        sending,
      );
      sending.dispatched();
      return sending;
    },
    close: () => agent.destroy(),
  };
}
