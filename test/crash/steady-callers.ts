import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Programs that call over kept connections, one call after the other. They connect to gateways that say they are
 * ready, as a load balancer has them do, and to another where one refuses to be connected to or closes a connection
 * at rest: whatever else happens is a failure.
 */
export interface SteadyCallers {
  /** Ids of calls that were answered whole. */
  readonly answered: readonly string[];
  /** What went wrong, in words. */
  readonly failures: readonly string[];
  /** Watches whether a gateway is ready, and resolves when it first is. */
  open(url: string): Promise<void>;
  gone(url: string): void;
  /** Resolves once every caller has the answer it waits for. */
  stop(): Promise<void>;
}

interface Options {
  readonly count: number;
  readonly pauseMsMax: number;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  /** What is asked for; whether it streams, and how a whole answer to it ends. */
  readonly questions: readonly Question[];
}

export interface Question {
  readonly path: string;
  readonly body: string;
  /** The end of the body of a whole answer. */
  readonly ends: RegExp;
}

export function startSteadyCallers({ count, pauseMsMax, chance, questions }: Options): SteadyCallers {
  const answered: string[] = [];
  const failures: string[] = [];
  const watched = new Set<string>();
  const ready = new Set<string>();
  let stopped = false;

  async function call(): Promise<void> {
    let line: Line | undefined;
    while (!stopped) {
      line ??= await connect();
      if (!line) continue;
      const question = questions[Math.floor(chance() * questions.length)]!;
      const answer = await line.ask(question);
      if (answer === 'closed at rest') {
        line = undefined;
        continue;
      }
      const problem = problemWith(answer, question);
      if (problem === undefined) answered.push(/x-headgate-call-id: (\S+)/i.exec(answer.text)![1]!);
      else failures.push(`${question.path}: ${problem}`);
      if (answer.closed || /^connection: close/im.test(answer.text)) {
        line.hangUp();
        line = undefined;
      }
      await pause(chance() * pauseMsMax);
    }
    line?.hangUp();
  }

  async function connect(): Promise<Line | undefined> {
    const url = [...ready][Math.floor(chance() * ready.size)];
    if (!url) return void (await pause(5));
    const outcome = await lineTo(Number(new URL(url).port));
    if (typeof outcome !== 'string') return outcome;
    if (outcome !== 'ECONNREFUSED') failures.push(`connecting: ${outcome}`);
    return undefined;
  }

  async function watch(url: string, heard: () => void): Promise<void> {
    for (; watched.has(url); await pause(LOOK_MS)) {
      if (await isReady(url)) {
        ready.add(url);
        heard();
      } else ready.delete(url);
    }
    ready.delete(url);
  }

  let running: Promise<unknown> | undefined;
  return {
    answered,
    failures,
    async open(url) {
      watched.add(url);
      await new Promise<void>((resolve) => void watch(url, resolve));
      running ??= Promise.all(Array.from({ length: count }, call));
    },
    gone: (url) => watched.delete(url),
    async stop() {
      stopped = true;
      await running;
    },
  };
}

/** Between two looks at whether a gateway is ready. */
const LOOK_MS = 25;

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`, { headers: { connection: 'close' } }).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.ok;
    },
    () => false,
  );

interface Answer {
  readonly text: string;
  /** The connection ended with it. */
  readonly closed: boolean;
}

interface Line {
  ask(question: Question): Promise<Answer | 'closed at rest'>;
  hangUp(): void;
}

/** A connection, or the code of the error there was instead. */
function lineTo(port: number): Promise<Line | string> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1');
  let text = '';
  let closed: string | undefined;
  let heard = (): void => {};
  socket.on('data', (data: string) => {
    text += data;
    heard();
  });
  // An end is heard of before the socket is closed: nobody may ask in between.
  socket.on('end', () => {
    closed ??= 'ended';
    heard();
  });
  return new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      closed ??= error.code ?? error.message;
      resolve(closed);
      heard();
    });
    socket.on('connect', () =>
      resolve({
        hangUp: () => socket.destroy(),
        ask: ({ path, body }) => {
          if (closed !== undefined) return Promise.resolve('closed at rest');
          text = '';
          socket.write(
            `POST ${path} HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
          );
          return new Promise((answer) => {
            heard = () => {
              if (isWhole(text)) answer({ text, closed: closed !== undefined });
              else if (closed !== undefined) answer({ text: `${text}\n(${closed})`, closed: true });
            };
          });
        },
      }),
    );
  });
}

function problemWith({ text }: Answer, { ends }: Question): string | undefined {
  if (!isWhole(text)) return `broke off after ${text.length} bytes: ${text.slice(-200)}`;
  if (!text.startsWith('HTTP/1.1 200 ')) return text.slice(0, 300);
  return ends.test(text) ? undefined : `ended with ${text.slice(-200)}`;
}

function isWhole(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /^content-length: (\d+)/im.exec(text.slice(0, headEnd));
  return length ? text.length >= headEnd + 4 + Number(length[1]) : text.endsWith('\r\n0\r\n\r\n');
}
