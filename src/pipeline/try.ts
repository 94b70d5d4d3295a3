import { estimateBodyTokens } from '../lanes/estimate.ts';
import { laneFor } from '../lanes/index.ts';
import type { AnswerMachine, Asking, Delivery, End, Outbound, Way } from '../lanes/lane.ts';
import { lossyFailure } from '../lanes/lossy.ts';
import { limitedTo } from '../lanes/visible-max.ts';
import type { Attempt, AttemptReason, Target } from '../model/attempt.ts';
import type { Exchange, Receiver } from '../model/exchange.ts';
import { type Failure, type FailureKind, failureOf } from '../model/failure.ts';
import type { Loss } from '../model/loss.ts';
import { isReport } from '../model/usage.ts';
import { refusedLosses } from '../policy/on-loss.ts';
import type { Entrance } from './crowd.ts';
import type { Ticket } from './health.ts';
import type { Admission, Choice, Rooms } from './rooms.ts';

/** An error's body is read up to this many bytes. */
const ERROR_BYTES_MAX = 1024 * 1024;

/** Written while it runs, so that an attempt cut short is still on the books. */
export type Draft = { -readonly [K in keyof Attempt]: Attempt[K] } & {
  /** Whether it went out; one that could not be sent was tried, and is not booked. */
  sent?: true;
};

/** Who runs tries, and hears what becomes of them. */
export interface Owner {
  /** How the lanes help an answer that breaks off to be rescued; absent: they do not. */
  readonly rescue: Pick<Way, 'holdsThoughts' | 'joint'> | undefined;
  /** What is left of the call's time, in milliseconds. */
  readonly remainingMs: number;
  /** Time begins, or stops, to be the provider's doing. */
  away(): void;
  back(): void;
  /** The first content is here; `release` lets what is held go on. */
  tryBegan(one: Try): void;
  /** Bytes of a try that was released, in order. */
  tryWrote(one: Try, bytes: Buffer): void;
  /** The answer is complete. What is still held is the owner's to take. */
  tryEnded(one: Try): void;
  /** It came to nothing, or broke off where it was released. */
  tryFailed(one: Try, failure: Failure): void;
  /** The answer needs nobody else. */
  tryAnswered(one: Try, body: Buffer): void;
}

/** One attempt: sent to one target, read through one lane. What comes is held until the owner releases it. */
export class Try implements Receiver {
  readonly attempt: Draft;
  readonly choice: Choice;
  /** When it was made or, once it is on its way, sent; on the steady clock. */
  beganMs: number;
  readonly #reason: AttemptReason;
  readonly #asking: Asking;
  readonly #admission: Admission;
  readonly #rooms: Rooms;
  readonly #owner: Owner;
  #ticket: Ticket | undefined;
  #callOffPlace: (() => void) | undefined;
  #leavePlace: (() => void) | undefined;
  #outbound: Outbound | undefined;
  #exchange: Exchange | undefined;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  #errorBody: Buffer[] = [];
  #errorBytes = 0;
  #answer: AnswerMachine | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #began = false;
  #released = false;
  #over = false;
  /** What the answer is limited to instead of what was asked, in tokens. */
  readonly #outputTokens: number | undefined;
  /** How much longer than usual its time-outs are. */
  #patience = 1;

  constructor(
    choice: Choice,
    reason: AttemptReason,
    asking: Asking,
    admission: Admission,
    rooms: Rooms,
    owner: Owner,
    outputTokens?: number,
  ) {
    this.#outputTokens = outputTokens;
    this.choice = choice;
    this.#reason = reason;
    this.#asking = asking;
    this.#admission = admission;
    this.#rooms = rooms;
    this.#owner = owner;
    this.beganMs = rooms.world.elapsed();
    this.attempt = { target: choice.target, reason, startedAtMs: rooms.world.now(), durationMs: 0, losses: 0, delivered: false };
  }

  /** Encodes and sends; `number` counts the call's attempts from 1, `after` is what failed last. */
  send(number: number, after: Failure | undefined): void {
    const { vault } = this.#rooms;
    const { caller } = this.#asking;
    const { repair, onLoss } = this.#admission;
    const { target } = this.choice;
    const { attempt } = this;
    let { inbound } = this.#asking;
    try {
      const nowS = Math.floor(attempt.startedAtMs / 1000);
      const rescue = this.#owner.rescue;
      inbound = this.#rooms.sent?.(this.#asking, this.choice) ?? inbound;
      if (this.#outputTokens !== undefined) inbound = limitedTo(this.#outputTokens, inbound, this.choice.facts.vendor);
      this.#outbound = laneFor(
        inbound,
        target.dialect,
        rescue !== undefined,
      )(inbound, {
        ...this.choice,
        nowS,
        repair,
        vault,
        owner: caller.key,
        ...rescue,
      });
    } catch (error) {
      return this.fail(failureOf(error));
    }
    const { path, headers, body, losses, local } = this.#outbound;
    attempt.losses = noticed(losses);
    const refused = refusedLosses(losses, onLoss);
    if (refused.length > 0) return this.fail(lossyFailure(refused, inbound.dialect, `${target.provider}/${target.model}`));
    if (local) {
      this.#over = true;
      return this.#owner.tryAnswered(this, local);
    }
    let waited = false;
    this.#callOffPlace = this.#rooms.crowd.enter(this.#entrance(), (place) => {
      // A wait in line is the provider's time, not ours.
      if (waited) this.#owner.back();
      if (typeof place !== 'function') return this.fail(place);
      this.#leavePlace = place;
      if (this.#over) return place();
      const late = waited && this.#leftAlone();
      if (late) this.fail(late);
      else this.#dispatch({ path, headers, body }, number, after);
    });
    waited = true;
  }

  /** What those who were sent before this one found out about the target while it stood in line. */
  #leftAlone(): Failure | undefined {
    const { target } = this.choice;
    const { waitMs, restMs, failure } = this.#rooms.health.standing(target);
    const name = `${target.provider}/${target.model}`;
    if (waitMs > 0) return failure ?? { kind: 'throttled', message: `${name} asked to be left alone`, retryAfterMs: waitMs };
    return restMs > 0 ? { kind: 'overloaded', message: `${name} is left to rest after failures` } : undefined;
  }

  /** Whose turn it is, and how long it can be waited for: no longer than another target would be. */
  #entrance(): Entrance {
    const { caller, priority = 'normal' } = this.#asking;
    const { choices, retry } = this.#admission;
    const remainingMs = this.#owner.remainingMs;
    return {
      provider: this.choice.target.provider,
      caller: caller.user === undefined ? caller.key : `${caller.key}/${caller.user}`,
      priority,
      remainingMs: choices.length > 1 ? Math.min(remainingMs, retry.patienceMs) : remainingMs,
    };
  }

  #dispatch({ path, headers, body }: Pick<Outbound, 'path' | 'headers' | 'body'>, number: number, after: Failure | undefined): void {
    const { network, health } = this.#rooms;
    const { target, timeoutGrowth = 1 } = this.choice;
    this.attempt.sent = true;
    this.#patience = timeoutGrowth ** (number - 1);
    this.beganMs = this.#rooms.world.elapsed();
    this.attempt.startedAtMs = this.#rooms.world.now();
    this.#ticket = health.begin(target, this.#reason, after, () => this.#rooms.affinity?.(this.#asking));
    this.#owner.away();
    try {
      this.#exchange = network.send(
        {
          provider: target.provider,
          method: 'POST',
          path,
          headers,
          body,
          key: this.#ticket.key.at,
          ...(this.#patience !== 1 && { patience: this.#patience }),
        },
        this,
      );
    } catch (error) {
      delete this.attempt.sent;
      const failure = failureOf(error);
      this.giveUp(failure);
      this.#owner.tryFailed(this, failure);
    }
  }

  get over(): boolean {
    return this.#over;
  }

  /** The answer so far, once its head is in. */
  get answer(): AnswerMachine | undefined {
    return this.#answer;
  }

  get upstreamHeaders(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  get streams(): boolean {
    return this.#answer?.contentType.startsWith('text/event-stream') ?? false;
  }

  /** How long after `beganMs` it may take to its first content; undefined: as long as it takes. */
  get firstContentMs(): number | undefined {
    const { firstContentMs } = this.choice;
    return firstContentMs === undefined ? undefined : firstContentMs * this.#patience;
  }

  /** Whether the answer has got to its first content. */
  get began(): boolean {
    return this.#began;
  }

  get released(): boolean {
    return this.#released;
  }

  /** How many bytes wait for their release. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  // What the network tells.

  onHead(status: number, headers: Readonly<Record<string, string>>): void {
    this.#owner.back();
    this.#status = status;
    this.#headers = headers;
    if (isSuccess(status)) this.#answer = this.#outbound!.answer(headers['content-type'] ?? '');
    this.#owner.away();
  }

  onData(bytes: Buffer): void {
    this.#owner.back();
    const answer = this.#answer;
    if (answer) this.#deliver(() => answer.push(bytes));
    else if (this.#errorBytes < ERROR_BYTES_MAX) {
      this.#errorBody.push(bytes);
      this.#errorBytes += bytes.length;
    }
    this.#owner.away();
  }

  onEnd(): void {
    this.#owner.back();
    const answer = this.#answer;
    if (answer) return this.#deliver(() => answer.end());
    const hide = (said: string) => this.#rooms.hideKeys(this.attempt.target.provider, said);
    const body = hide(Buffer.concat(this.#errorBody).toString());
    this.#headers = Object.fromEntries(Object.entries(this.#headers).map(([name, value]) => [name, hide(value)]));
    const failure = this.#outbound!.failure({ status: this.#status, headers: this.#headers, body }, this.#rooms.world.now());
    this.fail(failure.kind === 'missing' ? named(failure, this.attempt.target) : failure);
  }

  onError(failure: Failure): void {
    this.#owner.back();
    this.fail(failure);
  }

  // What becomes of it.

  #deliver(step: () => readonly Delivery[]): void {
    let deliveries: readonly Delivery[];
    try {
      deliveries = step();
    } catch (error) {
      return this.fail(failureOf(error));
    }
    for (const delivery of deliveries) {
      if (this.#over) return;
      if (delivery.type === 'fail') return this.fail(delivery.failure);
      if (delivery.type === 'end') return this.#end(delivery);
      if (delivery.content && !this.#began) {
        this.#began = true;
        this.attempt.firstContentMs = this.#rooms.world.elapsed() - this.beganMs;
        if (this.streams) this.#owner.tryBegan(this);
        if (this.#over) return;
      }
      if (this.#released) this.#owner.tryWrote(this, delivery.bytes);
      else this.#hold(delivery.bytes);
    }
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  /** From now on what comes goes to the owner at once, and what was held first. */
  release(): void {
    this.#released = true;
    for (const held of this.takeHeld()) this.#owner.tryWrote(this, held);
  }

  takeHeld(): readonly Buffer[] {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }

  #end(end: End): void {
    this.#close();
    this.attempt.finish = end.finish;
    if (end.usage) this.attempt.usage = end.usage;
    if (!end.usage || !isReport(end.usage)) this.#count();
    this.attempt.losses += noticed(end.losses);
    this.attempt.delivered = true;
    this.#settle(true);
    this.#owner.tryEnded(this);
  }

  /** Ends it as complete, where all of the answer is in and only its connection is still open. False: it is not. */
  endIfWhole(): boolean {
    const whole = this.#answer?.whole;
    if (!whole || this.#over) return false;
    this.#exchange?.abort();
    this.#end(whole);
    return true;
  }

  fail(failure: Failure): void {
    if (this.#over || this.endIfWhole()) return;
    this.giveUp({ ...failure, kind: brokenOffKind(failure.kind, this.attempt.delivered) }, true);
    this.#owner.tryFailed(this, failure);
  }

  /** Ends it without telling the owner, whose doing it is. `blamed`: it speaks against the provider all the same. */
  giveUp(failure: Failure, blamed = false): void {
    if (this.#over) return;
    this.#close();
    this.attempt.failure = failure;
    // An error in the place of an answer costs nothing; anything else that broke off does, and so does a question
    // that was sent and whose answer nobody waited for: the provider reads it all the same.
    if (this.#answer ? this.#began || failure.rule === undefined : this.#unheard(failure.kind)) this.#count();
    this.#exchange?.abort();
    this.#held = [];
    this.#heldBytes = 0;
    this.#settle(blamed);
  }

  /** Whether it reached the provider, and was given up before any of its answer came. */
  #unheard(kind: FailureKind): boolean {
    return this.#status === 0 && (kind === 'cancelled' || kind === 'slow') && this.#exchange?.asked === true;
  }

  pause(): void {
    this.#exchange?.pause();
  }

  resume(): void {
    this.#exchange?.resume();
  }

  #close(): void {
    this.#over = true;
    this.#callOffPlace?.();
    const { attempt } = this;
    attempt.durationMs = this.#rooms.world.elapsed() - this.beganMs;
    if (this.#answer?.servedModel) attempt.servedModel = this.#answer.servedModel;
    if (this.#answer?.usage) attempt.usage = this.#answer.usage;
  }

  /** Estimates what the provider did not report: of the answer what was written, and the question where nothing is known of it. */
  #count(): void {
    const { operation } = this.#asking.inbound;
    if (operation === 'count') return;
    const output = operation === 'embed' ? 0 : (this.#answer?.writtenTokens ?? 0);
    this.attempt.counted = {
      ...(!(this.attempt.usage && isReport(this.attempt.usage)) && { input: estimateBodyTokens(this.#outbound!.body) }),
      ...(output > 0 && { output }),
    };
  }

  #settle(judged: boolean): void {
    if (this.#ticket && judged) this.#rooms.health.settle(this.#ticket, this.attempt);
    else if (this.#ticket) this.#rooms.health.callOff(this.#ticket);
    // Only now, so that whoever is let in next knows what became of this one.
    this.#leavePlace?.();
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

/** Some providers say that something is missing and not what; a caller of a route does not know which model was asked for. */
const named = (failure: Failure, { provider, model }: Target): Failure =>
  failure.message.includes(model) ? failure : { ...failure, message: `${provider}/${model}: ${failure.message}` };

const isSuccess = (status: number) => status >= 200 && status < 300;

const noticed = (losses: readonly Loss[]) => losses.reduce((count, { impact }) => (impact === 'none' ? count : count + 1), 0);
