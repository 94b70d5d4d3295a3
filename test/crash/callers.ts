import net from 'node:net';

/** Programs that call again and again, each over a connection of its own, and remember which calls they saw the end of. */
export interface Callers {
  /** Ids of calls whose last byte came. */
  readonly ended: readonly string[];
  /** How many calls a budget turned away. */
  readonly refused: number;
  /** Adds to the gateways called, or takes one away. */
  open(url: string): void;
  gone(url: string): void;
  stop(): void;
}

/** Uniform in [0, 1). */
type Chance = () => number;

const body = (model: string, stream: boolean) =>
  JSON.stringify({ model, stream, max_completion_tokens: 50, messages: [{ role: 'user', content: 'Name three cities.' }] });

function request(chance: Chance): string {
  // One in four is answered by the second target only, one in four is a stream.
  const text = body(chance() < 0.25 ? 'spare' : 'plain', chance() < 0.25);
  // The budget of feature-0 is soon used up, and what it turns away is no load.
  const feature = `feature-${chance() < 0.06 ? 0 : 1 + Math.floor(chance() * 3)}`;
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\nx-headgate-feature: ${feature}\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
}

export function startCallers(count: number, pauseMsMax: number, chance: Chance): Callers {
  const ended: string[] = [];
  const urls = new Set<string>();
  let stopped = false;

  const callers = {
    ended,
    refused: 0,
    open: (url: string) => void urls.add(url),
    gone: (url: string) => void urls.delete(url),
    stop() {
      stopped = true;
    },
  };

  function connect(): void {
    if (stopped) return;
    const url = [...urls][Math.floor(chance() * urls.size)];
    if (!url) return void setTimeout(connect, 5);
    const socket = net.connect({ port: Number(new URL(url).port), host: '127.0.0.1', noDelay: true });
    let seen = '';
    const next = (): void => {
      if (stopped) socket.destroy();
      else socket.write(request(chance));
    };
    socket.setEncoding('latin1');
    socket.on('connect', next);
    socket.on('error', () => undefined);
    socket.on('close', () => setTimeout(connect, 1));
    socket.on('data', (data: string) => {
      seen += data;
      if (!isWhole(seen)) return;
      const id = /x-headgate-call-id: (\S+)/i.exec(seen)?.[1];
      if (id && seen.startsWith('HTTP/1.1 200')) ended.push(id);
      else if (seen.startsWith('HTTP/1.1 402')) callers.refused += 1;
      seen = '';
      setTimeout(next, chance() * pauseMsMax);
    });
  }

  for (let index = 0; index < count; index += 1) connect();
  return callers;
}

function isWhole(seen: string): boolean {
  const headEnd = seen.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /^content-length: (\d+)/im.exec(seen.slice(0, headEnd));
  return length ? seen.length >= headEnd + 4 + Number(length[1]) : seen.endsWith('\r\n0\r\n\r\n');
}
