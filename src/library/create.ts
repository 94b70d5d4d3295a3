import type { CallEstimate } from '../estimate-call.ts';
import { createHeadgate as createEngine, type Headgate as Engine, type HeadgateOptions } from '../headgate.ts';
import { realWorld } from '../world/real.ts';
import { ask } from './ask.ts';
import { type Batch, type BatchQuestions, batch, type ResumedBatch } from './batch.ts';
import { type ConfigSource, configured } from './configured.ts';
import { type DeferDesk, type Deferred, type DeferredQuestion, defer, deferred } from './defer.ts';
import { type Question, requestOf, termsOf } from './question.ts';
import type { Reply } from './reply.ts';
import { runTools, streamTools, type ToolDesk, type ToolQuestion, type ToolRun, type ToolRunStream } from './run-tools.ts';
import type { OutputOf, Schema } from './schema.ts';
import { type AnswerStream, stream } from './stream.ts';

/** What a program may say when it creates a Headgate. */
export interface LibraryOptions extends Pick<HeadgateOptions, 'onNotice' | 'onCall' | 'network' | 'world'> {
  /** A file (YAML or JSON), or an object of the same form; left out: keys in the environment say whom to call. */
  readonly config?: ConfigSource;
  /** Where `${VARIABLE}`s and providers' keys are looked up; `process.env` unless told. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The engine in this process: what a gateway does, without the gateway. */
export interface Headgate extends Engine {
  /**
   * Asks once and waits for all of the answer. Throws a `HeadgateError` where none came, and an `OutputError`
   * where one came that is not what `output` asked for.
   */
  ask<S extends Schema | undefined = undefined>(question: Question<S>): Promise<Reply<OutputOf<S>>>;
  /**
   * How large and how dear the question would be at each target of its model, and whether it fits; nothing is sent.
   * Throws `invalid`, and `unroutable` where the model leads nowhere.
   */
  estimate(question: Question): Promise<readonly CallEstimate[]>;
  /**
   * Hands many questions in at once, at half the price where a provider has a batch API, and gives their answers in
   * the order asked. `resume` finds a batch again after a restart.
   */
  batch<S extends Schema | undefined = undefined>(asked: BatchQuestions<S> | ResumedBatch<S>): Batch<OutputOf<S>>;
  /** Hands a question in whose answer may take until a deadline, at half the price where a provider has a batch API. */
  defer<S extends Schema | undefined = undefined>(question: DeferredQuestion<S>): Promise<Deferred<OutputOf<S>>>;
  /** Finds a deferred question again; `output` as it was asked for. */
  deferred<S extends Schema | undefined = undefined>(id: string, output?: S): Promise<Deferred<OutputOf<S>>>;
  /** Asks, and gives the answer as it comes. Throws `invalid` at once; what else goes wrong, in the reading. */
  stream<S extends Schema | undefined = undefined>(question: Question<S>): AnswerStream<OutputOf<S>>;
  /**
   * Asks, runs the tools the answer calls, all at once, gives every result back and asks again, until the model needs
   * none or a ceiling is reached. Throws a `RunError`, with all that was done in `turns`, where a call of the model
   * failed or the run was called off; and an `OutputError` as `ask` does.
   */
  runTools<S extends Schema | undefined = undefined>(question: ToolQuestion<S>): Promise<ToolRun<OutputOf<S>>>;
  /** The same, step by step. */
  streamTools<S extends Schema | undefined = undefined>(question: ToolQuestion<S>): ToolRunStream<OutputOf<S>>;
}

/** Reads the configuration, opens the ledger and is ready. Throws a `ConfigError`; rejects when the ledger cannot be opened. */
export async function createHeadgate({ config, env = process.env, ...options }: LibraryOptions = {}): Promise<Headgate> {
  const engine = await createEngine(configured(config, env), options);
  const { after } = options.world ?? realWorld;
  const desk: ToolDesk & DeferDesk = {
    jobs: engine.jobs,
    deferrals: engine.deferrals,
    makeCall: engine.makeCall,
    after,
    get caller() {
      return engine.insider;
    },
    get providerNames() {
      return engine.providerNames;
    },
  };
  return Object.defineProperties(
    {
      ask: (question: Question) => ask(desk, question),
      estimate: async (question: Question) => engine.sizeUp(requestOf(question, false), termsOf(question, desk)),
      batch: (asked: BatchQuestions | ResumedBatch) => batch(desk, asked),
      defer: (question: DeferredQuestion) => defer(desk, question),
      deferred: (id: string, output?: Schema) => deferred(desk, id, output),
      stream: (question: Question) => stream(desk, question),
      runTools: (question: ToolQuestion) => runTools(desk, question),
      streamTools: (question: ToolQuestion) => streamTools(desk, question),
    },
    Object.getOwnPropertyDescriptors(engine),
  ) as Headgate;
}
