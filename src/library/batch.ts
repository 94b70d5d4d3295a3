import { readArguments } from '../dialects/exact.ts';
import type { DeferredCall } from '../model/deferred.ts';
import { HeadgateError } from '../model/failure.ts';
import type { Job, Jobs, LineOutcome, NewLine } from '../model/job.ts';
import type { Receipt, WrittenCall } from '../model/make-call.ts';
import type { Money } from '../model/money.ts';
import type { ModelEvent } from '../model/reply.ts';
import { type Desk, wholeReply } from './ask.ts';
import type { OutputError } from './output.ts';
import { type Account, type Question, requestOf, type Terms, termsOf } from './question.ts';
import type { Reply } from './reply.ts';
import type { OutputOf, Schema } from './schema.ts';

/** A question whose answer nobody waits for: everything of a question but what only a waiting caller can mean. */
export type LateQuestion<S extends Schema | undefined = Schema | undefined> = Omit<
  Question<S>,
  'signal' | 'deadlineMs' | 'priority' | 'idempotencyKey'
>;

/** Many questions handed in at once: at half the price where a provider has a batch API. */
export interface BatchQuestions<S extends Schema | undefined = Schema | undefined> extends Account, Pick<Question, 'onLoss'> {
  /** As many as there are; each may have an `id` of its own, else it is its number, from 0. */
  readonly questions: Iterable<BatchQuestion> | AsyncIterable<BatchQuestion>;
  /** What each answer must be. */
  readonly output?: S;
  /** Questions without an answer expire after so long, in milliseconds; 24 hours unless told. */
  readonly windowMs?: number;
  /** `sync`: they are asked one by one at low priority, although a provider has a batch API. */
  readonly via?: 'batch' | 'sync';
}

/** One of them. */
export type BatchQuestion = Omit<LateQuestion, 'output' | 'onLoss'> & { readonly id?: string };

/** A batch handed in before, by another process perhaps. */
export interface ResumedBatch<S extends Schema | undefined = Schema | undefined> {
  /** The batch's `id`. */
  readonly resume: string;
  readonly output?: S;
}

/** What became of a question. */
export type BatchAnswer<Output> = { readonly id: string /** Its place, from 0. */; readonly index: number } & (
  | { readonly reply: Reply<Output>; readonly error?: undefined }
  | {
      /** Why there is none: an `OutputError` where an answer came that is not what `output` asked for. */
      readonly error: HeadgateError | OutputError;
      readonly reply?: undefined;
      readonly outcome: LineOutcome;
    }
);

/** A batch under way: its answers, in the order asked, once all are there. Leaving early ends nothing: it can be resumed by its id. */
export interface Batch<Output> extends AsyncIterable<BatchAnswer<Output>> {
  /** Resolves once the batch is kept and outlives this process; rejects with a `HeadgateError` where it was refused. */
  readonly id: Promise<string>;
  /** How far it is. */
  job(): Promise<Job>;
  /** Sends nothing more; what was answered stays. */
  cancel(): Promise<void>;
}

/** What batches need beside a desk. */
export interface BatchDesk extends Desk {
  readonly jobs: Jobs | undefined;
  readonly after: (ms: number, work: () => void) => () => void;
}

/** A batch is looked at so often, in milliseconds. */
const LOOK_MS = 2000;

export function batch<S extends Schema | undefined = undefined>(
  desk: BatchDesk,
  asked: BatchQuestions<S> | ResumedBatch<S>,
): Batch<OutputOf<S>> {
  const id = 'resume' in asked ? found(desk, asked.resume) : handIn(desk, asked);
  // Whoever iterates hears of it; whoever does not has the promise.
  id.catch(() => {});
  const job = async (): Promise<Job> => {
    const kept = await jobsOf(desk).get(await id);
    if (!kept) throw new HeadgateError({ kind: 'missing', message: `there is no batch "${await id}"`, param: 'resume' });
    return kept;
  };
  return {
    id,
    job,
    async cancel() {
      await jobsOf(desk).cancel(await id);
    },
    async *[Symbol.asyncIterator]() {
      while ((await job()).state !== 'ended') await new Promise<void>((over) => void desk.after(LOOK_MS, over));
      for await (const { line, customId, outcome, body = '[]', callId = '', cost = null, asked: request = '' } of jobsOf(desk).results(
        await id,
        { asked: true },
      )) {
        const named = { id: customId, index: line };
        try {
          yield { ...named, reply: await replyFrom(request, body, outcome, { callId, cost }, asked.output as S) };
        } catch (error) {
          yield { ...named, error: error as HeadgateError | OutputError, outcome };
        }
      }
    },
  };
}

async function found(desk: BatchDesk, id: string): Promise<string> {
  const job = await jobsOf(desk).get(id);
  if (job?.dialect === 'canonical') return id;
  throw new HeadgateError({
    kind: job ? 'invalid' : 'missing',
    message: job ? `the batch "${id}" was not handed in by headgate.batch: read it with headgate.jobs` : `there is no batch "${id}"`,
    param: 'resume',
  });
}

async function handIn(desk: BatchDesk, asked: BatchQuestions): Promise<string> {
  const { questions, windowMs, via, output, ...own } = asked;
  const { caller, onLoss } = termsOf(own, desk);
  const made = await jobsOf(desk).create(
    {
      caller,
      dialect: 'canonical',
      operation: 'generate',
      ...(windowMs !== undefined && { windowMs }),
      ...(via !== undefined && { via }),
      ...(onLoss !== undefined && { onLoss }),
    },
    linesOf(questions, output, { ...desk, caller }),
  );
  if ('kind' in made) throw new HeadgateError(made);
  return made.id;
}

async function* linesOf(questions: BatchQuestions['questions'], output: Schema | undefined, terms: Terms): AsyncGenerator<NewLine> {
  let index = 0;
  for await (const { id = String(index), ...question } of questions) {
    const own = termsOf(question, terms).caller;
    yield { customId: id, body: written({ ...question, ...(output && { output }) }, terms), caller: own };
    index += 1;
  }
}

/** A question as it is kept until it is asked. */
export function written(question: LateQuestion, terms: Terms): string {
  const { providerOptions, maxVisibleTokens } = termsOf(question, terms);
  const call: WrittenCall = {
    request: requestOf(question, false),
    ...(providerOptions && { providerOptions }),
    ...(maxVisibleTokens !== undefined && { maxVisibleTokens }),
  };
  return JSON.stringify(call);
}

/** The reply that kept events spell. Throws a `HeadgateError` or an `OutputError` where they spell none. */
export async function replyFrom<S extends Schema | undefined>(
  asked: string,
  body: string,
  outcome: DeferredCall['state'],
  { callId, cost }: { readonly callId: string; readonly cost: Money | null },
  schema: S,
): Promise<Reply<OutputOf<S>>> {
  const lines = readArguments(body) as unknown as readonly (ModelEvent | { readonly type: 'losses'; readonly losses: Receipt['losses'] })[];
  const events = lines.filter((line) => line.type !== 'losses');
  if (events.length === 0)
    throw new HeadgateError({
      kind: outcome === 'expired' ? 'slow' : 'cancelled',
      message: `the question was ${outcome} before it was answered`,
    });
  const { request } = readArguments(asked) as unknown as WrittenCall;
  const finish = events.findLast((event) => event.type === 'finish');
  const begun = events.find((event) => event.type === 'start');
  const receipt: Receipt = {
    callId,
    attempts: 1,
    cost,
    losses: lines.flatMap((line) => (line.type === 'losses' ? line.losses : [])),
    ...(begun?.model !== undefined && { servedModel: begun.model }),
    ...(finish?.usage && { usage: finish.usage }),
  };
  return wholeReply(events, request.turns, { receipt: Promise.resolve(receipt) }, schema);
}

function jobsOf({ jobs }: BatchDesk): Jobs {
  if (jobs) return jobs;
  throw new HeadgateError({ kind: 'invalid', message: 'batches are kept in the ledger: remove "ledger: off" from the configuration' });
}
