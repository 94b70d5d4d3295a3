import type { Network, OutgoingRequest } from '../model/exchange.ts';
import { type Failure, HeadgateError } from '../model/failure.ts';

/** An answer read whole. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Asks a provider something besides a model's answer. Rejects with a `HeadgateError` where the road fails. */
export const asked = (network: Network, request: OutgoingRequest): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let head = { status: 0, headers: {} as Readonly<Record<string, string>> };
    network.send(request, {
      onHead(status, headers) {
        head = { status, headers };
      },
      onData(bytes) {
        pieces.push(bytes);
      },
      onEnd: () => resolve({ ...head, body: Buffer.concat(pieces).toString() }),
      onError: (failure: Failure) => reject(new HeadgateError(failure)),
    });
  });

/** Bytes read ahead of whoever works on the lines. */
const AHEAD_BYTES = 1024 * 1024;

/**
 * The lines of an answer, some at a time; the provider waits while they are worked on. Rejects with a `HeadgateError`
 * where the road fails, and with one that has the status of an answer that is an error, at its end.
 */
export async function* linesOf(network: Network, request: OutgoingRequest): AsyncGenerator<readonly Buffer[]> {
  let lines: Buffer[] = [];
  let rest: Buffer[] = [];
  let bytesHeld = 0;
  let over = false;
  let failure: Error | undefined;
  let status = 0;
  let wake = () => {};
  const exchange = network.send(request, {
    onHead(code) {
      status = code;
    },
    onData(bytes) {
      bytesHeld += bytes.length;
      let from = 0;
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
        rest.push(bytes.subarray(from, at));
        lines.push(Buffer.concat(rest));
        rest = [];
        from = at + 1;
      }
      // Copied: what the network hands out is its own to use again.
      if (from < bytes.length) rest.push(Buffer.from(bytes.subarray(from)));
      if (bytesHeld > AHEAD_BYTES) exchange.pause();
      wake();
    },
    onEnd() {
      over = true;
      if (rest.length > 0) lines.push(Buffer.concat(rest));
      wake();
    },
    onError(reason) {
      over = true;
      failure = new HeadgateError(reason);
      wake();
    },
  });
  try {
    for (;;) {
      if (lines.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve));
      const some = lines.filter((line) => line.length > 0);
      lines = [];
      bytesHeld = 0;
      const refused = status !== 0 && (status < 200 || status > 299);
      if (some.length > 0 && !refused) yield some;
      exchange.resume();
      if (!over || lines.length > 0) continue;
      if (failure) throw failure;
      if (refused) throw new HeadgateError({ kind: 'broken', message: `the results were answered with status ${status}`, status });
      return;
    }
  } finally {
    if (!over) exchange.abort();
  }
}

const NEWLINE = 0x0a;
