import { newsIn } from '../monitor/alerts/news.ts';
import { openAlerts, waitingLetters } from '../store/alerts.ts';
import { EXIT } from './exit.ts';
import { say, table } from './print.ts';
import { openLedger } from './read-ledger.ts';

interface ListOptions {
  readonly config?: string;
  readonly json?: boolean;
}

const LETTERS_MAX = 50;

/** `headgate alerts list`: what is open in the ledger's database, and what is to be told. */
export async function alertsList({ config: named, json }: ListOptions): Promise<number> {
  const opened = await openLedger(named);
  if (!opened) return EXIT.failed;
  const { db } = opened;
  try {
    const open = await openAlerts(db, {});
    const letters = await waitingLetters(db, { most: LETTERS_MAX });
    const told = open.map(({ body, ...rest }) => ({ ...rest, news: newsIn(body) }));
    if (json) say(JSON.stringify({ open: told, waiting: letters.map(({ body, ...rest }) => ({ ...rest, news: newsIn(body) })) }));
    else for (const line of lines(told, letters)) say(line);
  } finally {
    await db.close();
  }
  return EXIT.ok;
}

function lines(
  open: readonly { readonly firedMs: number; readonly news: ReturnType<typeof newsIn> }[],
  letters: Awaited<ReturnType<typeof waitingLetters>>,
): string[] {
  if (open.length + letters.length === 0) return ['No alert is open, and nothing is on its way.'];
  const time = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  const rows = table(
    ['SINCE (UTC)', 'SEVERITY', 'ALERT', 'WHAT'],
    open.map(({ firedMs, news }) => [time(firedMs), news.severity, news.fingerprint, news.summary]),
  );
  const ways = table(
    ['WRITTEN (UTC)', 'TO', 'TRIES', 'STATE', 'ALERT'],
    letters.map(({ createdMs, recipient, tries, dead, fingerprint }) => [
      time(createdMs),
      recipient,
      String(tries),
      dead ? 'given up' : 'on its way',
      fingerprint,
    ]),
  );
  return [...rows, ...(rows.length > 0 && ways.length > 0 ? [''] : []), ...ways];
}
