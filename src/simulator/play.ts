import type { Answer, Said, Write } from './answer.ts';
import type { Fault, Timing } from './script.ts';

/** What is said, as it goes: at the pace of `timing`, with what `fault` does to it on the way. */
export function played(said: Said, timing: Timing = {}, fault: Fault = {}): Answer {
  const pieces = withEventFaults(said, fault).map((piece) => Buffer.from(piece));
  const whole = Buffer.concat(pieces);
  if (fault.garbageAtByte !== undefined) GARBAGE.copy(whole, Math.min(fault.garbageAtByte, whole.length));
  const stop = earliestStop(fault, pieces);
  const bytes = whole.subarray(0, stop?.byte);
  const ends = timing.chunkBytes === undefined ? endsOf(pieces) : stepsOf(whole.length, timing.chunkBytes);
  const firstMs = timing.firstMs ?? 0;
  const slowMs = fault.slowFirstByteMs ?? 0;
  const isHeadless = stop !== undefined && stop.byte === 0 && stop.end !== 'end';
  return {
    status: said.status,
    headers: said.headers,
    // A stream's head goes out before the model has said anything; any other answer waits for it.
    headMs: slowMs + (said.streamed ? 0 : firstMs),
    ...(isHeadless && { headless: true as const }),
    writes: paused(writesOf(bytes, ends, said.streamed ? firstMs : 0, timing.chunkMs ?? 0), pauseByte(fault, pieces), fault.pauseMs ?? 0),
    end: stop?.end ?? 'end',
  };
}

const GARBAGE = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x7b, 0x22, 0xff, 0x0b]);

function withEventFaults({ pieces, streamed, inStreamError }: Said, fault: Fault): Said['pieces'] {
  if (!streamed) return pieces;
  let events = [...pieces];
  if (fault.noLastEvent) events = events.slice(0, -1);
  if (fault.garbageAfterEvents !== undefined && fault.garbageAfterEvents < events.length) {
    events[fault.garbageAfterEvents] = String(events[fault.garbageAfterEvents]).replace(/^data: .*$/m, 'data: {"broken": tru');
  }
  if (fault.inStream && inStreamError) {
    const before = Math.min(fault.afterEvents ?? 3, events.length - 1);
    events = [...events.slice(0, before), inStreamError(fault.inStream, before)];
  }
  return events;
}

interface Stop {
  readonly byte: number;
  readonly end: Answer['end'];
}

function earliestStop(fault: Fault, pieces: readonly Buffer[]): Stop | undefined {
  const ends = [0, ...endsOf(pieces)];
  const stops: Stop[] = [];
  const add = (end: Answer['end'], byte: number | undefined, events: number | undefined) => {
    if (byte !== undefined) stops.push({ byte, end });
    if (events !== undefined) stops.push({ byte: ends[Math.min(events, pieces.length)]!, end });
  };
  add('end', fault.cutAtByte, fault.cutAfterEvents);
  add('stall', fault.stallAtByte, fault.stallAfterEvents);
  add('reset', fault.resetAtByte, fault.resetAfterEvents);
  return stops.sort((a, b) => a.byte - b.byte)[0];
}

function endsOf(pieces: readonly Buffer[]): number[] {
  let end = 0;
  return pieces.map(({ length }) => (end += length));
}

/** Where the pause of a fault stands, in bytes; undefined where there is none. */
const pauseByte = ({ pauseAfterEvents }: Fault, pieces: readonly Buffer[]): number | undefined =>
  pauseAfterEvents === undefined ? undefined : pieces.slice(0, pauseAfterEvents).reduce((sum, { length }) => sum + length, 0);

function paused(writes: readonly Write[], atByte: number | undefined, pauseMs: number): Write[] {
  let byte = 0;
  return writes.map((write) => {
    const isNext = atByte !== undefined && byte >= atByte && byte - atByte < write.bytes.length;
    byte += write.bytes.length;
    return isNext ? { ...write, afterMs: write.afterMs + pauseMs } : write;
  });
}

const stepsOf = (length: number, step: number): number[] =>
  Array.from({ length: Math.ceil(length / step) }, (_, index) => Math.min(length, (index + 1) * step));

function writesOf(bytes: Buffer, ends: readonly number[], firstMs: number, chunkMs: number): Write[] {
  const writes: Write[] = [];
  let start = 0;
  for (const end of ends) {
    if (start >= bytes.length) break;
    writes.push({ afterMs: start === 0 ? firstMs : chunkMs, bytes: bytes.subarray(start, Math.min(end, bytes.length)) });
    start = end;
  }
  return writes;
}
