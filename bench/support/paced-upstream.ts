// A provider that streams: the first event at once, then one every `gapMs`, each bearing the moment it was sent.
// Raw sockets, because at 20,000 events a second node:http would be the bottleneck of the load core.
import net from 'node:net';

const { port, gapMs, ticks } = JSON.parse(process.argv[2]!) as { port: number; gapMs: number; ticks: number };

interface Stream {
  readonly socket: net.Socket;
  left: number;
}

/** Streams by the part of the gap in which their next event is due, so that events spread evenly. */
const wheel: Set<Stream>[] = Array.from({ length: ticks }, () => new Set());
let hand = 0;

const frame = (data: string) => {
  const text = `data: ${data}\n\n`;
  return `${text.length.toString(16)}\r\n${text}\r\n`;
};
const chunk = (delta: object, finish: string | null = null) =>
  frame(
    JSON.stringify({
      id: 'chatcmpl-bench',
      object: 'chat.completion.chunk',
      created: 1_790_000_000,
      model: 'gpt-6-luna',
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      usage: null,
      obfuscation: 'x'.repeat(60),
    }),
  );
const USAGE = frame(
  '{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1790000000,"model":"gpt-6-luna","choices":[],"usage":{"prompt_tokens":190,"completion_tokens":121,"total_tokens":311}}',
);
const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nx-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n';

/** Microseconds of the clock all processes of a machine share. */
const nowUs = () => Number(process.hrtime.bigint() / 1000n);
const word = () => chunk({ content: `@${nowUs()} ` });

function turn(): void {
  hand = (hand + 1) % ticks;
  for (const stream of wheel[hand]!) {
    stream.left -= 1;
    if (stream.left > 0) stream.socket.write(word());
    else {
      stream.socket.write(`${chunk({}, 'stop')}${USAGE}${frame('[DONE]')}0\r\n\r\n`);
      wheel[hand]!.delete(stream);
    }
  }
}
setInterval(turn, gapMs / ticks);

net
  .createServer({ noDelay: true }, (socket) => {
    let seen = '';
    let stream: Stream | undefined;
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const slot of wheel) if (stream) slot.delete(stream);
    });
    socket.on('data', (data) => {
      seen += data.toString('latin1');
      const headEnd = seen.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? 0);
      if (seen.length < headEnd + 4 + length) return;
      // How many events: the request's `max_tokens`.
      const events = Number(/"max_tokens":(\d+)/.exec(seen)?.[1] ?? 1);
      seen = '';
      stream = { socket, left: events };
      socket.write(HEAD + chunk({ role: 'assistant', content: '' }) + word());
      wheel[hand]!.add(stream);
    });
  })
  .listen({ port, host: '127.0.0.1', backlog: 8192 });
