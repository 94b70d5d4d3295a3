import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Script } from './script.ts';
import { createSimulator, type SeenRequest, type Simulator, type SimulatorOptions } from './simulator.ts';

/** A simulator that listens. */
export interface RunningSimulator {
  /** `http://127.0.0.1:<port>`: Anthropic's base URL; OpenAI's is the same with `/v1`. */
  readonly url: string;
  /** What came in, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Plays by other rules from the next request on. */
  script(rules: Script): void;
  /** Ends every connection, those in the middle of an answer too. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 (or `host`); port 0, the default, takes any free one. */
export async function startSimulator({
  port = 0,
  host = '127.0.0.1',
  ...options
}: SimulatorOptions & { readonly port?: number; readonly host?: string } = {}): Promise<RunningSimulator> {
  const simulator = createSimulator(options);
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => receive(simulator, incoming, outgoing));
  server.listen(port, host);
  await listening(server);
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    requests: simulator.requests,
    script: simulator.script,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

const listening = (server: Server): Promise<void> =>
  new Promise((done, fail) => {
    server.once('listening', done);
    server.once('error', fail);
  });

/** One HTTP request, answered by a simulator behind a server of one's own. `path`: the request's as the simulator is to see it. */
export function receive(simulator: Simulator, incoming: IncomingMessage, outgoing: ServerResponse, path = incoming.url ?? '/'): void {
  const head = { method: incoming.method ?? 'GET', path, headers: headersOf(incoming) };
  const intake = simulator.intake(head);
  const chunks: Buffer[] = [];
  let taking = false;
  let callOff = () => {};
  incoming.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (!intake) return;
    incoming.pause();
    taking = true;
    callOff = intake.take(chunk.length, more, () => reset(outgoing.socket));
  });
  incoming.on('end', () => {
    if (!taking) handle();
  });
  outgoing.on('close', () => callOff());

  function more(): void {
    taking = false;
    // A paused stream may end all the same, with its last piece.
    if (incoming.readableEnded) handle();
    else incoming.resume();
  }

  function handle(): void {
    callOff = simulator.handle(
      { ...head, body: Buffer.concat(chunks) },
      {
        head: (status, headers) => {
          outgoing.writeHead(status, headers);
          outgoing.flushHeaders();
        },
        write: (bytes) => outgoing.write(bytes),
        end: () => outgoing.end(),
        reset: () => reset(outgoing.socket),
      },
    );
  }
}

/** What is still on its way out goes first: the far side is to see the bytes before the break. */
function reset(socket: Socket | null): void {
  if (!socket) return;
  if (socket.writableLength === 0) socket.resetAndDestroy();
  else socket.write('', () => socket.resetAndDestroy());
}

const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
