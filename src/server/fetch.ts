import type { Running } from '../model/sink.ts';
import type { Door } from './door.ts';
import { headerText } from './header-text.ts';
import type { Outlet } from './rooms.ts';

/**
 * The door as a `fetch`: an official SDK given this one works in process, with no socket. Only the path
 * of the address counts. An aborted signal ends the call as a closed connection would.
 */
export function doorFetch(door: (...asked: Parameters<Door>) => Running): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    const body = Buffer.from(await request.arrayBuffer());
    const { signal } = request;
    signal.throwIfAborted();
    return new Promise<Response>((resolve, reject) => {
      let running: Running | undefined;
      const outlet = responseOutlet(resolve, () => running?.cancel());
      signal.addEventListener('abort', () => {
        running?.cancel();
        reject(signal.reason);
        outlet.abort(signal.reason);
      });
      running = door({ method: request.method, target: pathname + search, headers: Object.fromEntries(request.headers), body }, outlet);
    });
  };
}

/** An outlet whose answer becomes a `Response`: at once when it is one piece, as a stream otherwise. */
function responseOutlet(resolve: (response: Response) => void, left: () => void): Outlet & { abort(reason: unknown): void } {
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
          left();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
    );
    resolve(new Response(body, head));
    return controller!;
  }

  return {
    head(status, headers) {
      head = { status, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, headerText(value)])) };
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
      if (!controller) return resolve(new Response(bytes && new Uint8Array(bytes), head));
      if (bytes?.length) controller.enqueue(bytes);
      controller.close();
    },
    onDrained(work) {
      drained = work;
    },
    abort(reason) {
      if (over) return;
      over = true;
      controller?.error(reason);
    },
  };
}
