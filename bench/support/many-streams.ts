// Reads many paced streams at once, and notes how late each event was: its arrival less the moment it bears.
import net from 'node:net';

interface Plan {
  readonly host: string;
  readonly port: number;
  readonly request: string;
  readonly streams: number;
  /** Opens the streams evenly over this long, in milliseconds. */
  readonly openingMs: number;
  /** How long to count. */
  readonly seconds: number;
}

export interface Lateness {
  readonly events: number;
  readonly worstMs: number;
  /** Events later than 200 ms. */
  readonly stalls: number;
  /** Streams that were not 200 or broke off. */
  readonly broken: number;
  readonly open: number;
  /** What the first broken one said, if it said something. */
  readonly why?: string;
}

const { host, port, request, streams, openingMs, seconds } = JSON.parse(process.argv[2]!) as Plan;
const nowUs = () => Number(process.hrtime.bigint() / 1000n);
let events = 0;
let worstUs = 0;
let stalls = 0;
let broken = 0;
let open = 0;
let why: string | undefined;
/** Counting begins when all streams are open. */
let counting = false;

function read(): void {
  const socket = net.connect({ host, port, noDelay: true });
  let begun = false;
  socket.on('error', () => {});
  socket.on('close', () => {
    broken += 1;
  });
  socket.write(request);
  socket.on('data', (data) => {
    const text = data.toString('latin1');
    if (!begun) {
      begun = true;
      if (text.startsWith('HTTP/1.1 200')) open += 1;
      else {
        broken += 1;
        why ??= text;
      }
    }
    if (!counting) return;
    const arrivedUs = nowUs();
    for (const [, sentUs] of text.matchAll(/@(\d+) /g)) {
      const lateUs = arrivedUs - Number(sentUs);
      events += 1;
      if (lateUs > worstUs) worstUs = lateUs;
      if (lateUs > 200_000) stalls += 1;
    }
  });
}

for (let count = 0; count < streams; count += 1) setTimeout(read, (count * openingMs) / streams);
setTimeout(() => {
  counting = true;
  setTimeout(() => {
    console.log(
      JSON.stringify({ events, worstMs: worstUs / 1000, stalls, broken, open, ...(why !== undefined && { why }) } satisfies Lateness),
    );
    process.exit(0);
  }, seconds * 1000);
}, openingMs + 1500);
