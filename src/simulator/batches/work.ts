import type { Answer } from '../answer.ts';
import { faultRefusal } from '../faults.ts';
import { type Settings, simulate } from '../simulate.ts';
import type { State } from '../state.ts';
import { refusalBody } from '../vendor.ts';
import { type Batch, type Invalid, type Outcome, type Valid, WINDOW_MS } from './batch.ts';
import { resultLines } from './message-results.ts';
import { writeFiles } from './openai-results.ts';
import { resultOrder } from './order.ts';

/**
 * Brings every batch up to now, each thing at its own moment: validated, answered line by line, expired, ended. Without
 * timers, so that no batch keeps a process or a world from its end.
 */
export function workBatches(settings: Settings, state: State, nowMs: number): void {
  for (const batch of state.running) {
    if (isOver(batch, settings, state, nowMs)) state.running.delete(batch);
  }
}

function isOver(batch: Batch, settings: Settings, state: State, nowMs: number): boolean {
  if (batch.startedMs === undefined) validate(batch, nowMs);
  if (batch.failedMs !== undefined) return true;
  answerDue(batch, settings, state, nowMs);
  const settledMs = settledAt(batch);
  if (nowMs < settledMs) return false;
  settle(batch, settledMs, settings, state);
  return true;
}

function validate(batch: Batch, nowMs: number): void {
  const { validatedMs } = batch;
  if (nowMs < validatedMs || (batch.cancelMs ?? nowMs) < validatedMs) return;
  const { requests = [], model, problems }: Partial<Valid & Invalid> = batch.validate!();
  delete batch.validate;
  if (model !== undefined) batch.model = model;
  if (problems) {
    batch.problems = problems;
    batch.failedMs = validatedMs;
  } else {
    batch.requests = requests;
    batch.lines = requests.map(({ customId }) => ({ customId, copies: 1 }));
    batch.startedMs = validatedMs;
  }
}

/** Begins the lines whose turn has come. One that is begun is asked, and done when its answer would have come to its end. */
function answerDue(batch: Batch, settings: Settings, state: State, nowMs: number): void {
  const { lines, plan, busy, startedMs = Number.POSITIVE_INFINITY } = batch;
  const { atOnce = Number.POSITIVE_INFINITY } = plan;
  const stopMs = Math.min(batch.cancelMs ?? Number.POSITIVE_INFINITY, batch.createdMs + WINDOW_MS);
  while (batch.begun < lines.length) {
    const isFree = batch.begun < atOnce;
    const beginMs = isFree ? startedMs : busy[0]!;
    if (beginMs > nowMs || beginMs >= stopMs) return;
    if (!isFree) busy.shift();
    const place = batch.begun;
    batch.begun += 1;
    const doneMs = ask(place, batch, settings, state, beginMs);
    if (atOnce < lines.length) insert(busy, doneMs);
    batch.busyUntilMs = Math.max(batch.busyUntilMs, doneMs);
  }
}

/** Asks what a line asks; returns when it will have its answer. */
function ask(place: number, batch: Batch, settings: Settings, state: State, beginMs: number): number {
  const { path, headers, vendor, lines, requests } = batch;
  const line = lines[place]!;
  const request = { method: 'POST', path, headers, body: requests[place]!.body(), customId: line.customId };
  const { answer, directions } = simulate(request, settings, state, beginMs);
  const doneMs = answer.end === 'stall' ? Number.POSITIVE_INFINITY : beginMs + durationOf(answer);
  line.doneMs = doneMs;
  line.outcome = outcomeOf(answer, vendor, directions.fault !== undefined);
  line.copies = directions.line?.copies ?? 1;
  return doneMs;
}

const durationOf = ({ headMs, writes }: Answer): number => writes.reduce((sum, { afterMs }) => sum + afterMs, headMs);

/** What a fault has made no whole JSON is a failure of the vendor's when it comes to its batch. */
function outcomeOf({ status, headers, writes, end }: Answer, vendor: Batch['vendor'], isFaulty: boolean): Outcome {
  const requestId = headers[vendor === 'openai' ? 'x-request-id' : 'request-id'] ?? '';
  const body = Buffer.concat(writes.map(({ bytes }) => bytes)).toString();
  if (!isFaulty || (end === 'end' && isJson(body))) return { type: 'answered', status, requestId, body };
  const failed = status < 300 ? 500 : status;
  return {
    type: 'answered',
    status: failed,
    requestId,
    body: JSON.stringify(refusalBody(vendor, faultRefusal(vendor, { status: failed }), requestId)),
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** When no more will be answered, as far as is known: all is, it was cancelled, or its day is over. */
function settledAt({ lines, begun, busyUntilMs, cancelMs, createdMs, plan, startedMs }: Batch): number {
  if (cancelMs !== undefined) return cancelMs + (plan.cancellingMs ?? 0);
  const doneMs = startedMs === undefined || begun < lines.length ? Number.POSITIVE_INFINITY : busyUntilMs;
  return Math.min(doneMs, createdMs + WINDOW_MS);
}

function settle(batch: Batch, settledMs: number, { seed }: Settings, state: State): void {
  const isCancelled = batch.cancelMs !== undefined;
  for (const line of batch.lines) {
    if (line.doneMs === undefined || line.doneMs > settledMs) line.outcome = { type: isCancelled ? 'cancelled' : 'expired' };
  }
  batch.settledMs = settledMs;
  batch.endedMs = settledMs + (isCancelled ? 0 : (batch.plan.finalizingMs ?? 0));
  const ordered = resultOrder(batch).flatMap((line) => Array.from({ length: line.copies }, () => line));
  if (batch.vendor === 'openai') writeFiles(batch, ordered, seed, state);
  else batch.results = resultLines(ordered);
  // What was asked and answered is in the results.
  batch.requests = [];
  batch.lines = batch.lines.map(({ outcome, ...line }) => ({ ...line, outcome: withoutBody(outcome!) }));
}

const withoutBody = (outcome: Outcome): Outcome => (outcome.type === 'answered' ? { ...outcome, body: '' } : outcome);

/** Keeps the soonest first. */
function insert(moments: number[], atMs: number): void {
  const place = moments.findIndex((other) => other > atMs);
  moments.splice(place < 0 ? moments.length : place, 0, atMs);
}
