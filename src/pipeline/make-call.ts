import { canonicalInbound, readLines } from '../lanes/canonical.ts';
import type { Asking, Booked } from '../lanes/lane.ts';
import type { Target } from '../model/attempt.ts';
import type { Failure } from '../model/failure.ts';
import type { Loss } from '../model/loss.ts';
import type { CallAnswer, CallTerms, MakeCall, Receipt } from '../model/make-call.ts';
import { zero } from '../model/money.ts';
import type { DialectName } from '../model/part.ts';
import type { ModelEvent } from '../model/reply.ts';
import type { ModelRequest } from '../model/request.ts';
import type { Running, Sink } from '../model/sink.ts';
import type { Usage } from '../model/usage.ts';

/** How many events wait for a slow reader before the provider is told to wait as well. */
const UNREAD_MAX = 256;

/** Makes calls in process through `start`, which is handed what a door would hand it. */
export const callMaker =
  (start: (asking: Asking, sink: Sink) => Running): MakeCall =>
  (request, terms) =>
    new Answer(start, request, terms);

/** One call and its answer, from the lines the pipeline writes to the events its caller reads. */
class Answer implements Sink, CallAnswer {
  readonly receipt: Promise<Receipt>;
  readonly #running: Running;
  readonly #stopListening: () => void;
  #give: (receipt: Receipt) => void = () => {};
  #booked: Booked | undefined;
  /** What the call's headers said: of an answer that is given again, all that is known. */
  #headers: Readonly<Record<string, string>> = {};
  #losses: readonly Loss[] = [];
  #usage: Usage | undefined;
  #servedModel: string | undefined;

  #unread: ModelEvent[] = [];
  #waiting: ((result: IteratorResult<ModelEvent>) => void) | undefined;
  #drained = () => {};
  #behind = false;
  #over = false;

  constructor(start: (asking: Asking, sink: Sink) => Running, request: ModelRequest, terms: CallTerms) {
    const { signal, providerOptions, maxVisibleTokens, ...rest } = terms;
    this.receipt = new Promise((resolve) => {
      this.#give = resolve;
    });
    const abort = () => this.#abandon({ kind: 'cancelled', message: 'the call was aborted' });
    signal?.addEventListener('abort', abort);
    this.#stopListening = () => signal?.removeEventListener('abort', abort);
    const booked = (outcome: Booked) => {
      this.#booked = outcome;
    };
    const asking: Asking = { ...rest, inbound: canonicalInbound(request, providerOptions, maxVisibleTokens), booked };
    this.#running = signal?.aborted ? NOTHING : start(asking, this);
    if (signal?.aborted) abort();
  }

  get losses(): readonly Loss[] {
    return this.#losses;
  }

  // What the pipeline tells.

  head(_status: number, headers: Readonly<Record<string, string>>): void {
    this.#headers = headers;
  }

  write(piece: Uint8Array): boolean {
    if (this.#over) return true;
    for (const line of readLines(piece)) {
      if (line.type === 'losses') this.#losses = [...this.#losses, ...line.losses];
      else this.#tell(line);
    }
    this.#behind = this.#unread.length >= UNREAD_MAX;
    return !this.#behind;
  }

  end(piece?: Uint8Array): void {
    if (piece) this.write(piece);
    this.#finish();
  }

  fail(failure: Failure, headers: Readonly<Record<string, string>>): void {
    this.#headers = headers;
    this.#tell({ type: 'fail', failure });
    this.#finish();
  }

  onDrained(work: () => void): void {
    this.#drained = work;
  }

  #tell(event: ModelEvent): void {
    if (event.type === 'start') this.#servedModel = event.model;
    if (event.type === 'start' || event.type === 'finish') this.#usage = event.usage ?? this.#usage;
    const waiting = this.#waiting;
    if (!waiting) return void this.#unread.push(event);
    this.#waiting = undefined;
    waiting({ done: false, value: event });
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopListening();
    this.#give(this.#receipt());
    this.#waiting?.(DONE);
    this.#waiting = undefined;
  }

  // What the caller does.

  [Symbol.asyncIterator](): AsyncIterator<ModelEvent> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.#abandon();
        return DONE;
      },
    };
  }

  #next(): Promise<IteratorResult<ModelEvent>> {
    const event = this.#unread.shift();
    if (event) {
      if (this.#behind && this.#unread.length === 0) {
        this.#behind = false;
        this.#drained();
      }
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#over) return Promise.resolve(DONE);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** The caller has left: the call ends, and what it came to is known at once. */
  #abandon(failure?: Failure): void {
    this.#unread = [];
    if (this.#over) return;
    this.#running.cancel();
    if (failure) this.#tell({ type: 'fail', failure });
    this.#finish();
  }

  #receipt(): Receipt {
    const { callId = this.#headers['x-headgate-call-id'] ?? '', attempts = [], tokens, cost = zero } = this.#booked ?? {};
    const answered = attempts.findLast(({ finish, delivered }) => finish || delivered);
    const target = answered?.target ?? (this.#booked ? undefined : targetIn(this.#headers));
    const usage = answered?.usage ?? this.#usage;
    const servedModel = answered?.servedModel ?? this.#servedModel;
    return {
      callId,
      attempts: attempts.length,
      ...(target && { target }),
      ...(servedModel !== undefined && { servedModel }),
      ...(usage && { usage }),
      ...(tokens !== undefined && { tokens }),
      cost,
      losses: this.#losses,
    };
  }
}

const NOTHING: Running = { cancel() {} };
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Who gave an answer that is given again. */
function targetIn(headers: Readonly<Record<string, string>>): Target | undefined {
  const name = headers['x-headgate-target'];
  const dialect = headers['x-headgate-dialect'];
  if (!headers['x-headgate-idempotent-replay'] || name === undefined || dialect === undefined) return undefined;
  const slash = name.indexOf('/');
  return { provider: name.slice(0, slash), model: name.slice(slash + 1), dialect: dialect as DialectName };
}
