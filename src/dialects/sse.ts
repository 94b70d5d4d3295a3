import type { Machine } from '../model/machine.ts';

/** One server-sent event: the only thing a dialect's stream codec ever sees of the transport. */
export interface Frame {
  readonly event?: string;
  readonly data: string;
}

/**
 * Splits decoded text into frames, whatever the chunk boundaries. An event without its final blank
 * line is still handed over at the end when its data is whole JSON: some servers forget the line.
 */
export function sseDecoder(): Machine<string, Frame> {
  let buffer = '';
  let first = true;
  return {
    push(text) {
      if (first && text.length > 0) {
        first = false;
        if (text.startsWith('\uFEFF')) text = text.slice(1);
      }
      buffer += text;
      const frames: Frame[] = [];
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

// A lone CR at the very end may be half of a CRLF: it is left for the next chunk.
const BLANK = /\r\n\r\n|\n\n|\n\r\n|\r\r(?=[^\n])/;

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
