import type { ToolCall } from '../model/part.ts';
import { contentOf, errorOf, isRecord, resultOf } from './result.ts';
import type { Approval, Approve, RunnableTool, ToolContext, ToolIssue, ToolResult } from './tool.ts';

/** Runs `work` once after milliseconds; the function returned calls it off. */
export type After = (ms: number, work: () => void) => () => void;

/** By which rules the calls of a round are run. */
export interface CallRules {
  readonly tools: ReadonlyMap<string, RunnableTool>;
  readonly approve?: Approve | undefined;
  readonly timeoutMs: number;
  readonly round: number;
  /** The run's own. */
  readonly signal: AbortSignal;
  readonly after: After;
}

/** Runs one call of a tool. Never rejects: whatever goes wrong is a result the model can read. What comes after its time is ignored. */
export async function runCall(call: ToolCall, rules: CallRules): Promise<ToolResult> {
  const { tools, timeoutMs, round, signal, after } = rules;
  const tool = tools.get(call.name);
  if (!tool) return errorOf(call, `there is no tool "${call.name}"; there are: ${[...tools.keys()].join(', ') || 'none'}`);
  if (signal.aborted) return errorOf(call, CALLED_OFF);
  const own = new AbortController();
  const ms = tool.timeoutMs ?? timeoutMs;
  return new Promise((resolve) => {
    const end = (result: ToolResult): void => {
      callOff();
      signal.removeEventListener('abort', leave);
      resolve(result);
    };
    const giveUp = (message: string): void => {
      end(errorOf(call, message));
      own.abort(new Error(message));
    };
    const leave = () => giveUp(CALLED_OFF);
    const callOff = after(ms, () => giveUp(`the tool "${call.name}" did not answer within ${ms} ms`));
    signal.addEventListener('abort', leave);
    settled(call, tool, rules, { call, round, signal: own.signal }).then(end, (error: unknown) =>
      end(errorOf(call, `the tool "${call.name}" failed: ${messageOf(error)}`)),
    );
  });
}

/** Checked, approved and run. */
async function settled(call: ToolCall, tool: RunnableTool, { approve }: CallRules, context: ToolContext): Promise<ToolResult> {
  const read = call.custom ? { json: call.arguments } : parsed(call.arguments);
  if (!('json' in read)) return errorOf(call, `the arguments of "${call.name}" must be a JSON object, and are no JSON: ${read.problem}`);
  const checked = await tool.check(read.json);
  if ('issues' in checked) return errorOf(call, `the arguments of "${call.name}" do not fit: ${placesOf(checked.issues)}`);
  const approval = approve ? await approve(call, checked.value, { round: context.round, signal: context.signal }) : true;
  if (!allows(approval)) return errorOf(call, denialOf(approval));
  const chosen = approval === true ? checked : await tool.check(approval.input);
  if ('issues' in chosen) return errorOf(call, `the arguments that approve gave "${call.name}" do not fit: ${placesOf(chosen.issues)}`);
  // Asked for approval for long, it may be over already.
  context.signal.throwIfAborted();
  return resultOf(call, contentOf(await tool.run(chosen.value, context)));
}

/** Only a clear yes allows a call: a hook without types may answer anything, and one that forgets to answer gives undefined. */
const allows = (approval: Approval): approval is true | { readonly input: unknown } =>
  approval === true || (isRecord(approval) && !('deny' in approval) && approval['input'] !== undefined);

function denialOf(approval: Approval): string {
  if (approval === false) return NOT_ALLOWED;
  if (!isRecord(approval) || !('deny' in approval)) return `${NOT_ALLOWED}: approve answered neither true nor { input }`;
  return approval.deny === undefined ? NOT_ALLOWED : `${NOT_ALLOWED}: ${approval.deny}`;
}

const NOT_ALLOWED = 'this call was not allowed';

const placesOf = (issues: readonly ToolIssue[]): string =>
  issues.map(({ path, message }) => `${path === '' ? 'the whole' : path}: ${message}`).join('; ');

const CALLED_OFF = 'the run was called off';

/** A call without arguments may come with none at all. */
function parsed(text: string): { readonly json: unknown } | { readonly problem: string } {
  if (text.trim() === '') return { json: {} };
  try {
    return { json: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** What was thrown, in words. Never throws: some things have no text, and getters may do anything. */
function messageOf(error: unknown): string {
  try {
    if (typeof error !== 'object' || error === null) return String(error);
    const { message } = error as { readonly message?: unknown };
    return typeof message === 'string' ? message : JSON.stringify(error);
  } catch {
    return 'what it threw cannot be put in words';
  }
}
