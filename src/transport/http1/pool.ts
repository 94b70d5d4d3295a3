import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import type { Provider } from '../../model/provider.ts';
import type { World } from '../../world/world.ts';
import { Connection, type Errand } from './connection.ts';

/** How long an idle connection is kept, in milliseconds. */
const KEEP_MS = 60_000;

/** The connections to one provider. */
export interface Pool {
  send(errand: Errand): void;
  /** Closes every connection; errands under way hear of an error with the code `closing`. */
  destroy(): void;
}

/** At most `connectionsMax` at once; errands beyond wait their turn. */
export function createPool(provider: Provider, world: World): Pool {
  const { connectionsMax } = provider;
  const all = new Set<Connection>();
  /** The latest used first: the others then grow old and are let go. */
  const idle: Connection[] = [];
  const waiting: Errand[] = [];
  const dialing = new Set<Socket>();
  let session: Buffer | undefined;
  let closed = false;

  function open(): void {
    while (!closed && dialing.size < waiting.length && all.size + dialing.size < connectionsMax) connect();
  }

  function connect(): void {
    const { patience = 1 } = waiting[dialing.size] ?? {};
    const socket = dial(provider, session);
    dialing.add(socket);
    const ready = socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect';
    const settle = (error?: Error): void => {
      callOff();
      socket.off(ready, settle).off('error', settle).off('close', cut);
      dialing.delete(socket);
      if (!error && !closed) return welcome(socket);
      socket.on('error', () => {}).destroy();
      if (error) waiting.shift()?.handler.onResponseError(null, error);
      open();
    };
    const cut = (): void => settle(new Error('closed'));
    const callOff = world.after(provider.connectMs * patience, () => settle(Object.assign(new Error('too slow'), { code: 'connectMs' })));
    socket.on(ready, settle).on('error', settle).on('close', cut);
    // TLS 1.3 servers send their tickets after the handshake; the next connection resumes with the latest.
    socket.on('session', (ticket: Buffer) => {
      session = ticket;
    });
  }

  function welcome(socket: Socket): void {
    const connection = new Connection(socket, KEEP_MS, free, gone);
    all.add(connection);
    free(connection);
  }

  function free(connection: Connection): void {
    const next = waiting.shift();
    if (next) connection.run(next);
    else idle.push(connection);
  }

  function gone(connection: Connection): void {
    all.delete(connection);
    const place = idle.indexOf(connection);
    if (place >= 0) idle.splice(place, 1);
    open();
  }

  return {
    send(errand) {
      if (closed) return errand.handler.onResponseError(null, closing());
      for (let connection = idle.pop(); connection; connection = idle.pop()) if (connection.usable) return connection.run(errand);
      waiting.push(errand);
      open();
    },
    destroy() {
      closed = true;
      for (const { handler } of waiting.splice(0)) handler.onResponseError(null, closing());
      for (const connection of all) connection.destroy(closing());
      for (const socket of dialing) socket.destroy();
    },
  };
}

const closing = () => Object.assign(new Error('the pool is closed'), { code: 'closing' });

function dial({ baseUrl }: Provider, session: Buffer | undefined): Socket {
  const { protocol, hostname, port } = new URL(baseUrl);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (protocol === 'http:') return net.connect({ host, port: Number(port || 80) });
  return tls.connect({
    host,
    port: Number(port || 443),
    ALPNProtocols: ['http/1.1'],
    ...(net.isIP(host) === 0 && { servername: host }),
    ...(session && { session }),
  });
}
