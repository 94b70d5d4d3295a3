import { text } from 'node:stream/consumers';
import { formatUsd, type Money, zero } from '../model/money.ts';
import { type Starved, starvedBy, starvedText } from '../model/starved.ts';
import { EXIT } from './exit.ts';
import { configFile, loadOrComplain } from './load.ts';
import { complain, paint } from './print.ts';
import { deltas, type Step, type Usage } from './read-stream.ts';

interface CallOptions {
  readonly model: string;
  readonly system?: string;
  readonly maxTokens?: number;
  /** False with `--no-stream`. */
  readonly stream: boolean;
  readonly json?: boolean;
  readonly url?: string;
  readonly config?: string;
}

/** Whom to ask. */
export interface Engine {
  fetch(path: string, init: RequestInit): Promise<Response>;
  /** What a call cost that did not say so itself, in dollars; undefined where nobody knows. */
  costOf(callId: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** `headgate call`: one question, its answer to standard output, what it took and cost to standard error. */
export async function call(prompt: string | undefined, options: CallOptions): Promise<number> {
  if (prompt === undefined && process.stdin.isTTY) {
    complain('error: there is nothing to ask: write a prompt, or pipe one in');
    return EXIT.usage;
  }
  const question = prompt ?? (await text(process.stdin));
  if (question.trim() === '') {
    complain('error: there is nothing to ask: the prompt is empty');
    return EXIT.usage;
  }
  const engine = await engineFor(options);
  if (!engine) return EXIT.failed;
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  // Nobody reads the rest: nobody should pay for it.
  process.stdout.once('error', interrupt);
  try {
    return await ask(engine, question, options, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return 130;
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
    await engine.close();
  }
}

/** A running gateway, or one of our own for as long as the call takes. */
export async function engineFor({ url, config: named }: Pick<CallOptions, 'url' | 'config'>): Promise<Engine | undefined> {
  if (url !== undefined) return running(url.replace(/\/+$/, '').replace(/\/v1$/, ''));
  const config = loadOrComplain(configFile(named));
  if (!config) return undefined;
  const { createHeadgate } = await import('../headgate.ts');
  // The caller is whoever runs the command: gateway keys are for those who come over the network.
  const headgate = await createHeadgate(config, { keyless: true, worksOnJobs: false });
  return {
    fetch: (path, init) => headgate.fetch(`http://headgate.local${path}`, init),
    costOf: async (callId) => {
      const costs = (await headgate.ledger?.records({ callId }))?.map(({ cost }) => cost) ?? [];
      const known = costs.filter((cost) => cost !== null);
      return known.length === costs.length && known.length > 0
        ? formatUsd(known.reduce((sum, cost) => (sum + cost) as Money, zero))
        : undefined;
    },
    close: () => headgate.close(),
  };
}

function running(base: string): Engine {
  const key = process.env['HEADGATE_KEY'];
  return {
    fetch: async (path, init) => {
      try {
        const headers = { ...(init.headers as Record<string, string>), ...(key && { authorization: `Bearer ${key}` }) };
        return await fetch(`${base}${path}`, { ...init, headers });
      } catch (error) {
        const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
        throw new Error(`no gateway answers at ${base} (${cause?.code ?? message})`);
      }
    },
    costOf: async () => undefined,
    close: async () => {},
  };
}

async function ask(engine: Engine, question: string, options: CallOptions, signal: AbortSignal): Promise<number> {
  const { model, system, maxTokens, json } = options;
  const streaming = options.stream && !json;
  const answer = await engine.fetch('/v1/chat/completions', {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      messages: [...(system === undefined ? [] : [{ role: 'system', content: system }]), { role: 'user', content: question }],
      ...(maxTokens !== undefined && { max_completion_tokens: maxTokens }),
      ...(streaming && { stream: true, stream_options: { include_usage: true } }),
    }),
  });
  if (!answer.ok) {
    complain(`${paint('red', 'error:', process.stderr)} ${await failureText(answer)}`);
    return EXIT.failed;
  }
  if (json) {
    process.stdout.write(`${JSON.stringify(await answer.json(), null, 2)}\n`);
    return EXIT.ok;
  }
  const { usage, finish, failure } = streaming ? await printStream(answer) : await printWhole(answer);
  if (failure !== undefined) {
    complain(`${paint('red', 'error:', process.stderr)} the answer broke off: ${failure}`);
    return EXIT.failed;
  }
  const starved = usage && finish === 'length' && starvedOf(usage);
  if (starved) complain(paint('yellow', `starved: ${starvedText(starved)}; --max-tokens sets how many there are`, process.stderr));
  const cost = answer.headers.get('x-headgate-cost-usd') ?? (await engine.costOf(answer.headers.get('x-headgate-call-id') ?? ''));
  const tokens = usage ? `${usage.prompt_tokens} tokens in, ${usage.completion_tokens} out` : 'usage not reported';
  complain(paint('dim', cost === undefined ? tokens : `${tokens}, $${cost}`, process.stderr));
  return EXIT.ok;
}

const starvedOf = ({ completion_tokens: output, completion_tokens_details: details }: Usage): Starved | undefined =>
  starvedBy({ reason: 'length' }, { tokens: { output }, reasoningTokens: details?.reasoning_tokens ?? 0 });

interface Completion {
  readonly choices: readonly {
    readonly message: { readonly content?: string | null; readonly refusal?: string | null };
    readonly finish_reason?: string;
  }[];
  readonly usage?: Usage;
}

async function printWhole(answer: Response): Promise<Step> {
  const { choices, usage } = (await answer.json()) as Completion;
  const [choice] = choices;
  process.stdout.write(`${choice?.message.content ?? choice?.message.refusal ?? ''}\n`);
  return { ...(usage && { usage }), ...(choice?.finish_reason && { finish: choice.finish_reason }) };
}

async function printStream(answer: Response): Promise<Step> {
  let last: Step = {};
  for await (const { text, ...rest } of deltas(answer.body!)) {
    if (text) process.stdout.write(text);
    last = { ...last, ...rest };
  }
  process.stdout.write('\n');
  return last;
}

/** Why there is no answer, in the gateway's words. */
export async function failureText(answer: Response): Promise<string> {
  const body = await answer.text();
  try {
    const { error } = JSON.parse(body) as { error: { message: string } };
    return error.message;
  } catch {
    return `status ${answer.status}`;
  }
}
