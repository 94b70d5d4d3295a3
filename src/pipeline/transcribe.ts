import type { Asking } from '../lanes/lane.ts';
import type { Sink } from '../model/sink.ts';
import type { Transcript } from '../model/transcript.ts';
import type { World } from '../world/world.ts';

/** Whose calls are kept, how much of each, and by whom. */
export interface TranscribeOptions {
  /** Features whose calls are kept; absent: all. */
  readonly features?: readonly string[];
  /** Most bytes kept of a request, and of an answer. */
  readonly bytesMax: number;
  keep(transcript: Transcript): void;
}

/** A sink that passes everything on and keeps what its call asked and answered, where that call is to be kept. Refusals have no answer. */
export function transcribed({ inbound, caller }: Asking, sink: Sink, { features, bytesMax, keep }: TranscribeOptions, world: World): Sink {
  if (features && !features.includes(caller.feature ?? '')) return sink;
  const kept: Uint8Array[] = [];
  let callId = '';
  let answerBytes = 0;
  let room = bytesMax;

  function hear(bytes: Uint8Array | undefined): void {
    if (!bytes) return;
    answerBytes += bytes.length;
    if (room === 0) return;
    // A copy: what is passed on may be used again once it is sent.
    kept.push(Uint8Array.prototype.slice.call(bytes, 0, room));
    room = Math.max(0, room - bytes.length);
  }
  const tell = (): void =>
    keep({
      callId,
      endedMs: world.now(),
      request: inbound.body.toString('utf8', 0, bytesMax),
      answer: Buffer.concat(kept).toString(),
      requestBytes: inbound.body.length,
      answerBytes,
    });

  return {
    head(status, headers) {
      callId = headers[CALL_ID] ?? '';
      sink.head(status, headers);
    },
    write(bytes) {
      hear(bytes);
      return sink.write(bytes);
    },
    end(bytes) {
      hear(bytes);
      tell();
      sink.end(bytes);
    },
    fail(failure, headers) {
      callId = headers[CALL_ID] ?? '';
      tell();
      sink.fail(failure, headers);
    },
    onDrained: (work) => sink.onDrained(work),
  };
}

const CALL_ID = 'x-headgate-call-id';
