import net from 'node:net';

/*
 * The provider of the crash test, in a process of its own: the same words for everybody, whole or streamed, and
 * no model called `absent`. Raw sockets, because it shares two cores with all the rest. Prints where it is.
 */

const USAGE = { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 };
const ABOUT = { id: 'chatcmpl-crash', created: 1_790_000_000, model: 'gpt-5-mini' };
const message = { role: 'assistant', content: 'Oslo, Rome and Lima.', refusal: null };
const whole = { ...ABOUT, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }], usage: USAGE };
const piece = (delta: object, finish_reason: string | null = null) => ({
  ...ABOUT,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
});
const pieces = [
  piece({ role: 'assistant', content: '' }),
  ...['Oslo, ', 'Rome ', 'and Lima.'].map((content) => piece({ content })),
  piece({}, 'stop'),
  { ...ABOUT, object: 'chat.completion.chunk', choices: [], usage: USAGE },
];
const events = [...pieces.map((each) => JSON.stringify(each)), '[DONE]'].map((data) => `data: ${data}\n\n`);
const missing = { error: { message: 'The model `absent` does not exist', type: 'invalid_request_error', code: 'model_not_found' } };

const answer = (status: string, type: string, body: string) =>
  `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const chunked = (texts: readonly string[]) => [...texts, ''].map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('');
const WHOLE = answer('200 OK', 'application/json', JSON.stringify(whole));
const MISSING = answer('404 Not Found', 'application/json', JSON.stringify(missing));
const STREAM = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${chunked(events)}`;

const server = net.createServer({ noDelay: true }, (socket) => {
  let seen = '';
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    seen += data.toString('latin1');
    const headEnd = seen.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? 0);
    if (headEnd < 0 || seen.length < headEnd + 4 + length) return;
    const body = seen.slice(headEnd + 4);
    seen = '';
    socket.write(body.includes('"absent"') ? MISSING : body.includes('"stream":true') ? STREAM : WHOLE);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`));
