import type { TranscriptsConfig } from './config/config.ts';
import type { Asking } from './lanes/lane.ts';
import type { Notices } from './model/notice.ts';
import type { Sink } from './model/sink.ts';
import type { Transcript } from './model/transcript.ts';
import { transcribed } from './pipeline/transcribe.ts';
import type { Ask } from './store/ask.ts';
import type { World } from './world/world.ts';

interface Rooms {
  readonly world: World;
  readonly notices: Notices;
  readonly ask: Ask;
}

/** Bytes on their way to the database at once; what comes beyond is let go, and told of. */
const WAITING_BYTES_MAX = 32 * 1024 ** 2;

/** Keeps what calls said. They are no books: callers do not wait for them, and a database that is away loses some. */
export function createTranscripts(config: TranscriptsConfig, { world, notices, ask }: Rooms): (asking: Asking, sink: Sink) => Sink {
  let waitingBytes = 0;
  const lost = (message: string) => notices.tell({ type: 'ledgerDropped', count: 1, message: `the transcript of a call: ${message}` });

  function keep(transcript: Transcript): void {
    const bytes = transcript.request.length + transcript.answer.length;
    if (waitingBytes + bytes > WAITING_BYTES_MAX) return lost('too many are waiting to be written');
    waitingBytes += bytes;
    ask('keepTranscript', transcript)
      .catch((error: Error) => lost(error.message))
      .finally(() => {
        waitingBytes -= bytes;
      });
  }

  return (asking, sink) => transcribed(asking, sink, { ...config, keep }, world);
}
