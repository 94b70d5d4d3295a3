import { formatUsd, type Money } from '../model/money.ts';
import type { Change } from '../policy/caching/difference.ts';
import type { CacheReport } from '../policy/caching/report.ts';
import { cacheReports } from '../store/cache-reports.ts';
import type { UsageSum } from '../store/ledger.ts';
import { usage as usageOf } from '../store/usage.ts';
import { EXIT } from './exit.ts';
import { say, table } from './print.ts';
import { openLedger } from './read-ledger.ts';
import { type SpanOptions, spanOf } from './span.ts';
import { savedText } from './usage-text.ts';

interface AdviseOptions extends SpanOptions {
  readonly json?: boolean;
  readonly config?: string;
}

const DAY_MS = 86_400_000;

/** `headgate cache advise`: what caching saved by the ledger, what it could save by what was seen, and what keeps it from working. */
export async function cacheAdvise({ json, config, ...options }: AdviseOptions, nowMs = Date.now()): Promise<number> {
  const span = spanOf(options, nowMs);
  const open = await openLedger(config);
  if (!open) return EXIT.failed;
  let reports: CacheReport[];
  let sums: readonly UsageSum[];
  try {
    reports = (await cacheReports(open.db, { sinceMs: span.fromMs })).map((body) => JSON.parse(body) as CacheReport);
    sums = await usageOf(open.db, { ...span, by: ['feature'], where: {} });
  } finally {
    await open.db.close();
  }
  if (json)
    say(
      JSON.stringify(
        { booked: sums.map(bookedOf), seen: reports.map((report) => ({ ...report, ...adviceOf(report, nowMs) })) },
        undefined,
        2,
      ),
    );
  else for (const line of lines(sums, reports, nowMs)) say(line);
  return EXIT.ok;
}

const bookedOf = ({ feature = '', calls, inputTokens, cacheReadTokens, cacheWriteTokens, cacheSavedNano }: UsageSum) => ({
  feature,
  calls,
  inputTokens,
  cacheReadTokens,
  cacheWriteTokens,
  savedUsd: savedText(cacheSavedNano),
});

function lines(sums: readonly UsageSum[], reports: readonly CacheReport[], nowMs: number): string[] {
  const share = (part: number, whole: number) => (whole === 0 ? '–' : `${((part / whole) * 100).toFixed(1)} %`);
  const booked = sums.filter(({ inputTokens }) => inputTokens > 0);
  const saved = table(
    ['FEATURE', 'CALLS', 'INPUT', 'READ', 'WRITTEN', 'SAVED'],
    booked.map(({ feature = '', calls, inputTokens, cacheReadTokens, cacheWriteTokens, cacheSavedNano }) => [
      feature || '(none)',
      calls.toLocaleString('en'),
      inputTokens.toLocaleString('en'),
      share(cacheReadTokens, inputTokens),
      share(cacheWriteTokens, inputTokens),
      `${cacheSavedNano < 0 ? '-' : ''}$${savedText(Math.abs(cacheSavedNano))}`,
    ]),
  );
  const advice = reports.map((report) => adviceOf(report, nowMs).advice);
  if (saved.length === 0 && advice.length === 0) return ['nothing was used in that time'];
  return [
    ...saved,
    ...(reports.length === 0 ? ['', 'nothing was watched: set cache: plan, for all calls (defaults) or a model'] : ['', ...advice]),
  ];
}

/** Advice in words, with what it is worth a day in dollars where that is known. */
function adviceOf(report: CacheReport, nowMs: number): { readonly advice: string; readonly perDayUsd?: string } {
  const { feature, target, mode, questions, tokens, planned, minutes, inputPico, read = 0, churn, sinceMs } = report;
  const who = `${feature || '(no feature)'} at ${target}`;
  const days = Math.max((nowMs - sinceMs) / DAY_MS, 1 / 24);
  const usd = (count: number): string | undefined =>
    inputPico === undefined ? undefined : formatUsd((BigInt(Math.round((count * inputPico) / days / 1e6)) * 1_000_000n) as Money);
  if (churn) {
    const perDayUsd = usd(churn.tokens * (1 - read) * questions * (churn.misses / churn.questions));
    const shown = churn.was !== undefined && churn.is !== undefined ? `, \`${churn.was}\` then \`${churn.is}\`` : '';
    return {
      advice: `${who}: ${churn.misses} of ${churn.questions} questions begin as none before. ${churn.place} changes at character ${churn.at} (${WORDS[churn.change]}${shown}): ${CURES[churn.change]}${perDayUsd === undefined ? '' : `; worth up to $${perDayUsd} a day`}`,
      ...(perDayUsd !== undefined && { perDayUsd }),
    };
  }
  if (questions < 20) return { advice: `${who}: ${questions} questions seen, too few to say` };
  const perDayUsd = usd(tokens - planned);
  if (minutes === undefined || planned >= tokens)
    return { advice: `${who}: caching does not pay, of ${questions.toLocaleString('en')} questions seen` };
  const kept = minutes >= 60 ? `${minutes / 60} h` : `${minutes} min`;
  const worth = perDayUsd === undefined ? '' : `, $${perDayUsd} a day`;
  return {
    advice:
      mode === 'auto'
        ? `${who}: cached for ${kept}; takes ${(((tokens - planned) / tokens) * 100).toFixed(0)} % off questions${worth}`
        : `${who}: set cache: auto; kept for ${kept} it takes ${(((tokens - planned) / tokens) * 100).toFixed(0)} % off questions${worth}`,
    ...(perDayUsd !== undefined && { perDayUsd }),
  };
}

const WORDS: Readonly<Record<Change, string>> = {
  timestamp: 'a time',
  date: 'a date',
  uuid: 'an id',
  counter: 'a number that counts',
  random: 'random letters',
  number: 'a number',
  flag: 'a flag',
  whitespace: 'white space',
  keyOrder: 'keys in another order',
  toolOrder: 'tools in another order',
  toolSet: 'other tools',
  text: 'words',
};

const CURES: Readonly<Record<Change, string>> = {
  timestamp: 'move the time into the last user message',
  date: 'move the date into the last user message',
  uuid: 'move the id out of the prompt',
  random: 'move it out of the prompt',
  counter: 'move it into the last user message',
  number: 'move it into the last user message',
  flag: 'move it behind what stays the same',
  whitespace: 'write it the same each time',
  keyOrder: 'write the keys in one order',
  toolOrder: 'give the tools in one order',
  toolSet: 'give the same tools each time, and allow some of them with tool_choice',
  text: 'move it behind what stays the same',
};
