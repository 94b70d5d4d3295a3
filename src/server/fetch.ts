import type { Running } from '../model/sink.ts';
import type { Door } from './door.ts';
import { headerText } from './header-text.ts';
import type { DoorRequest, Outlet } from './rooms.ts';

/**
 * The door as a `fetch`: an official SDK given this one works in process, with no socket. Only the path
 * of the address counts. An aborted signal ends the call as a closed connection would.
 */
export function doorFetch(door: (...asked: Parameters<Door>) => Running): typeof globalThis.fetch {
  return async (input, init) => {
    const { request, signal } = plainly(input, init) ?? (await read(new Request(input, init)));
    signal?.throwIfAborted();
    return new Promise<Response>((resolve, reject) => {
      let running: Running | undefined;
      const abort = () => {
        running?.cancel();
        reject(signal?.reason);
        outlet.abort(signal?.reason);
      };
      const outlet = responseOutlet(resolve, {
        left: () => running?.cancel(),
        // A signal may outlive many calls.
        over: () => signal?.removeEventListener('abort', abort),
      });
      signal?.addEventListener('abort', abort);
      running = door(request, outlet);
    });
  };
}

interface Asked {
  readonly request: DoorRequest;
  readonly signal: AbortSignal | null | undefined;
}

/** What SDKs ask, without the detour over a `Request`, which costs as much as all the rest; undefined where it is not so plain. */
function plainly(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Asked | undefined {
  const { method = 'GET', headers, body, signal } = init;
  if (input instanceof Request || (typeof body !== 'string' && !(body instanceof Uint8Array) && body !== undefined && body !== null))
    return undefined;
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body ?? []);
  return {
    request: doorRequest(method.toUpperCase(), String(input), headers instanceof Headers ? headers : new Headers(headers), bytes),
    signal,
  };
}

async function read(request: Request): Promise<Asked> {
  const body = Buffer.from(await request.arrayBuffer());
  return { request: doorRequest(request.method, request.url, request.headers, body), signal: request.signal };
}

function doorRequest(method: string, url: string, headers: Headers, body: Buffer): DoorRequest {
  const { pathname, search } = new URL(url);
  return { method, target: pathname + search, headers: Object.fromEntries(headers), body };
}

/** An outlet whose answer becomes a `Response`: at once when it is one piece, as a stream otherwise. */
function responseOutlet(
  resolve: (response: Response) => void,
  told: { readonly left: () => void; readonly over: () => void },
): Outlet & { abort(reason: unknown): void } {
  let head: ResponseInit = {};
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let over = false;
  let drained = () => {};

  function open(): ReadableStreamDefaultController<Uint8Array> {
    if (controller) return controller;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (begun) => {
          controller = begun;
        },
        pull: () => drained(),
        cancel() {
          over = true;
          told.over();
          told.left();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
    );
    resolve(new Response(body, head));
    return controller!;
  }

  return {
    head(status, headers) {
      const written: Record<string, string> = {};
      for (const name in headers) written[name] = headerText(headers[name]!);
      head = { status, headers: written };
      if (headers['content-type']?.startsWith('text/event-stream')) open();
    },
    write(bytes) {
      if (over) return true;
      const into = open();
      into.enqueue(bytes);
      return (into.desiredSize ?? 1) > 0;
    },
    end(bytes) {
      if (over) return;
      over = true;
      told.over();
      // A Response copies what it is given.
      if (!controller) return resolve(new Response(bytes as ConstructorParameters<typeof Response>[0], head));
      if (bytes?.length) controller.enqueue(bytes);
      controller.close();
    },
    onDrained(work) {
      drained = work;
    },
    abort(reason) {
      if (over) return;
      over = true;
      told.over();
      controller?.error(reason);
    },
  };
}
