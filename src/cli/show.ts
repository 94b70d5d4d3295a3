import type { UsageRecord } from '../accounting/record.ts';
import { formatUsd } from '../model/money.ts';
import type { Transcript } from '../model/transcript.ts';
import { inputTokens, outputTokens } from '../model/usage.ts';
import { records } from '../store/records.ts';
import { transcriptOf } from '../store/transcripts.ts';
import { EXIT } from './exit.ts';
import { complain, say, table } from './print.ts';
import { openLedger } from './read-ledger.ts';

interface ShowOptions {
  readonly config?: string;
  readonly json?: boolean;
}

const ATTEMPTS_MAX = 1000;

/** `headgate show CALL`: a call's attempts, and what was said in it where that is kept. */
export async function show(callId: string, { config: named, json }: ShowOptions): Promise<number> {
  const opened = await openLedger(named);
  if (!opened) return EXIT.failed;
  const { db } = opened;
  try {
    const attempts = (await records(db, { callId, limit: ATTEMPTS_MAX })).toReversed();
    if (attempts.length === 0) {
      complain(`error: there is no call "${callId}" in the ledger; answers bear their id as x-headgate-call-id`);
      return EXIT.failed;
    }
    const transcript = await transcriptOf(db, { callId });
    if (json)
      say(
        JSON.stringify({ attempts, ...(transcript && { transcript }) }, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      );
    else for (const line of lines(attempts, transcript)) say(line);
    return EXIT.ok;
  } finally {
    await db.close();
  }
}

function lines(attempts: readonly UsageRecord[], transcript: Transcript | undefined): string[] {
  const [first] = attempts;
  const account = [
    `key ${first!.key}`,
    ...(first!.feature ? [`feature ${first!.feature}`] : []),
    ...(first!.user ? [`user ${first!.user}`] : []),
  ];
  const rows = table(
    ['ATTEMPT', 'ENDED (UTC)', 'MODEL', 'OUTCOME', 'INPUT', 'OUTPUT', 'MS', 'COST'],
    attempts.map((one) => [
      `${one.attempt} ${one.reason}`,
      new Date(one.endedAtMs).toISOString().slice(0, 19).replace('T', ' '),
      `${one.provider}/${one.model}`,
      one.outcome,
      String(inputTokens(one)),
      String(outputTokens(one)),
      one.durationMs.toFixed(0),
      one.cost === null ? `${formatUsd(one.costFloor)} or more` : formatUsd(one.cost),
    ]),
  );
  const said = transcript
    ? [...part('Asked', transcript.request, transcript.requestBytes), ...part('Answered', transcript.answer, transcript.answerBytes)]
    : ['', 'What was said is not kept (ledger.transcripts).'];
  return [`${first!.callId}: ${first!.requestedModel}, ${account.join(', ')}`, '', ...rows, ...said];
}

const part = (title: string, text: string, bytes: number): string[] => {
  const cut = Buffer.byteLength(text) < bytes ? `, the beginning of ${bytes} bytes` : '';
  return ['', `${title}${cut}:`, text];
};
