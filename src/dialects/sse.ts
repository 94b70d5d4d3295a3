import type { Machine } from '../model/machine.ts';

/** One server-sent event: the only thing a dialect's stream codec ever sees of the transport. */
export interface Frame {
  readonly event?: string;
  readonly data: string;
}

/**
 * Splits decoded text into frames, whatever the chunk boundaries. An event without its final blank
 * line is still handed over at the end when its data is whole JSON: some servers forget the line.
 * Throws a RangeError on an event without end.
 */
export function sseDecoder(): Machine<string, Frame> {
  let buffer = '';
  let first = true;
  /** The last letters of the buffer, which may begin a blank line; reading them there would join a long event at every chunk. */
  let tail = '';
  return {
    push(text) {
      if (first && text.length > 0) {
        first = false;
        if (text.startsWith('\uFEFF')) text = text.slice(1);
      }
      const frames: Frame[] = [];
      const ended = buffer.length < LONG || BLANK.test(tail + text);
      buffer += text;
      if (buffer.length > EVENT_MAX) throw new RangeError('server-sent event too long');
      tail = text.length < 3 ? (tail + text).slice(-3) : text.slice(-3);
      if (!ended) return frames;
      for (;;) {
        const end = BLANK.exec(buffer);
        if (!end) return frames;
        const frame = parse(buffer.slice(0, end.index));
        buffer = buffer.slice(end.index + end[0].length);
        if (frame) frames.push(frame);
      }
    },
    end() {
      const frame = parse(buffer.replace(/\r$/, ''));
      return frame && isWhole(frame.data) ? [frame] : [];
    },
  };
}

/** An unfinished event of more letters than this is searched only where it grew. */
const LONG = 64 * 1024;

/** An event of more letters than this is no event: the stream is broken, or an attack on memory. */
const EVENT_MAX = 32 * 1024 * 1024;

// A lone CR at the very end may be half of a CRLF: it is left for the next chunk.
const BLANK = /\r\n\r\n|\n\n|\n\r\n|\r\r(?=[^\n])/;

/** A frame as server-sent events write it, its blank line included. */
export const sseText = ({ event, data }: Frame): string => `${event ? `event: ${event}\n` : ''}data: ${data}\n\n`;

function parse(block: string): Frame | undefined {
  let event: string | undefined;
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
  if (data.length === 0) return undefined;
  return { ...(event !== undefined && { event }), data: data.join('\n') };
}

function isWhole(data: string): boolean {
  if (data === '[DONE]') return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
