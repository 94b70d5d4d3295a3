import type { Intake } from './intake.ts';
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
    const head = { method: request.method, path: pathname + search, headers: { host, ...Object.fromEntries(request.headers) } };
    const body = new Uint8Array(await request.arrayBuffer());
    const intake = simulator.intake(head);
    if (intake) await takenIn(intake, body.length, request.signal);
    request.signal.throwIfAborted();
    return new Promise<Response>((answer, fail) => {
      let writer: ReadableStreamDefaultController<Uint8Array> | undefined;
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          writer = controller;
        },
        cancel: () => left(),
      });
      const left = simulator.handle(
        { ...head, body },
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

const takenIn = (intake: Intake, bytes: number, signal: AbortSignal): Promise<void> =>
  new Promise((more, fail) => {
    const callOff = intake.take(bytes, more, () => fail(broken()));
    signal.addEventListener('abort', () => {
      callOff();
      fail(signal.reason);
    });
  });

const broken = () => new TypeError('fetch failed', { cause: new Error('the simulated connection was reset') });
