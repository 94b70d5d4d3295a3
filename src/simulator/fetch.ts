import type { Simulator } from './simulator.ts';

/**
 * The simulator as a `fetch`, for programs and SDKs in the same process: no port, no socket. A
 * reset is a broken body, or a rejected promise before the head.
 */
export const fetchFrom =
  (simulator: Simulator) =>
  async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const { pathname, search, host } = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    request.signal.throwIfAborted();
    return new Promise<Response>((answer, fail) => {
      let writer: ReadableStreamDefaultController<Uint8Array> | undefined;
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          writer = controller;
        },
        cancel: () => left(),
      });
      const broken = () => new TypeError('fetch failed', { cause: new Error('the simulated connection was reset') });
      const left = simulator.handle(
        { method: request.method, path: pathname + search, headers: { host, ...Object.fromEntries(request.headers) }, body },
        {
          head: (status, headers) => answer(new Response(stream, { status, headers })),
          write: (bytes) => writer?.enqueue(bytes),
          end: () => writer?.close(),
          reset: () => {
            fail(broken());
            writer?.error(broken());
          },
        },
      );
      request.signal.addEventListener('abort', () => {
        left();
        fail(request.signal.reason);
        writer?.error(request.signal.reason);
      });
    });
  };
