import { failureEvent, laneFor } from '../lanes/index.ts';
import type { AnswerMachine, Asking, Delivery, End, Outbound } from '../lanes/lane.ts';
import { lossyFailure } from '../lanes/lossy.ts';
import type { Attempt } from '../model/attempt.ts';
import type { Exchange, Receiver } from '../model/exchange.ts';
import { type Failure, type FailureKind, failureOf } from '../model/failure.ts';
import type { Loss } from '../model/loss.ts';
import { formatUsd, type Money } from '../model/money.ts';
import type { Running, Sink } from '../model/sink.ts';
import { nextStep } from '../policy/next.ts';
import { readOnLoss, refusedLosses } from '../policy/on-loss.ts';
import { callHeaders } from './call-headers.ts';
import { callId } from './call-id.ts';
import type { Admission, Choice, Rooms } from './rooms.ts';
import { passOn } from './vendor-headers.ts';

/** A stream silent for this long gets a comment, so that no proxy on the way takes it for dead. */
export const SILENCE_MS = 15_000;

/** How long a provider may hold its connection open after its answer is complete, before the caller is told the end. */
const TRAILING_MS = 1000;

/** An error's body is read up to this many bytes. */
const ERROR_BYTES_MAX = 1024 * 1024;

/** Written while it runs, so that an attempt cut short is still on the books. */
type Draft = { -readonly [K in keyof Attempt]: Attempt[K] };

/**
 * The life of a call: admit, attempt until something is delivered or nothing is left to try, account.
 * Whatever happens, the caller walking away included, what was spent is booked once. Callbacks rather
 * than promises, because promises per chunk cost more than the rest of the work (docs/decisions).
 */
export class Call implements Running, Receiver {
  /** Where it stands among the calls under way; theirs to know. */
  place = 0;
  readonly #id: string;
  readonly #asking: Asking;
  readonly #sink: Sink;
  readonly #rooms: Rooms;
  readonly #left: (call: Call) => void;

  #admission: Admission | undefined;
  /** Every attempt, the one under way included; those that could not be sent are on it as tried, but not booked. */
  readonly #past: (Draft & { sent?: true })[] = [];
  #callOffWait: (() => void) | undefined;

  // The attempt under way.
  #attempt: Draft | undefined;
  #attemptBeganMs = 0;
  #outbound: Outbound | undefined;
  #exchange: Exchange | undefined;
  #status = 0;
  #upstreamHeaders: Readonly<Record<string, string>> = {};
  #errorBody: Buffer[] = [];
  #answer: AnswerMachine | undefined;
  /** Delivered by the lane, not yet shown to the caller. */
  #held: Buffer[] = [];

  #headSent = false;
  #over = false;

  // What of the time is not our own doing: the providers' answering, the waits between tries.
  readonly #beganMs: number;
  #elsewhereMs = 0;
  #awaySinceMs = 0;
  #wroteMs: number;

  constructor(asking: Asking, sink: Sink, rooms: Rooms, left: (call: Call) => void) {
    this.#asking = asking;
    this.#sink = sink;
    this.#rooms = rooms;
    this.#left = left;
    this.#id = callId(rooms.world);
    this.#beganMs = rooms.world.elapsed();
    this.#wroteMs = this.#beganMs;
  }

  begin(): void {
    try {
      const admission = this.#rooms.admit(this.#asking);
      if ('kind' in admission) return this.#refuse(admission);
      const { onLoss, deadlineMs = Number.POSITIVE_INFINITY } = this.#asking;
      this.#admission = {
        ...admission,
        deadlineMs: Math.min(admission.deadlineMs, deadlineMs),
        onLoss: onLoss === undefined ? admission.onLoss : readOnLoss(onLoss, admission.onLoss),
      };
    } catch (error) {
      return this.#refuse(failureOf(error));
    }
    this.#sink.onDrained(() => this.#exchange?.resume());
    this.#step();
  }

  /** Asks what to do next, and does it. */
  #step(): void {
    const { choices, deadlineMs } = this.#admission!;
    const { world, retry } = this.#rooms;
    const remainingMs = deadlineMs - (world.elapsed() - this.#beganMs);
    const targets = choices.map(({ target }) => target);
    const step = nextStep(targets, this.#past, retry, { remainingMs, random: world.random() });
    if (step.do === 'stop') return this.#refuse(step.failure);
    const choice = choices.find(({ target }) => target === step.target)!;
    if (step.afterMs === 0) return this.#try(choice);
    this.#away();
    this.#callOffWait = world.after(step.afterMs, () => {
      this.#callOffWait = undefined;
      this.#back();
      this.#try(choice);
    });
  }

  #try(choice: Choice): void {
    const { world, network, vault } = this.#rooms;
    const { inbound, caller } = this.#asking;
    const { target } = choice;
    // On the list before it runs: a caller walking away must not lose the attempt being paid for.
    const attempt: Draft & { sent?: true } = { target, startedAtMs: world.now(), durationMs: 0, losses: 0, delivered: false };
    this.#past.push(attempt);
    this.#attempt = attempt;
    this.#attemptBeganMs = world.elapsed();
    this.#status = 0;
    this.#answer = undefined;
    const { repair, onLoss } = this.#admission!;
    try {
      const nowS = Math.floor(attempt.startedAtMs / 1000);
      this.#outbound = laneFor(inbound, target.dialect)(inbound, { ...choice, nowS, repair, vault, owner: caller.key });
    } catch (error) {
      return this.#failed(failureOf(error));
    }
    const { path, headers, body, losses, local } = this.#outbound;
    attempt.losses = noticed(losses);
    const refused = refusedLosses(losses, onLoss);
    if (refused.length > 0) return this.#failed(lossyFailure(refused, inbound.dialect, `${target.provider}/${target.model}`));
    if (local) return this.#answerLocally(local);
    attempt.sent = true;
    this.#away();
    this.#exchange = network.send({ provider: target.provider, method: 'POST', path, headers, body }, this);
  }

  // What the network tells.

  onHead(status: number, headers: Readonly<Record<string, string>>): void {
    this.#back();
    this.#status = status;
    this.#upstreamHeaders = headers;
    this.#errorBody = [];
    if (isSuccess(status)) this.#answer = this.#outbound!.answer(headers['content-type'] ?? '');
    this.#away();
  }

  onData(bytes: Buffer): void {
    this.#back();
    const answer = this.#answer;
    if (answer) this.#deliver(() => answer.push(bytes));
    else if (this.#errorBody.reduce((sum, { length }) => sum + length, 0) < ERROR_BYTES_MAX) this.#errorBody.push(bytes);
    this.#away();
  }

  onEnd(): void {
    this.#back();
    const answer = this.#answer;
    if (answer) return this.#deliver(() => answer.end());
    const hide = (said: string) => this.#rooms.hideKeys(this.#attempt!.target.provider, said);
    const body = hide(Buffer.concat(this.#errorBody).toString());
    this.#upstreamHeaders = Object.fromEntries(Object.entries(this.#upstreamHeaders).map(([name, value]) => [name, hide(value)]));
    this.#failed(this.#outbound!.failure({ status: this.#status, headers: this.#upstreamHeaders, body }, this.#rooms.world.now()));
  }

  onError(failure: Failure): void {
    this.#back();
    this.#failed(failure);
  }

  // What becomes of it.

  #deliver(step: () => readonly Delivery[]): void {
    let deliveries: readonly Delivery[];
    try {
      deliveries = step();
    } catch (error) {
      return this.#failed(failureOf(error));
    }
    for (const delivery of deliveries) {
      if (this.#over || !this.#attempt) return;
      if (delivery.type === 'fail') return this.#failed(delivery.failure);
      if (delivery.type === 'end') return this.#finished(delivery);
      if (this.#streams && (delivery.content || this.#attempt.delivered)) this.#pass(delivery.bytes);
      else this.#held.push(delivery.bytes);
    }
  }

  get #streams(): boolean {
    return this.#answer!.contentType.startsWith('text/event-stream');
  }

  /** Nothing reaches the caller before the first content, so that a failure until then stays unseen. */
  #pass(bytes: Buffer): void {
    const attempt = this.#attempt!;
    if (!attempt.delivered) {
      attempt.delivered = true;
      attempt.firstContentMs = this.#rooms.world.elapsed() - this.#attemptBeganMs;
      this.#sendHead();
      for (const held of this.#held) this.#write(held);
      this.#held = [];
    }
    this.#write(bytes);
  }

  #write(bytes: Buffer): void {
    this.#wroteMs = this.#rooms.world.elapsed();
    if (!this.#sink.write(bytes)) this.#exchange?.pause();
  }

  #finished(end: End): void {
    const attempt = this.#attempt!;
    this.#complete(attempt, end);
    if (!attempt.delivered) {
      attempt.delivered = true;
      attempt.firstContentMs = attempt.durationMs;
    }
    const cost = this.#account();
    this.#sendHead(this.#streams ? null : cost);
    this.#sink.end(this.#held.length === 1 ? this.#held[0] : Buffer.concat(this.#held));
    this.#leave();
  }

  #complete(attempt: Draft, { finish, usage, losses }: End): void {
    attempt.finish = finish;
    if (usage) attempt.usage = usage;
    attempt.losses += noticed(losses);
    this.#closeAttempt(attempt);
  }

  #failed(failure: Failure): void {
    const attempt = this.#attempt;
    if (this.#over || !attempt) return;
    const whole = this.#answer?.whole;
    if (whole) return this.#finished(whole);
    attempt.failure = { ...failure, kind: brokenOffKind(failure.kind, attempt.delivered) };
    this.#closeAttempt(attempt);
    this.#exchange?.abort();
    this.#exchange = undefined;
    this.#held = [];
    if (!attempt.delivered) return this.#step();
    this.#account();
    this.#sink.end(this.#answer!.cut({ ...failure, requestId: this.#id }));
    this.#leave();
  }

  #answerLocally(body: Buffer): void {
    this.#account();
    this.#sink.head(200, { ...this.#headers(), 'content-type': 'application/json' });
    this.#sink.end(body);
    this.#leave();
  }

  #refuse(failure: Failure): void {
    this.#account();
    if (this.#headSent) this.#sink.end(failureEvent(this.#asking.inbound.dialect, { ...failure, requestId: this.#id }));
    else this.#sink.fail(failure, this.#headers());
    this.#leave();
  }

  cancel(): void {
    if (this.#over) return;
    this.#callOffWait?.();
    this.#exchange?.abort();
    const attempt = this.#attempt;
    const whole = this.#answer?.whole;
    if (attempt && whole) this.#complete(attempt, whole);
    else if (attempt && !attempt.failure) {
      attempt.failure = { kind: 'cancelled', message: 'the caller left' };
      this.#closeAttempt(attempt);
    }
    this.#account();
    this.#leave();
  }

  /** Called a few times a second: ends what is past its deadline, says something into a long silence. */
  watched(): void {
    if (this.#over || !this.#admission) return;
    // Until now it waited for others, whatever is said next.
    this.#back();
    this.#away();
    const { deadlineMs } = this.#admission;
    const nowMs = this.#rooms.world.elapsed();
    const whole = this.#answer?.whole;
    if (whole && nowMs - this.#wroteMs >= TRAILING_MS) {
      this.#exchange?.abort();
      return this.#finished(whole);
    }
    if (nowMs - this.#beganMs >= deadlineMs) {
      this.#callOffWait?.();
      const failure: Failure = { kind: 'slow', message: `the call's deadline of ${deadlineMs} ms has passed` };
      if (this.#attempt && !this.#attempt.failure) this.#failed(failure);
      else this.#refuse(failure);
      return;
    }
    const { inbound } = this.#asking;
    if (!inbound.head.stream || inbound.operation !== 'generate' || nowMs - this.#wroteMs < SILENCE_MS) return;
    this.#sendHead();
    this.#write(KEEP_ALIVE);
  }

  #sendHead(cost: Money | null = null): void {
    if (this.#headSent) return;
    this.#headSent = true;
    const headers = this.#headers();
    if (cost !== null) headers['x-headgate-cost-usd'] = formatUsd(cost);
    headers['content-type'] = this.#answer?.contentType ?? 'text/event-stream; charset=utf-8';
    if (this.#asking.inbound.dialect === this.#attempt?.target.dialect) passOn(this.#upstreamHeaders, headers);
    this.#sink.head(200, headers);
  }

  #headers(): Record<string, string> {
    return callHeaders({
      id: this.#id,
      dialect: this.#asking.inbound.dialect,
      attempts: this.#past,
      overheadMs: this.#rooms.world.elapsed() - this.#beganMs - this.#elsewhereMs,
      upstreamHeaders: this.#upstreamHeaders,
    });
  }

  #closeAttempt(attempt: Draft): void {
    attempt.durationMs = this.#rooms.world.elapsed() - this.#attemptBeganMs;
    if (this.#answer?.servedModel) attempt.servedModel = this.#answer.servedModel;
    if (!attempt.usage && this.#answer?.usage) attempt.usage = this.#answer.usage;
  }

  /** Books what was sent, and returns what the last of it cost. */
  #account(): Money | null {
    const attempts = this.#past.filter(({ sent }) => sent);
    return attempts.length > 0 ? this.#rooms.account({ callId: this.#id, asking: this.#asking, attempts }) : null;
  }

  #leave(): void {
    this.#over = true;
    this.#attempt = undefined;
    this.#left(this);
  }

  #away(): void {
    this.#awaySinceMs = this.#rooms.world.elapsed();
  }

  #back(): void {
    this.#elsewhereMs += this.#rooms.world.elapsed() - this.#awaySinceMs;
  }
}

/**
 * Once content was delivered, what went wrong is that the answer broke off, whatever broke it. An answer
 * that broke off before the caller saw any of it is as good as none: it may be asked for again.
 */
function brokenOffKind(kind: FailureKind, delivered: boolean): FailureKind {
  if (delivered) return kind === 'slow' ? 'slow' : 'interrupted';
  return kind === 'interrupted' ? 'broken' : kind;
}

const KEEP_ALIVE = Buffer.from(': keep-alive\n\n');

const isSuccess = (status: number) => status >= 200 && status < 300;

const noticed = (losses: readonly Loss[]) => losses.reduce((count, { impact }) => (impact === 'none' ? count : count + 1), 0);
