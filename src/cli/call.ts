import { text } from 'node:stream/consumers';
import { EXIT } from './exit.ts';
import { configFile, loadOrComplain } from './load.ts';
import { complain, paint } from './print.ts';
import { deltas, type Usage } from './read-stream.ts';

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

type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/** `headgate call`: one question, its answer to standard output, what it took and cost to standard error. */
export async function call(prompt: string | undefined, options: CallOptions): Promise<number> {
  if (prompt === undefined && process.stdin.isTTY) {
    complain('error: there is nothing to ask: write a prompt, or pipe one in');
    return EXIT.usage;
  }
  const question = prompt ?? (await text(process.stdin));
  const engine = await engineFor(options);
  if (!engine) return EXIT.failed;
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  // Nobody reads the rest: nobody should pay for it.
  process.stdout.once('error', interrupt);
  try {
    return await ask(engine.fetch, question, options, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return 130;
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
    await engine.close();
  }
}

/** A running gateway, or one of our own for as long as the call takes. */
async function engineFor({ url, config: named }: CallOptions): Promise<{ fetch: Fetch; close: () => Promise<void> } | undefined> {
  if (url !== undefined) {
    const base = url.replace(/\/+$/, '').replace(/\/v1$/, '');
    const key = process.env['HEADGATE_KEY'];
    const fetchThere: Fetch = (path, init) =>
      fetch(`${base}${path}`, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), ...(key && { authorization: `Bearer ${key}` }) },
      }).catch((error: Error) => {
        throw new Error(`no gateway answers at ${base} (${(error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.message})`);
      });
    return { fetch: fetchThere, close: async () => {} };
  }
  const config = loadOrComplain(configFile(named));
  if (!config) return undefined;
  const { createHeadgate } = await import('../headgate.ts');
  // The caller is whoever runs the command: gateway keys are for those who come over the network.
  const headgate = await createHeadgate({ ...config, server: { ...config.server, keys: [] }, log: { level: 'silent' } });
  return { fetch: (path, init) => headgate.fetch(`http://headgate.local${path}`, init), close: () => headgate.close() };
}

async function ask(
  send: Fetch,
  question: string,
  { model, system, maxTokens, stream, json }: CallOptions,
  signal: AbortSignal,
): Promise<number> {
  const streaming = stream && !json;
  const answer = await send('/v1/chat/completions', {
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
  const cost = answer.headers.get('x-headgate-cost-usd') ?? undefined;
  if (json) {
    process.stdout.write(`${JSON.stringify(await answer.json(), null, 2)}\n`);
    return EXIT.ok;
  }
  if (streaming) return await print(answer, cost);
  const { choices, usage } = (await answer.json()) as Completion;
  process.stdout.write(`${choices[0]?.message.content ?? choices[0]?.message.refusal ?? ''}\n`);
  tell(usage, cost);
  return EXIT.ok;
}

interface Completion {
  readonly choices: readonly { readonly message: { readonly content?: string | null; readonly refusal?: string | null } }[];
  readonly usage?: Usage;
}

async function print(answer: Response, cost: string | undefined): Promise<number> {
  let usage: Usage | undefined;
  let failure: string | undefined;
  for await (const step of deltas(answer.body!)) {
    if (step.text) process.stdout.write(step.text);
    usage = step.usage ?? usage;
    failure = step.failure ?? failure;
  }
  process.stdout.write('\n');
  if (failure !== undefined) {
    complain(`${paint('red', 'error:', process.stderr)} the answer broke off: ${failure}`);
    return EXIT.failed;
  }
  tell(usage, cost);
  return EXIT.ok;
}

function tell(usage: Usage | undefined, cost: string | undefined): void {
  const tokens = usage ? `${usage.prompt_tokens} tokens in, ${usage.completion_tokens} out` : 'usage not reported';
  complain(paint('dim', cost === undefined ? tokens : `${tokens}, $${cost}`, process.stderr));
}

async function failureText(answer: Response): Promise<string> {
  const body = await answer.text();
  try {
    const { error } = JSON.parse(body) as { error: { message: string } };
    return error.message;
  } catch {
    return `status ${answer.status}`;
  }
}
