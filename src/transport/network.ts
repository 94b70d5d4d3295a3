import type { Exchange, Network, OutgoingRequest, Receiver } from '../model/exchange.ts';
import type { Provider } from '../model/provider.ts';
import type { World } from '../world/world.ts';
import { addressOf } from './address.ts';
import { createPool } from './pool.ts';
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
  const roads = new Map([...providers].map(([name, provider]) => [name, createRoad(provider, watch)]));
  return {
    send(request, receiver) {
      const road = roads.get(request.provider);
      if (!road) throw new TypeError(`no provider is named "${request.provider}"`);
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

interface Road {
  send(request: OutgoingRequest, receiver: Receiver): Exchange;
  close(): Promise<void>;
}

function createRoad(provider: Provider, watch: Watch): Road {
  const pool = createPool(provider);
  const headersFor = addressOf(provider);
  const { origin, pathname } = new URL(provider.baseUrl);
  const prefix = pathname.replace(/\/+$/, '');
  return {
    send({ method, path, headers, body }, receiver) {
      const sending = new Sending(provider, receiver, watch);
      pool.dispatch({ origin, path: prefix + path, method, headers: headersFor(headers, body !== undefined), body: body ?? null }, sending);
      sending.dispatched();
      return sending;
    },
    close: () => pool.destroy(),
  };
}
