import { failureEvent } from '../lanes/index.ts';
import { createJoint, type Joint } from '../lanes/joint.ts';
import type { Asking, Writer } from '../lanes/lane.ts';
import type { AttemptReason } from '../model/attempt.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import { formatUsd, type Money } from '../model/money.ts';
import type { Running, Sink } from '../model/sink.ts';
import { type Starved, starvedBy, starvedText } from '../model/starved.ts';
import { advised } from '../policy/advice.ts';
import { nextStep, type View } from '../policy/next.ts';
import { readOnLoss } from '../policy/on-loss.ts';
import { callHeaders } from './call-headers.ts';
import { callId } from './call-id.ts';
import type { Admission, Choice, Refusal, Rooms } from './rooms.ts';
import { type Draft, type Owner, Try } from './try.ts';
import { passOn } from './vendor-headers.ts';

/** A stream silent for this long gets a comment, so that no proxy on the way takes it for dead. */
export const SILENCE_MS = 15_000;

/** How long a provider may hold its connection open after its answer is complete, before the caller is told the end. */
const TRAILING_MS = 1000;

/** An answer that is held back and grows beyond this goes on to its caller: no gateway should keep it. */
const HELD_BYTES_MAX = 32 * 1024 * 1024;

/**
 * The life of a call: admit, attempt until something is delivered or nothing is left to try, account.
 * Whatever happens, the caller walking away included, what was spent is booked once. Callbacks rather
 * than promises, because promises per chunk cost more than the rest of the work (docs/decisions).
 */
export class Call implements Running, Owner {
  /** Where it stands among the calls under way; theirs to know. */
  place = 0;
  readonly #id: string;
  readonly #asking: Asking;
  readonly #sink: Sink;
  readonly #rooms: Rooms;
  readonly #left: (call: Call) => void;

  #admission: Admission | undefined;
  /** What the caller is told of its limits. */
  #told: Readonly<Record<string, string>> | undefined;
  /** Every attempt, those under way included; those that could not be sent are on it as tried, but not booked. */
  readonly #past: Draft[] = [];
  /** Those under way: one, or two where the first is late. */
  #live: readonly Try[] = [];
  /** The one whose answer the caller gets; until there is one, the latest. */
  #shown: Try | undefined;
  #callOffWait: (() => void) | undefined;
  #callOffDeadline: (() => void) | undefined;
  #hedged = false;
  rescue: Owner['rescue'];
  #joint: Joint<Writer> | undefined;
  /** The attempt that broke off in mid-answer and how, while another is sought to write on. */
  #broke: { readonly one: Try; readonly failure: Failure } | undefined;

  #headSent = false;
  #over = false;
  /** An answer that reasoning ate, while another is asked for. */
  #starved: Try | undefined;
  /** Whether the caller left. */
  #deserted = false;

  // What of the time is not our own doing: the providers' answering, the waits between tries.
  readonly #beganMs: number;
  #elsewhereMs = 0;
  #awaySinceMs = 0;
  #wroteMs: number;
  #lookedMs: number;
  /** Whether the process slept while the attempts under way were. */
  #slept = false;

  constructor(asking: Asking, sink: Sink, rooms: Rooms, left: (call: Call) => void) {
    this.#asking = asking;
    this.#sink = sink;
    this.#rooms = rooms;
    this.#left = left;
    this.#id = callId(rooms.world);
    this.#beganMs = rooms.world.elapsed();
    this.#wroteMs = this.#beganMs;
    this.#lookedMs = this.#beganMs;
  }

  begin(): void {
    this.away();
    try {
      this.#rooms.admit({ callId: this.#id, asking: this.#asking }, (outcome) => this.#decided(outcome));
    } catch (error) {
      this.#refuse(failureOf(error));
    }
  }

  #decided(outcome: Admission | Refusal): void {
    this.back();
    if ('kind' in outcome) {
      this.#told = outcome.headers;
      return this.#over ? undefined : this.#refuse(outcome);
    }
    this.#told = outcome.headers;
    this.#admission = outcome;
    // The caller left while this was decided: what was set aside is let go.
    if (this.#over) return void this.#account();
    const { onLoss, deadlineMs = Number.POSITIVE_INFINITY } = this.#asking;
    try {
      this.#admission = {
        ...outcome,
        deadlineMs: Math.min(outcome.deadlineMs, deadlineMs),
        onLoss: onLoss === undefined ? outcome.onLoss : readOnLoss(onLoss, outcome.onLoss),
      };
    } catch (error) {
      return this.#refuse(failureOf(error));
    }
    this.#prepareRescue();
    if (this.#admission.deadlineMs < SHORT_MS) this.#callOffDeadline = this.#rooms.world.after(this.remainingMs + 1, () => this.watched());
    this.#sink.onDrained(() => this.#shown?.resume());
    this.#step();
  }

  #prepareRescue(): void {
    const { head, operation } = this.#asking.inbound;
    if (!head.stream || operation !== 'generate') return;
    const { onCut } = this.#admission!;
    if (onCut === 'restart') this.rescue = { holdsThoughts: true };
    if (onCut !== 'continue') return;
    this.#joint = createJoint();
    this.rescue = { joint: this.#joint };
  }

  get remainingMs(): number {
    return this.#admission!.deadlineMs - (this.#rooms.world.elapsed() - this.#beganMs);
  }

  get #choices(): readonly Choice[] {
    return this.#admission!.choices;
  }

  #choiceOf(target: Draft['target']): Choice {
    return this.#choices.find((choice) => choice.target === target)!;
  }

  /** Asks what to do next, and does it. */
  #step(): void {
    const { retry } = this.#admission!;
    const { world, health } = this.#rooms;
    const view: View = {
      remainingMs: this.remainingMs,
      random: world.random(),
      standing: health.standing,
      mayRetry: health.mayRetry,
      panics: (target) => health.panics(target, this.#asking.inbound.head.model),
      contextTokens: (target) => this.#choiceOf(target).facts.contextTokens,
    };
    const choices = this.#broke ? this.#choices.filter(continues) : this.#choices;
    const past = this.#broke ? this.#past.map(asUnseen) : this.#past;
    const step = nextStep(
      choices.map(({ target }) => target),
      past,
      retry,
      view,
    );
    if (step.do === 'stop')
      return this.#refuse(
        advised(
          step,
          past.filter(({ sent }) => sent),
          retry,
        ),
      );
    const choice = this.#choiceOf(step.target);
    if (step.afterMs === 0) return this.#try(choice);
    this.away();
    this.#callOffWait = world.after(step.afterMs, () => {
      this.#callOffWait = undefined;
      this.back();
      // Meanwhile others may have been told to leave it alone for longer.
      const { waitMs, restMs } = health.standing(choice.target);
      if (waitMs > 0 || restMs > 0) this.#step();
      else this.#try(choice);
    });
  }

  #try(choice: Choice): void {
    const last = this.#past.at(-1);
    if (last?.failure && !this.#covered(choice)) return this.#refuse(last.failure);
    const reason = reasonFor(choice.target, this.#past);
    this.#send(new Try(choice, reason, this.#asking, this.#admission!, this.#rooms, this));
  }

  /** Failed attempts may have cost something: another one must not spend what nobody set aside. */
  #covered({ target }: Choice, times = 1): boolean {
    return this.#rooms.covers?.(this.#id, target, this.#past, times) ?? true;
  }

  #send(one: Try): void {
    const after = this.#past.at(-1)?.failure;
    // On the list before it runs: a caller walking away must not lose the attempt being paid for.
    this.#past.push(one.attempt);
    if (this.#live.length === 0) this.#slept = false;
    this.#live = this.#live.length === 0 ? [one] : [...this.#live, one];
    if (!this.#shown?.released) this.#shown = one;
    one.send(this.#past.length, after);
  }

  // What becomes of the tries.

  tryBegan(one: Try): void {
    if (this.#admission!.onCut !== 'hold') this.#choose(one);
  }

  tryWrote(one: Try, bytes: Buffer): void {
    this.#wroteMs = this.#rooms.world.elapsed();
    if (!this.#sink.write(bytes)) one.pause();
  }

  tryEnded(one: Try): void {
    if (this.#over || this.#askedForMore(one)) return;
    this.#deliver(one);
  }

  /** Asks once more, with a larger limit, for an answer that reasoning ate, where nobody has seen any of it. */
  #askedForMore(one: Try): boolean {
    const { finish, usage } = one.attempt;
    const starved = starvedBy(finish, usage);
    if (!starved || this.#admission!.onStarved !== 'retry' || this.#starved || one.released || this.remainingMs <= 0) return false;
    const { outputTokensMax = Number.POSITIVE_INFINITY } = one.choice.facts;
    const limit = Math.min(outputTokensMax, starved.of + 2 * starved.reasoning);
    if (limit <= starved.of || !this.#covered(one.choice, limit / starved.of)) return false;
    this.#select(one);
    this.#live = [];
    this.#starved = one;
    this.#send(new Try(one.choice, 'starved', this.#asking, this.#admission!, this.#rooms, this, limit));
    return true;
  }

  #deliver(one: Try): void {
    this.#select(one);
    const cost = this.#account();
    this.#end(() => {
      const { finish, usage } = one.attempt;
      const starved = starvedBy(finish, usage);
      this.#sendHead(one.streams ? null : cost, starved);
      const held = starved && one.streams ? [...one.takeHeld(), this.#aside(starvedText(starved))] : one.takeHeld();
      this.#sink.end(held.length === 1 ? held[0] : Buffer.concat(held));
    });
  }

  tryFailed(one: Try, failure: Failure): void {
    if (this.#over) return;
    this.#live = this.#live.filter((other) => other !== one);
    // A starved answer is more than none.
    if (this.#starved && !one.released && this.#live.length === 0) return this.#deliver(this.#starved);
    if (one.released) {
      this.#broke = { one, failure };
      if (this.#joint?.written === undefined || failure.kind === 'closing' || this.remainingMs <= 0) return this.#refuse(failure);
      return this.#step();
    }
    // Another is still under way: it may yet answer.
    if (this.#live.length > 0) {
      this.#shown = this.#live[0];
      return;
    }
    this.#step();
  }

  tryAnswered(one: Try, body: Buffer): void {
    this.#live = [];
    this.#account();
    this.#shown = one;
    this.#end(() => {
      this.#sink.head(200, { ...this.#headers(), 'content-type': 'application/json' });
      this.#sink.end(body);
    });
  }

  /** From now on the call cannot move: the caller sees this answer. */
  #choose(one: Try): void {
    this.#select(one);
    if (this.#broke) {
      const { provider, model } = one.attempt.target;
      this.#sink.write(Buffer.from(`: ${provider}/${model} writes on\n\n`));
      this.#broke = undefined;
    }
    one.attempt.delivered = true;
    this.#joint?.show();
    this.#sendHead();
    one.release();
  }

  #select(one: Try): void {
    this.#shown = one;
    const others = this.#live.filter((other) => other !== one && !other.over);
    this.#live = [one];
    for (const other of others) other.giveUp({ kind: 'cancelled', message: 'another attempt answered first' });
  }

  #refuse(failure: Failure): void {
    this.#account();
    this.#end(() => {
      // What comes of trying to rescue an answer does not hide why it broke off.
      if (this.#broke) this.#sink.end(this.#broke.one.answer!.cut({ ...this.#broke.failure, requestId: this.#id }));
      else if (this.#headSent) this.#sink.end(failureEvent(this.#asking.inbound.dialect, { ...failure, requestId: this.#id }));
      else this.#sink.fail(failure, this.#headers());
    });
  }

  /** Nothing more happens in the call but that its caller is told the end. */
  #end(tell: () => void): void {
    this.#stop();
    const told = () => {
      if (!this.#deserted) tell();
      this.#left(this);
    };
    if (this.#rooms.onceSafe) this.#rooms.onceSafe(told);
    else told();
  }

  #stop(): void {
    this.#over = true;
    this.#callOffWait?.();
    this.#callOffDeadline?.();
    this.#live = [];
  }

  cancel(): void {
    this.#deserted = true;
    if (this.#over) return;
    this.#over = true;
    for (const one of this.#live) if (!one.endIfWhole()) one.giveUp({ kind: 'cancelled', message: 'the caller left' });
    if (this.#admission) this.#account();
    this.#stop();
    this.#left(this);
  }

  /** Called a few times a second: ends what is past its deadline, says something into a long silence. */
  watched(): void {
    if (this.#over) return;
    const nowMs = this.#rooms.world.elapsed();
    const asleepMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    if (!this.#admission) return;
    if (asleepMs >= ASLEEP_MS) {
      // What came meanwhile waits unread, and is read before the next look.
      this.#slept = true;
      return;
    }
    // Until now it waited for others, whatever is said next.
    this.back();
    this.away();
    if (nowMs - this.#wroteMs >= TRAILING_MS && this.#shown?.endIfWhole()) return;
    if (this.remainingMs <= 0) return this.#late();
    this.#watchTries(nowMs);
    if (this.#over) return;
    const { inbound } = this.#asking;
    if (!inbound.head.stream || inbound.operation !== 'generate' || nowMs - this.#wroteMs < SILENCE_MS) return;
    this.#sendHead();
    this.#wroteMs = nowMs;
    this.#sink.write(KEEP_ALIVE);
  }

  #late(): void {
    const failure: Failure = {
      kind: 'slow',
      message: `the call's deadline of ${this.#admission!.deadlineMs} ms has passed`,
      shouldRetry: false,
    };
    const [shown] = this.#live;
    if (shown?.released) return shown.fail(failure);
    // A caller in a hurry says nothing of the provider, nor does time we slept through; a route's whole deadline does.
    const blamed = !this.#slept && (this.#asking.deadlineMs ?? Number.POSITIVE_INFINITY) > this.#admission!.deadlineMs;
    for (const one of this.#live) one.giveUp(failure, blamed);
    this.#live = [];
    this.#refuse(failure);
  }

  /** Fails what has not come to its first content in time, and makes another attempt beside one that is late. */
  #watchTries(nowMs: number): void {
    for (const one of this.#live) {
      const { firstContentMs } = one;
      if (this.#heldTooMuch(one)) return this.#choose(one);
      // One that waits for its turn at a crowded provider is not late yet: it was not sent.
      if (one.began || one.over || this.#slept || !one.attempt.sent) continue;
      if (this.#asking.inbound.head.stream && firstContentMs !== undefined && nowMs - one.beganMs >= firstContentMs) {
        const message = `${one.attempt.target.provider} sent no content within ${firstContentMs} ms (time-out firstContent)`;
        one.fail({ kind: 'slow', message });
      }
    }
    if (!this.#over) this.#hedge(nowMs);
  }

  #heldTooMuch(one: Try): boolean {
    return one.streams && !one.released && one.heldBytes > HELD_BYTES_MAX;
  }

  #hedge(nowMs: number): void {
    const { hedge, retry } = this.#admission!;
    const [first] = this.#live;
    if (
      !hedge ||
      this.#joint ||
      this.#hedged ||
      !first?.attempt.sent ||
      this.#live.length > 1 ||
      first.began ||
      this.#past.length >= retry.triesInAll
    )
      return;
    const { health } = this.#rooms;
    const lateMs = Math.max(hedge.afterMsMin, health.usuallyWithin(first.attempt.target, hedge.share) ?? 0);
    if (nowMs - first.beganMs < lateMs) return;
    const ready = (choice: Choice) => {
      const { waitMs, restMs } = health.standing(choice.target);
      return waitMs === 0 && restMs === 0 && this.#covered(choice) && health.mayRetry(choice.target, LATE);
    };
    const tried = (choice: Choice) => this.#past.some(({ target }) => target === choice.target);
    const choice =
      this.#choices.find((one) => !tried(one) && ready(one)) ?? this.#choices.find((one) => one === first.choice && ready(one));
    if (!choice) return;
    this.#hedged = true;
    this.#send(new Try(choice, 'hedge', this.#asking, this.#admission!, this.#rooms, this));
  }

  /** A comment between the events of a stream, which clients skip; callers in process read the answer's usage themselves. */
  #aside(words: string): Buffer {
    return Buffer.from(this.#asking.inbound.dialect === 'canonical' ? '' : `: ${words}\n\n`);
  }

  #sendHead(cost: Money | null = null, starved?: Starved): void {
    if (this.#headSent) return;
    this.#headSent = true;
    const headers = this.#headers();
    if (cost !== null) headers['x-headgate-cost-usd'] = formatUsd(cost);
    if (starved) headers['x-headgate-starved'] = starvedText(starved);
    const shown = this.#shown;
    headers['content-type'] = shown?.answer?.contentType ?? 'text/event-stream; charset=utf-8';
    if (shown && this.#asking.inbound.dialect === shown.attempt.target.dialect)
      passOn(shown.upstreamHeaders, headers, this.#told !== undefined);
    this.#sink.head(200, headers);
  }

  #headers(): Record<string, string> {
    return callHeaders({
      id: this.#id,
      dialect: this.#asking.inbound.dialect,
      attempts: this.#past,
      shown: this.#shown?.attempt,
      overheadMs: this.#overheadMs,
      upstreamHeaders: this.#shown?.upstreamHeaders ?? NO_HEADERS,
      ...(this.#told && { own: this.#told }),
    });
  }

  get #overheadMs(): number {
    return this.#rooms.world.elapsed() - this.#beganMs - this.#elsewhereMs;
  }

  /** Books what was sent and lets go of what was set aside; returns what the last of it cost. */
  #account(): Money | null {
    if (!this.#admission) return null;
    const attempts = this.#past.filter(({ sent }) => sent);
    // The one that answered is the last, whichever was sent last.
    if (attempts.length > 1 && this.#shown?.attempt.finish) {
      const at = attempts.indexOf(this.#shown.attempt);
      if (at >= 0 && at < attempts.length - 1) attempts.push(...attempts.splice(at, 1));
    }
    return this.#rooms.account({ callId: this.#id, asking: this.#asking, attempts, overheadMs: this.#overheadMs });
  }

  away(): void {
    this.#awaySinceMs = this.#rooms.world.elapsed();
  }

  back(): void {
    const nowMs = this.#rooms.world.elapsed();
    this.#elsewhereMs += nowMs - this.#awaySinceMs;
    this.#awaySinceMs = nowMs;
  }
}

/** What was never sent has not been tried, as far as its provider knows. */
function reasonFor(target: Draft['target'], past: readonly Draft[]): AttemptReason {
  if (past.some((attempt) => attempt.sent && attempt.target === target)) return 'retry';
  return past.some((attempt) => attempt.target !== target) ? 'fallback' : 'first';
}

/** Whether a target writes on where an answer broke off. OpenAI's models, and compatible servers unasked, begin anew. */
const continues = ({ target, facts }: Choice): boolean => target.dialect === 'anthropic-messages' && facts.prefill;

/** An answer that can be written on counts as one that broke off before anyone saw it. */
const asUnseen = (attempt: Draft): Draft =>
  attempt.failure?.kind === 'interrupted' ? { ...attempt, delivered: false, failure: { ...attempt.failure, kind: 'broken' } } : attempt;

const KEEP_ALIVE = Buffer.from(': keep-alive\n\n');
const NO_HEADERS: Readonly<Record<string, string>> = {};
const LATE: Failure = { kind: 'slow', message: 'late' };

/** Calls are looked at twice a second at the least: a process that was this long between two looks was suspended, or stood still. */
const ASLEEP_MS = 2000;

/** A deadline nearer than this has a timer of its own; the rest are looked at a few times a second. */
const SHORT_MS = 10_000;
