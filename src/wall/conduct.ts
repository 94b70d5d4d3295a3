import type { UsageRecord } from '../accounting/record.ts';
import type { SeenRequest } from '../simulator/index.ts';
import type { Outcome } from './callers.ts';
import { POLICY_REASON, PREFILL_REASON, type WallFault } from './faults.ts';
import { ANSWERS, type Role } from './texts.ts';

/** One call as its caller saw it; times on the wall's clock, in milliseconds. */
export interface SeenCall {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly outcome: Outcome;
}

/** Everything seen of one fault in one dialect. */
export interface Seen {
  readonly fault: WallFault;
  readonly calls: readonly SeenCall[];
  readonly upstream: Readonly<Record<Role, readonly SeenRequest[]>>;
  /** The gateway's own books of these calls; undefined for a gateway whose books we cannot read. */
  readonly records: readonly UsageRecord[] | undefined;
  /** Whether the gateway answered an ordinary call afterwards. */
  readonly alive: boolean;
}

export interface Verdict {
  /** `pass`: the right conduct; `safe`: a clear, bounded error; `fail`: neither. */
  readonly verdict: 'pass' | 'safe' | 'fail';
  /** What happened, in words. */
  readonly reason: string;
}

/** Judges what was seen: first what no gateway may do, then what this fault asks for, then what the caller was left with. */
export function judge(seen: Seen): Verdict {
  const broken = [
    ...seen.calls.flatMap((call) => callProblems(call, seen.fault)),
    ...bookProblems(seen),
    ...(CONDUCT[seen.fault.number]?.(seen) ?? []),
  ];
  if (!seen.alive) broken.push('the gateway does not answer any more');
  if (broken.length > 0) return { verdict: 'fail', reason: [...new Set(broken)].join('; ') };
  const errors = seen.calls.flatMap(({ outcome }) => (outcome.type === 'error' ? [errorText(outcome)] : []));
  if (seen.fault.number === 13) return { verdict: 'pass', reason: `told: ${errors[0]}` };
  if (errors.length > 0) return { verdict: 'safe', reason: `told: ${errors[0]}` };
  return { verdict: 'pass', reason: `answered by ${[...new Set(seen.calls.map(({ outcome }) => answeredBy(outcome)))].join(', ')}` };
}

/** Which upstream's whole answer this is; undefined: it is no whole answer. */
function answeredBy(outcome: Outcome): Role | undefined {
  if (outcome.type !== 'answer' || (outcome.finish !== 'stop' && outcome.finish !== 'end_turn')) return undefined;
  return outcome.text === ANSWERS.primary.text ? 'primary' : outcome.text === ANSWERS.fallback.text ? 'fallback' : undefined;
}

const errorText = ({ status, message }: Extract<Outcome, { type: 'error' }>) =>
  status === undefined || message.startsWith(String(status)) ? message : `${status} ${message}`;

function callProblems({ outcome }: SeenCall, { withinMs }: WallFault): string[] {
  if (outcome.type === 'hang') return [`no end within ${withinMs / 1000} s`];
  if (outcome.type === 'error') return outcome.message.trim() === '' ? ['an error without a word'] : [];
  const by = answeredBy(outcome);
  if (by === undefined) return [`${outcome.text.split(/\s+/).filter(Boolean).length} tokens presented as a whole answer`];
  const { model, usage } = ANSWERS[by];
  const wrong: string[] = [];
  if (outcome.model !== model) wrong.push(`the answer of ${model} is called ${outcome.model}`);
  if (outcome.usage?.input !== usage.input || outcome.usage.output !== usage.output)
    wrong.push(`its usage is told as ${JSON.stringify(outcome.usage)}`);
  return wrong;
}

/** What was sent upstream bears the right name, and the gateway's books have one row for each attempt and bill only answers. */
function bookProblems({ upstream, records }: Seen): string[] {
  const problems: string[] = [];
  for (const role of ['primary', 'fallback'] as const) {
    const names = new Set(upstream[role].map(({ body }) => (body as { model?: string } | undefined)?.model));
    names.delete(ANSWERS[role].model);
    if (names.size > 0) problems.push(`the ${role} was asked for ${[...names].join(', ')}`);
    if (!records) continue;
    const rows = records.filter(({ provider }) => provider.endsWith(role));
    if (rows.length !== upstream[role].length)
      problems.push(`${upstream[role].length} attempts at the ${role}, ${rows.length} on the books`);
    for (const { outcome, tokens, model } of rows) {
      if (outcome === 'ok' && (tokens.output !== ANSWERS[role].usage.output || model !== ANSWERS[role].model)) {
        problems.push(`an answer of the ${role} is booked as ${JSON.stringify(tokens)} of ${model}`);
      }
    }
  }
  return problems;
}

/** The first attempt's time of every list is its beginning. */
const within = (requests: readonly SeenRequest[], ms: number) => requests.filter(({ atMs }) => atMs - requests[0]!.atMs < ms).length;
const all = ({ upstream }: Seen) => [...upstream.primary, ...upstream.fallback].sort((a, b) => a.atMs - b.atMs);
const atMost = (count: number, most: number, what: string) => (count > most ? [`${count} ${what}, at most ${most}`] : []);
const exactly = (count: number, right: number, what: string) => (count === right ? [] : [`${count} ${what}, not ${right}`]);
const gapMs = ([first, second]: readonly SeenRequest[]) => (first && second ? second.atMs - first.atMs : Number.POSITIVE_INFINITY);
/** Books bill nothing for attempts that gave nothing. */
const freeFailures = ({ records = [] }: Seen) =>
  records
    .filter(({ outcome, tokens }) => outcome !== 'ok' && (tokens.output ?? 0) > 0)
    .map(() => 'a failed attempt is billed as an answer');
const tookMs = ({ calls: [call] }: Seen) => (call ? call.endedMs - call.startedMs : 0);

/** What each fault asks of a gateway beyond a whole answer or a clear error: the problems found. */
const CONDUCT: Readonly<Record<number, (seen: Seen) => string[]>> = {
  1: (seen) => [
    ...(gapMs(seen.upstream.primary) < 1800 ? ['asked again after less than the 2 s it was told'] : []),
    ...atMost(within(all(seen), 1500), 2, 'attempts in the first 1.5 s'),
  ],
  2: ({ upstream: { primary } }) => [
    ...atMost(within(primary, 3000), 4, 'attempts in 3 s at an upstream that says 429'),
    ...atMost(primary.length, 6, 'attempts at an upstream that says 429'),
  ],
  3: ({ upstream: { primary } }) => exactly(primary.length, 2, 'attempts at an upstream that failed once'),
  4: (seen) => [...atMost(all(seen).length, 6, 'attempts'), ...freeFailures(seen)],
  5: (seen) => atMost(all(seen).length, 4, 'attempts'),
  6: ({ upstream: { primary } }) => exactly(primary.length, 1, 'attempts at an upstream that is silent'),
  7: ({ upstream: { primary } }) => atMost(primary.length, 2, 'attempts at an upstream that is slow'),
  10: ({ calls }) =>
    calls.flatMap(({ outcome }) => (outcome.type === 'error' && !outcome.told ? ['what is not JSON went on to the caller'] : [])),
  11: (seen) => (tookMs(seen) > 5000 ? [`finished ${tookMs(seen)} ms after its start, though all was said`] : []),
  12: ({ upstream: { primary } }) => exactly(primary.length, 1, 'attempts with a prompt too long for the model'),
  13: ({ upstream: { primary, fallback }, calls: [call] }) => [
    ...exactly(primary.length, 1, 'attempts with a prompt that was refused'),
    ...(fallback.length > 0 ? ['a refusal for safety was routed around'] : []),
    ...(call?.outcome.type === 'error' && !call.outcome.message.includes(POLICY_REASON) ? ['the provider’s reason is not passed on'] : []),
  ],
  14: ({ calls }) =>
    calls.flatMap(({ outcome }) =>
      outcome.type === 'error' && outcome.message.includes(PREFILL_REASON.slice(0, 40)) ? ['a refused prefill hides the real failure'] : [],
    ),
  15: outage,
  16: (seen) => [
    ...freeFailures(seen),
    ...seen.calls.flatMap(({ outcome }) =>
      outcome.type === 'answer' && answeredBy(outcome) !== 'fallback' ? ['not answered by the fallback'] : [],
    ),
  ],
};

/** An upstream that is down is left alone but for a probe now and then, and is used again soon after it is back. */
function outage({ fault, calls, upstream: { primary } }: Seen): string[] {
  const startMs = calls[0]!.startedMs;
  const wellMs = startMs + fault.wellAfterMs!;
  const down = primary.filter(({ atMs }) => atMs < wellMs);
  const asked = calls.filter(({ startedMs }) => startedMs < wellMs).length;
  const settled = down.filter(({ atMs }) => atMs >= startMs + 20_000);
  const back = calls.find(({ startedMs, outcome }) => startedMs >= wellMs && answeredBy(outcome) === 'primary');
  return [
    ...calls.flatMap(({ outcome }) => (outcome.type === 'answer' ? [] : ['not every call was answered'])),
    ...atMost(down.length, Math.ceil(asked * 1.5), `attempts at an upstream that is down, for ${asked} calls`),
    // From the twentieth second on at most one probe in five seconds.
    ...atMost(settled.length, 8, 'probes in the last 40 s of the outage'),
    ...(back && back.startedMs - wellMs <= 30_000 ? [] : ['the primary was not used again within 30 s of its recovery']),
  ];
}
