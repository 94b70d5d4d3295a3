import type { Transcript } from '../model/transcript.ts';
import type { Database, Insert } from './database.ts';

/** Where transcripts go. */
export const TRANSCRIPT: Insert = {
  table: 'transcript',
  columns: {
    call_id: 'text',
    ended_ms: 'bigint',
    request: 'text',
    answer: 'text',
    request_bytes: 'bigint',
    answer_bytes: 'bigint',
  },
  key: ['call_id'],
  conflict: 'keep',
};

const ONE = `select ${Object.keys(TRANSCRIPT.columns).join(', ')} from transcript where call_id = $1`;

/** Keeps what a call said; one that is there stays as it is. */
export async function keepTranscript(db: Database, transcript: Transcript): Promise<void> {
  const { callId, endedMs, request, answer, requestBytes, answerBytes } = transcript;
  // PostgreSQL's text holds no NUL, which JSON only has escaped but a broken body may.
  const clean = (text: string) => text.replaceAll('\0', '�');
  await db.insert(TRANSCRIPT, [[callId, endedMs, clean(request), clean(answer), requestBytes, answerBytes]]);
}

/** What a call said; undefined where that was not kept. */
export async function transcriptOf(db: Database, { callId }: { readonly callId: string }): Promise<Transcript | undefined> {
  const [row] = await db.all(ONE, [callId]);
  return (
    row && {
      callId,
      endedMs: Number(row['ended_ms']),
      request: String(row['request']),
      answer: String(row['answer']),
      requestBytes: Number(row['request_bytes']),
      answerBytes: Number(row['answer_bytes']),
    }
  );
}
