// Sends calls at moments fixed beforehand, whether or not earlier ones have come back, and counts each
// one's time from the moment it was due: waiting in line is part of the time, as it is for users.
import net from 'node:net';
import { percentile } from './figures.ts';

interface Plan {
  readonly host: string;
  readonly port: number;
  readonly request: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** `whole`: until the answer is in; `first`: until the first event of its body is. */
  readonly until: 'whole' | 'first';
}

export interface Times {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly calls: number;
}

const { host, port, request, perSecond, seconds, until } = JSON.parse(process.argv[2]!) as Plan;
const total = perSecond * seconds;
const times = new Float64Array(total);
let sent = 0;
let done = 0;
let timed = 0;

class Line {
  readonly socket = net.connect({ host, port, noDelay: true });
  dueUs = 0;
  #seen = '';
  #timed = false;

  constructor() {
    this.socket.on('error', (error) => fail(error.message));
    this.socket.on('data', (data) => this.#hear(data.toString('latin1')));
  }

  send(dueUs: number): void {
    this.dueUs = dueUs;
    this.#timed = false;
    this.socket.write(request);
  }

  #hear(text: string): void {
    this.#seen += text;
    const headEnd = this.#seen.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    if (!this.#seen.startsWith('HTTP/1.1 200')) fail(this.#seen.slice(0, 500));
    const length = /content-length: (\d+)/i.exec(this.#seen)?.[1];
    const whole = length === undefined ? this.#seen.endsWith('\r\n0\r\n\r\n') : this.#seen.length >= headEnd + 4 + Number(length);
    if (!this.#timed && (whole || (until === 'first' && this.#seen.includes('data: ', headEnd)))) {
      this.#timed = true;
      times[timed++] = nowUs() - this.dueUs;
    }
    if (!whole) return;
    this.#seen = '';
    idle.push(this);
    done += 1;
    if (done === total) report();
  }
}

function fail(why: string): never {
  console.error(`open loop: ${why}`);
  process.exit(1);
}

const nowUs = () => performance.now() * 1000;
const idle: Line[] = [];
const beginUs = nowUs() + 200_000;

/** Never sleeps: a timer's millisecond is coarser than what is measured. */
function pump(): void {
  const elapsedUs = nowUs() - beginUs;
  while (sent < total && (sent * 1e6) / perSecond <= elapsedUs) {
    (idle.pop() ?? new Line()).send(beginUs + (sent * 1e6) / perSecond);
    sent += 1;
  }
  if (done < total) setImmediate(pump);
}

function report(): void {
  times.sort();
  console.log(JSON.stringify({ p50Us: percentile(times, 0.5), p99Us: percentile(times, 0.99), calls: total } satisfies Times));
  process.exit(0);
}

pump();
