import { invalid } from '../model/failure.ts';
import { type Money, usd } from '../model/money.ts';
import { type Outcome, type RunEvent, type RunRooms, run, type Task } from '../tools/run.ts';
import type { Approve, RunnableTool } from '../tools/tool.ts';
import type { Desk } from './ask.ts';
import { type RunTotals, readOutput } from './output.ts';
import { type Question, requestOf, termsOf } from './question.ts';
import { type Reply, replyOf } from './reply.ts';
import type { OutputOf, Schema } from './schema.ts';

/** A question whose answer may need tools. */
export interface ToolQuestion<S extends Schema | undefined = Schema | undefined> extends Omit<Question<S>, 'tools'> {
  readonly tools: readonly RunnableTool[];
  /** Most calls of the model; 10 unless told. */
  readonly maxRounds?: number;
  /** Most tokens, asked and answered, over all rounds. No call is sent that may go beyond by its estimate: say `maxOutputTokens` too. */
  readonly maxTokens?: number;
  /** Most that all rounds may cost, such as `$0.50`; as `maxTokens`. */
  readonly maxCost?: string | Money;
  /** Most tools at once; 16 unless told. */
  readonly concurrency?: number;
  /** How long a tool may take that does not say, in milliseconds; 60,000 unless told. */
  readonly timeoutMs?: number;
  /** Asked before a tool runs: `true` lets it, `{ input }` runs it with other arguments if they fit, `{ deny: 'why' }` and all else refuse the call. */
  readonly approve?: Approve;
}

/** What a run came to. */
export interface ToolRun<Output = unknown> extends Pick<Outcome, 'ended' | 'rounds' | 'turns' | 'tokens' | 'cost'> {
  /** The words of the last answer; empty where a ceiling let none through. */
  readonly text: string;
  /** What the schema of the question makes of the last answer; undefined where there is none, and where a ceiling ended the run. */
  readonly output: Output | undefined;
  /** The last answer whole; absent where a ceiling let none through. */
  readonly reply?: Reply;
}

/** A run while it goes on, to be read once or only awaited. Leaving early calls it off. */
export interface ToolRunStream<Output = undefined> extends AsyncIterable<RunEvent> {
  /** What it comes to; runs it to its end if nobody reads. Rejects as `runTools` does. */
  result(): Promise<ToolRun<Output>>;
}

/** What running tools needs besides asking: a clock. */
export interface ToolDesk extends Desk, Pick<RunRooms, 'after'> {}

/**
 * Asks, runs the tools the answer calls, all at once, gives every result back and asks again, until the model needs
 * none or a ceiling is reached. Throws `invalid`; a `RunError`, with all that was done in `turns`, where a call of the
 * model failed or the run was called off; and an `OutputError` as `ask` does.
 */
export const runTools = <S extends Schema | undefined = undefined>(
  desk: ToolDesk,
  question: ToolQuestion<S>,
): Promise<ToolRun<OutputOf<S>>> => finished(desk, question, false, () => undefined);

/** The same, step by step: the events of every answer, and when each tool begins and ends. */
export function streamTools<S extends Schema | undefined = undefined>(
  desk: ToolDesk,
  question: ToolQuestion<S>,
): ToolRunStream<OutputOf<S>> {
  const own = new AbortController();
  const signal = question.signal ? AbortSignal.any([question.signal, own.signal]) : own.signal;
  const events: RunEvent[] = [];
  let wake = (): void => {};
  let over = false;
  let begun: Promise<ToolRun<OutputOf<S>>> | undefined;
  const begin = () => {
    begun ??= finished(desk, { ...question, signal }, true, (event) => {
      events.push(event);
      wake();
    }).finally(() => {
      over = true;
      wake();
    });
    // Whoever reads hears of it there; nobody may be waiting for the result.
    begun.catch(() => undefined);
    return begun;
  };
  return {
    result: begin,
    async *[Symbol.asyncIterator]() {
      const result = begin();
      try {
        for (;;) {
          while (events.length > 0) yield events.shift()!;
          if (over) break;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        if (!over) own.abort();
      }
      await result;
    },
  };
}

async function finished<S extends Schema | undefined>(
  desk: ToolDesk,
  question: ToolQuestion<S>,
  streams: boolean,
  tell: (event: RunEvent) => void,
): Promise<ToolRun<OutputOf<S>>> {
  const task = taskOf(desk, question, streams);
  const { reply, receipt, ...outcome } = await run(task, desk, tell);
  if (!reply || !receipt) return { ...outcome, text: '', output: undefined };
  const whole = replyOf(reply, outcome.turns.slice(0, -1), receipt);
  const output = outcome.ended === 'answered' && question.output ? await readOutput(question.output, whole, totalsOf(outcome)) : undefined;
  return { ...outcome, text: whole.text, output: output as OutputOf<S>, reply: { ...whole, turns: outcome.turns, output } };
}

const totalsOf = ({ rounds, tokens, cost }: RunTotals): RunTotals => ({ rounds, tokens, cost });

function taskOf(desk: Desk, question: ToolQuestion, stream: boolean): Task {
  const { tools, maxRounds = 10, maxTokens, maxCost, concurrency = 16, timeoutMs = 60_000, approve, ...asked } = question;
  if (!Array.isArray(tools) || !tools.every(isRunnable)) invalid('tools must be a list of tools, each made with tool()', 'tools');
  const names = tools.map(({ definition }) => definition.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) invalid(`tools must have names of their own, and two are called "${twice}"`, 'tools');
  for (const [name, value] of Object.entries({ maxRounds, concurrency, timeoutMs, ...(maxTokens !== undefined && { maxTokens }) }))
    if (!Number.isSafeInteger(value) || value < 1) invalid(`${name} must be a whole number above 0, got ${value}`, name);
  return {
    request: requestOf(asked as Question, stream),
    terms: termsOf(asked, desk),
    tools,
    roundsMax: maxRounds,
    concurrency,
    timeoutMs,
    ...(maxTokens !== undefined && { tokensMax: maxTokens }),
    ...(maxCost !== undefined && { costMax: moneyOf(maxCost) }),
    ...(approve && { approve }),
  };
}

/** A definition alone, as `ask` takes it, cannot be run. */
const isRunnable = (one: RunnableTool | undefined): boolean => typeof one?.run === 'function' && typeof one.definition?.name === 'string';

function moneyOf(sum: string | Money): Money {
  if (typeof sum === 'bigint') return sum;
  try {
    return usd(sum.replace(/^\$/, ''));
  } catch {
    return invalid(`maxCost must be dollars with at most six decimals, such as "$0.50", got "${sum}"`, 'maxCost');
  }
}
