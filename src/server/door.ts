import { deeperThan } from '../dialects/depth.ts';
import { inboundOf } from '../lanes/inbound.ts';
import type { Caller } from '../model/caller.ts';
import { type Failure, failureOf, invalid } from '../model/failure.ts';
import type { Running } from '../model/sink.ts';
import { enterAdmin, isAdminPath } from './admin/admin.ts';
import { authenticated } from './authenticated.ts';
import { defer, isDeferred } from './batches/deferred-calls.ts';
import { enterBatches, type Feed } from './batches/enter.ts';
import { createOnce } from './batches/once.ts';
import { optionsOf, visibleMaxOf } from './call-headers.ts';
import { callerOf } from './caller.ts';
import { modelsAnswer } from './models.ts';
import { NativeSink, type Refusal } from './native-sink.ts';
import type { DoorRequest, DoorRooms, Outlet, Page, RequestHead } from './rooms.ts';
import { type Endpoint, guessDialect, type Route, routeOf } from './routes.ts';
import { unpacksFrom } from './unpack.ts';
import { upstreamHeaders } from './upstream-headers.ts';

/** The gateway as a function: a request in, an answer out. `node:http`, an in-process `fetch` and tests call the same one. */
export interface Door {
  (request: DoorRequest, outlet: Outlet): Running;
  /**
   * Judges a request by its head, before its body is read. Returns what takes the body, or undefined
   * when the answer has been given.
   */
  enter(head: RequestHead, outlet: Outlet): Taker | undefined;
  /** Says no in the words of whichever dialect the request seems to speak. */
  refuse(head: RequestHead, refusal: Refusal, outlet: Outlet): void;
  /** Largest body worth reading: a larger one is refused. */
  readonly bodyBytesMax: number;
}

/** Takes a body once it is whole; or `feed` does as it comes, of any length. */
export type Taker = ((body: Buffer) => Running) & { readonly feed?: Feed };

/** Nothing runs: the answer has been given. */
const DONE: Running = { cancel() {} };

export function createDoor(rooms: DoorRooms): Door {
  const { limits, world } = rooms;
  const once = createOnce(world, rooms.idempotency);

  function enter(head: RequestHead, outlet: Outlet): Taker | undefined {
    const route = routeOf(head.target);
    if (!route) {
      const feed = enterBatches(head, outlet, rooms, once);
      if (feed) return feed === 'answered' ? undefined : Object.assign((body: Buffer) => feed(inOnePiece(body)), { feed });
      if (rooms.admin && isAdminPath(head.target) && rooms.admin.tokens().length > 0) return enterAdmin(head, outlet, rooms.admin);
      const page = rooms.page?.(head);
      if (page) return show(page, outlet);
      return refuse(head, { status: 404, message: `there is nothing at ${head.method} ${pathOf(head)}` }, outlet);
    }
    const { endpoint } = route;
    if (head.method !== endpoint.method && !(head.method === 'HEAD' && endpoint.method === 'GET')) {
      const message = `${pathOf(head)} takes ${endpoint.method}, not ${head.method}`;
      return refuse(head, { status: 405, message, headers: { allow: endpoint.method } }, outlet);
    }
    switch (endpoint.does) {
      case 'health':
        return tellHealth(endpoint.of === 'process' || rooms.ready(), outlet);
      case 'models':
        return tellModels(route, head, outlet);
      case 'call':
        return enterCall(endpoint, head, outlet);
      default:
        endpoint satisfies never;
    }
  }

  function enterCall(endpoint: Endpoint & { does: 'call' }, head: RequestHead, outlet: Outlet) {
    const sink = new NativeSink(outlet, endpoint.dialect, world);
    const caller = authenticated(head.headers, rooms.authenticate);
    if ('kind' in caller) {
      rooms.refused?.(caller.kind);
      return sink.deny(caller);
    }
    const coding = head.headers['content-encoding'];
    if (coding === undefined) return (body: Buffer) => ask(endpoint, head, caller, body, sink);
    const unpack = unpacksFrom(String(coding));
    if (!unpack) return sink.refuse({ status: 415, message: 'content-encoding must be one of gzip, deflate, br, zstd' });
    return (body: Buffer) => {
      let running: Running | undefined;
      let left = false;
      unpack(body, limits.bodyBytesMax, (outcome) => {
        if (left) return;
        if ('kind' in outcome) turnAway(outcome, sink);
        else running = ask(endpoint, head, caller, outcome.body, sink);
      });
      return {
        cancel() {
          left = true;
          running?.cancel();
        },
      };
    };
  }

  function ask({ operation, dialect }: Endpoint & { does: 'call' }, head: RequestHead, caller: Caller, body: Buffer, sink: NativeSink) {
    try {
      if (body.length === 0) invalid('the request body is empty: it must be a JSON object');
      if (deeperThan(body, limits.depthMax)) invalid(`the request body is nested deeper than ${limits.depthMax} levels`);
      const maxVisibleTokens = visibleMaxOf(head.headers);
      if (isDeferred(head)) return defer({ operation, dialect, head, caller, body }, sink, rooms.batches, once);
      const asked = inboundOf(operation, dialect, upstreamHeaders(head.headers), body);
      const inbound = maxVisibleTokens === undefined || operation !== 'generate' ? asked : { ...asked, maxVisibleTokens };
      return rooms.call({ inbound, caller: callerOf(caller, head.headers, inbound.head.account), ...optionsOf(head.headers) }, sink);
    } catch (error) {
      turnAway(failureOf(error), sink);
      return DONE;
    }
  }

  function turnAway(failure: Failure, sink: NativeSink): void {
    rooms.refused?.(failure.kind);
    sink.fail(failure, {});
  }

  function tellHealth(well: boolean, outlet: Outlet): undefined {
    outlet.head(well ? 200 : 503, { 'content-type': 'application/json' });
    outlet.end(Buffer.from(JSON.stringify({ status: well ? 'ok' : 'unready' })));
  }

  function show({ status, headers, body }: Page, outlet: Outlet): undefined {
    outlet.head(status, headers);
    outlet.end(Buffer.from(body));
  }

  function tellModels(route: Route, head: RequestHead, outlet: Outlet): undefined {
    const sink = new NativeSink(outlet, guessDialect(head), world);
    const caller = authenticated(head.headers, rooms.authenticate);
    if ('kind' in caller) return sink.deny(caller);
    try {
      const listings = { models: () => rooms.models(caller), model: (id: string) => rooms.model(id, caller) };
      const answer = modelsAnswer(listings, route, sink.dialect);
      sink.head(200, { 'content-type': 'application/json' });
      sink.end(Buffer.from(JSON.stringify(answer)));
    } catch (error) {
      sink.fail(failureOf(error), {});
    }
  }

  function refuse(head: RequestHead, refusal: Refusal, outlet: Outlet): undefined {
    new NativeSink(outlet, guessDialect(head), world).refuse(refusal);
  }

  const door = (request: DoorRequest, outlet: Outlet): Running => {
    const take = enter(request, outlet);
    if (!take) return DONE;
    if (take.feed || request.body.length <= limits.bodyBytesMax) return take(request.body);
    refuse(request, tooLarge(limits.bodyBytesMax), outlet);
    return DONE;
  };
  return Object.assign(door, { enter, refuse, bodyBytesMax: limits.bodyBytesMax });
}

async function* inOnePiece(body: Buffer): AsyncGenerator<Uint8Array> {
  if (body.length > 0) yield body;
}

/** The path without its query, which may hold anything, and at most 200 characters of it. */
const pathOf = ({ target }: RequestHead) => target.split('?', 1)[0]!.slice(0, 200);

/** A body of more bytes than are read. */
export const tooLarge = (bytesMax: number): Refusal => ({
  status: 413,
  message: `the request body is larger than ${bytesMax} bytes`,
});
