import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { World } from '../world/world.ts';
import type { Door } from './door.ts';
import { Visit } from './visit.ts';
import { objectionTo, rawRefusal, spoiling } from './wire-checks.ts';

/** Where to listen, and how much one caller may send. */
export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Largest request head, in bytes. */
  readonly headersBytesMax: number;
  /** Most connections at once; further ones are closed unheard. */
  readonly connectionsMax: number;
  /** A request's head must be in after this long, in milliseconds; default 20,000. */
  readonly headMs?: number;
  /** A whole request must be in after this long, in milliseconds; default 120,000. */
  readonly requestMs?: number;
}

/** A door that can be reached over HTTP. */
export interface Listening {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly port: number;
  readonly connections: number;
  /**
   * Serves on for `drainMs`, telling each caller to use another connection, then takes no more of them; lets what
   * runs finish for at most `graceMs` after that, then cuts off the rest. Closed once, however often it is asked to.
   */
  close(graceMs: number, drainMs?: number): Promise<void>;
}

/** Longer than the 60 s after which load balancers let go, so that it is not we who close under a request. */
const KEEP_ALIVE_MS = 70_000;

/** How long a caller whose request could not be read may take to read why, in milliseconds. */
const REFUSED_MS = 1000;

/** Turns of the event loop for which those who still come are let in, at the most. */
const TURNS_MAX = 100;

const LATEST = Symbol('latest visit');
type Guest = Socket & { [LATEST]?: Visit | undefined };

function visitsOf(guest: Guest): Visit[] {
  const visits: Visit[] = [];
  for (let visit = guest[LATEST]; visit; visit = visit.earlier) visits.push(visit);
  return visits;
}

/** Serves the door at an address. Rejects when the address cannot be had. */
export async function listen(door: Door, options: ListenOptions, world: World): Promise<Listening> {
  const { host, port, headersBytesMax, connectionsMax, headMs = 20_000, requestMs = 120_000 } = options;
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: Math.min(headMs, requestMs),
    requestTimeout: requestMs,
    // Said in our own words, see `objectionTo`; Node's have no body.
    requireHostHeader: false,
    connectionsCheckingInterval: Math.min(5000, headMs, requestMs),
    maxHeaderSize: headersBytesMax,
  });
  // Node would drop surplus headers without a word; they are counted and refused instead.
  server.maxHeadersCount = 0;
  server.maxConnections = connectionsMax;
  // It would close connections a request is on its way over.
  server.closeIdleConnections = () => {};
  const guests = new Set<Guest>();
  let accepted = 0;
  let idleMs = 0;
  let closing: Promise<void> | undefined;

  server.on('connection', (guest: Guest) => {
    accepted += 1;
    guests.add(guest);
    // One listener a connection, where one a request would cost as much as the rest of the door.
    guest.on('close', () => {
      guests.delete(guest);
      for (const visit of visitsOf(guest)) visit.gone();
    });
    if (closing) seeOff(guest);
  });

  function leave(visit: Visit): void {
    const guest: Guest = visit.socket;
    if (guest[LATEST] === visit) guest[LATEST] = visit.earlier;
    else for (let later = guest[LATEST]; later; later = later.earlier) if (later.earlier === visit) later.earlier = visit.earlier;
    if (closing) seeOff(guest);
  }

  /**
   * Closes a connection once it has been idle for as long as the drain: a caller whose answer began before the stop
   * could not be told to ask elsewhere, and what it sends next may be on its way.
   */
  function seeOff(guest: Guest): void {
    const { bytesRead } = guest;
    // What has arrived by then is read before it is looked at.
    const callOff = world.after(idleMs, () => setImmediate(look));
    const look = () => {
      guest.off('close', callOff);
      if (guest[LATEST] || guest.destroyed) return;
      if (guest.bytesRead === bytesRead) guest.destroySoon();
      else seeOff(guest);
    };
    guest.once('close', callOff);
  }

  async function close(graceMs: number, drainMs: number): Promise<void> {
    idleMs = drainMs;
    const closed = once(server, 'close');
    for (const guest of guests) {
      for (const visit of visitsOf(guest)) visit.closeAfter();
      if (!guest[LATEST]) seeOff(guest);
    }
    if (drainMs > 0) await new Promise<void>((resolve) => world.after(drainMs, resolve));
    await everyoneIn();
    server.close();
    const callOff = world.after(graceMs, () => {
      // Before the sockets say so themselves, which is after the server has said it is closed: calls are booked first.
      for (const guest of guests) for (const visit of visitsOf(guest)) visit.gone();
      server.closeAllConnections();
    });
    await closed;
    callOff();
    // Sockets say that they are closed after the server has.
    await Promise.all([...guests].map((guest) => new Promise((resolve) => guest.once('close', resolve))));
  }

  /** Lets in whom the system has taken for us already: closing would hang up on them unheard. */
  async function everyoneIn(): Promise<void> {
    for (let turn = 0, before = -1; turn < TURNS_MAX && before !== accepted; turn += 1) {
      before = accepted;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  function welcome(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const guest: Guest = request.socket;
    const visit = new Visit(request, response, leave);
    visit.earlier = guest[LATEST];
    guest[LATEST] = visit;
    if (closing) visit.closeAfter();
    const objection = objectionTo(request);
    if (objection) door.refuse(visit, objection, visit);
    else visit.run(door, awaitsContinue);
  }
  server.on('request', (request, response) => welcome(request, response, false));
  server.on('checkContinue', (request, response) => welcome(request, response, true));
  server.on('checkExpectation', (request, response) => {
    const visit = new Visit(request, response, leave);
    door.refuse(visit, { status: 417, message: 'the only expectation that can be met is 100-continue' }, visit);
  });

  server.on('clientError', (error: Error & { code?: string }, socket) => {
    const guest = socket as Guest;
    const refusal = spoiling(error.code);
    if (guest[LATEST]?.spoiled(door, refusal)) return;
    if (guest[LATEST] || !guest.writable || error.code === 'ECONNRESET') return guest.destroy();
    guest.end(rawRefusal(refusal));
    // Time to read it; a caller who then does not hang up would hold the connection for ever.
    const hangUp = world.after(REFUSED_MS, () => guest.destroy());
    guest.once('close', hangUp);
  });

  server.listen(port, host);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    get connections() {
      return guests.size;
    },
    close(graceMs, drainMs = 0) {
      closing ??= close(graceMs, drainMs);
      return closing;
    },
  };
}
