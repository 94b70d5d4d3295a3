import { type Heard, verdictOn } from './caller.ts';
import type { Story } from './scenario.ts';
import { WORDS } from './sky.ts';

/** What must hold of every story, whatever went wrong in it; each law gives the ways it was broken. */
export const LAWS: Readonly<Record<string, (story: Story) => Iterable<string>>> = {
  *'every call ends within its deadline'({ heard, config, killedMs }) {
    const slackMs = 520;
    for (const { plan, askedMs, endedMs, left } of heard) {
      const deadlineMs = Math.min(plan.deadlineMs ?? Number.POSITIVE_INFINITY, config.models.get(plan.model)!.deadlineMs);
      if (left || killed(askedMs, askedMs + deadlineMs + slackMs, killedMs)) continue;
      if (endedMs === undefined) yield `a call of ${ms(askedMs)} never ended`;
      else if (endedMs - askedMs > deadlineMs + slackMs)
        yield `a call of ${ms(askedMs)} ended after ${ms(endedMs - askedMs)}, not ${deadlineMs}`;
    }
  },

  *'an answer is whole, or it is an error'({ heard, config, killedMs }) {
    for (const each of heard) {
      if (each.left || each.endedMs === undefined || killed(each.askedMs, each.endedMs, killedMs)) continue;
      const verdict = verdictOn(each);
      if (verdict === 'error') continue;
      if ('broken' in verdict) yield `${ms(each.askedMs)} ${each.plan.dialect}: ${verdict.broken}`;
      else if (!isWhole(verdict.words, config.models.get(each.plan.model)!.onCut === 'continue'))
        yield `${ms(each.askedMs)}: said "${verdict.words}"`;
    }
  },

  *'nothing is asked again once a caller has seen content'({ heard, config, booked, killedMs }) {
    const byCall = Map.groupBy(booked, ({ callId }) => callId);
    for (const each of heard) {
      if (each.contentMs === undefined || each.left || config.models.get(each.plan.model)!.onCut === 'continue') continue;
      if (killed(each.askedMs, each.endedMs ?? Number.POSITIVE_INFINITY, killedMs)) continue;
      const id = each.headers['x-headgate-call-id'];
      const attempts = byCall.get(id ?? '') ?? [];
      const begun = attempts.map(({ endedAtMs, durationMs }) => endedAtMs - durationMs - EPOCH_MS);
      // Errors are told when it is over; only what streams is content before that.
      if (each.status === 200 && begun.some((atMs) => atMs > each.contentMs! + 1)) yield `${id} was asked again after its first content`;
    }
  },

  *'no provider is asked earlier than it said'({ sky }) {
    yield* sky.tooEarly;
  },

  *'no provider is given more at once than it can take'({ sky, config, killedMs }) {
    // One that was killed knows nothing of its places any more.
    if (killedMs.length > 0) return;
    for (const [name, { concurrency }] of config.providers) {
      if (!concurrency) continue;
      const asked = sky.seen.filter(({ provider }) => provider === name);
      const changes = asked.flatMap(({ atMs, endedMs, abortedMs }) => [
        { atMs, by: 1 },
        { atMs: Math.min(endedMs ?? Number.POSITIVE_INFINITY, abortedMs ?? Number.POSITIVE_INFINITY), by: -1 },
      ]);
      let underWay = 0;
      for (const { atMs, by } of changes.toSorted((a, b) => a.atMs - b.atMs || a.by - b.by)) {
        underWay += by;
        if (underWay > concurrency.underWayMax) yield `${name} had ${underWay} calls at ${ms(atMs)}`;
      }
    }
  },

  *'a call makes no more attempts than it may'({ booked, config }) {
    const byCall = Map.groupBy(booked, ({ callId }) => callId);
    for (const [id, attempts] of byCall) {
      const { triesInAll } = config.models.get(attempts[0]!.requestedModel)!.retry;
      if (attempts.length > triesInAll) yield `${id} made ${attempts.length} attempts`;
    }
  },

  *'retries stay within the budget of their upstream'({ booked, killedMs }) {
    const lives = killedMs.length + 1;
    for (const [upstream, attempts] of Map.groupBy(booked, ({ provider, model }) => `${provider}/${model}`)) {
      const retries = attempts.filter(({ reason }) => reason === 'retry' || reason === 'hedge');
      const gains = attempts.filter(({ outcome }) => outcome === 'ok' || FAIR.has(outcome)).length;
      if (retries.length * 5 > 500 * lives + gains * 10)
        yield `${upstream} was asked again ${retries.length} times with ${gains} successes`;
    }
  },

  *'every attempt is booked once, and nothing else is'({ sky, booked, rows, sums, killedMs, troubled }) {
    const ids = booked.map(({ callId, attempt }) => `${callId} ${attempt}`);
    if (new Set(ids).size !== ids.length) yield 'an attempt was booked twice';
    if (killedMs.length === 0 && booked.length !== sky.seen.length) yield `${sky.seen.length} attempts were sent, ${booked.length} booked`;
    const kept = new Set(rows.map(({ callId, attempt }) => `${callId} ${attempt}`));
    if (kept.size !== rows.length) yield 'a row is there twice';
    // What a full disk keeps waiting in memory goes with the process.
    const excused = (atMs: number) =>
      troubled !== undefined &&
      atMs >= troubled.fromMs &&
      atMs < troubled.untilMs + RETURNS_MS &&
      killedMs.some((killed) => killed >= atMs);
    const lost = booked
      .filter(({ endedAtMs }) => !excused(endedAtMs - EPOCH_MS))
      .map(({ callId, attempt }) => `${callId} ${attempt}`)
      .filter((id) => !kept.has(id));
    if (lost.length > 0) yield `${lost.length} of ${ids.length} booked attempts are not in the ledger, such as ${lost[0]}`;
    if (kept.size > ids.length) yield `${kept.size - ids.length} rows were never booked`;
    const cost = rows.reduce((sum, { costFloor }) => sum + costFloor, 0n);
    if (sums.attempts !== rows.length || sums.cost !== cost)
      yield `buckets say ${sums.attempts} for ${sums.cost}, rows ${rows.length} for ${cost}`;
    for (const [id, attempts] of Map.groupBy(booked, ({ callId }) => callId))
      if (attempts.filter(({ last }) => last).length !== 1) yield `${id} has not exactly one last attempt`;
  },

  *'nothing runs on'({ sky, stillRunning, killedMs }) {
    if (stillRunning > 0) yield `${stillRunning} calls are still under way`;
    if (killedMs.length > 0) return;
    const open = sky.seen.filter(({ endedMs, abortedMs }) => endedMs === undefined && abortedMs === undefined);
    if (open.length > 0) yield `${open.length} attempts were neither answered nor given up`;
  },

  *'a provider that is well again is asked again'({ heard, upstreams, fairFromMs }) {
    // A key may rest minutes after the last time it was refused, and be refused no more.
    const late = heard.filter(({ askedMs }) => askedMs > fairFromMs + 260_000);
    for (const { askedMs, status, headers, body, plan } of late) {
      if (status !== 200) yield `a ${plan.dialect} call of ${ms(askedMs)} got ${status}: ${body.slice(0, 200)}`;
      else if (!headers['x-headgate-target']?.startsWith('anthropic/'))
        yield `a call of ${ms(askedMs)} went to ${headers['x-headgate-target']}`;
    }
    for (const { provider, model, state } of upstreams)
      if (state !== 'closed' && late.length > 0 && model === 'claude-haiku-5-5') yield `${provider}/${model} is still ${state}`;
  },
};

/** A disk that takes records again is noticed this much later at the most. */
const RETURNS_MS = 10_000;

const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Outcomes that do not speak against an upstream: they fill its retry budget like successes. */
const FAIR = new Set(['invalid', 'filtered', 'tooLong', 'missing', 'denied', 'exhausted', 'oversized', 'cancelled', 'interrupted']);

const ms = (value: number): string => `${Math.round(value)} ms`;

const killed = (fromMs: number, toMs: number, killedMs: readonly number[]): boolean =>
  killedMs.some((atMs) => atMs >= fromMs && atMs <= toMs);

/** Written on, an answer is beginnings of the words and then all of them, for the simulator begins anew. */
function isWhole(words: string, joined: boolean): boolean {
  if (words === WORDS) return true;
  if (!joined || !words.endsWith(WORDS)) return false;
  let rest = words.slice(0, -WORDS.length);
  while (rest !== '') {
    const again = rest.indexOf(WORDS.slice(0, 3), 3);
    const piece = again < 0 ? rest : rest.slice(0, again);
    if (!WORDS.startsWith(piece)) return false;
    rest = rest.slice(piece.length);
  }
  return true;
}

/** Every way in which the story breaks a law. */
export const problemsIn = (story: Story): string[] =>
  Object.entries(LAWS).flatMap(([law, broken]) => [...broken(story)].slice(0, 3).map((how) => `${law}: ${how}`));

export type { Heard };
