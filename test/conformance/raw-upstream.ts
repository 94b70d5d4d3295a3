import { once } from 'node:events';
import net from 'node:net';

/** How a stream breaks off: its body ends as if it were whole, the connection does, or the connection is reset. */
export const CUTS = ['ends', 'closes', 'is reset'] as const;
export type Cut = (typeof CUTS)[number];

/** What is sent for a request; `after` it `stays`: nothing more comes after that, and the connection stays. */
export interface Piece {
  readonly bytes: string;
  readonly after: Cut | 'stays';
}

/** A provider that sends bytes as they are. It hears the request's model, and what it says of itself. */
export interface RawUpstream {
  readonly url: string;
  /** Requests whose answer is not over, or whose connection still stands though its caller could not want more. */
  readonly underWay: number;
  /** Resolves once the bytes of the next request that comes were sent, with the moment its connection closes. */
  next(): Promise<{ readonly closed: Promise<void> }>;
  close(): Promise<void>;
}

export async function startRawUpstream(pieceFor: (model: string) => Piece): Promise<RawUpstream> {
  const sockets = new Set<net.Socket>();
  const waiting: ((sent: { closed: Promise<void> }) => void)[] = [];
  let underWay = 0;
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let heard = '';
    let answering = false;
    const over = () => {
      if (answering) underWay -= 1;
      answering = false;
    };
    socket.setEncoding('utf8').on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      over();
    });
    socket.on('data', async (text: string) => {
      heard += text;
      const body = bodyOf(heard);
      if (body === undefined) return;
      heard = '';
      answering = true;
      underWay += 1;
      const { bytes, after } = pieceFor((JSON.parse(body) as { model: string }).model);
      socket.write(HEAD + chunk(bytes));
      // What was sent is read before it hears of the rest.
      await turns(4);
      if (after === 'stays') return waiting.shift()?.({ closed: once(socket, 'close').then(() => undefined) });
      over();
      if (after === 'ends') socket.write('0\r\n\r\n');
      else if (after === 'closes') socket.end();
      else socket.resetAndDestroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    get underWay() {
      return underWay;
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const chunk = (text: string) => (text === '' ? '' : `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);

/** The body of a request that is in, measured in bytes of which there is one a letter. */
function bodyOf(heard: string): string | undefined {
  const headEnd = heard.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const length = Number(/^content-length: (\d+)/im.exec(heard)?.[1] ?? 0);
  const body = heard.slice(headEnd + 4);
  return body.length >= length ? body : undefined;
}

/** Turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
