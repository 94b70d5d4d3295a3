import { dialectOf } from '../../src/dialects/registry.ts';
import { sseDecoder } from '../../src/dialects/sse.ts';
import { HeadgateError } from '../../src/model/failure.ts';
import { fold } from '../../src/model/fold.ts';
import type { Json } from '../../src/model/json.ts';
import { run } from '../../src/model/machine.ts';
import type { DialectName } from '../../src/model/part.ts';
import type { Door } from '../../src/server/door.ts';
import type { World } from '../../src/world/world.ts';

/** One call of a scenario. */
export interface Plan {
  readonly atMs: number;
  readonly dialect: DialectName;
  readonly stream: boolean;
  readonly model: string;
  readonly deadlineMs?: number;
  /** Leaves so long after asking, whatever has come by then. */
  readonly leavesAfterMs?: number;
}

/** What a caller heard, and when. */
export interface Heard {
  readonly plan: Plan;
  readonly askedMs: number;
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** When the first byte that is not a comment came. */
  contentMs?: number;
  endedMs?: number;
  left: boolean;
}

const PATHS: Readonly<Record<DialectName, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
};

export function askAt(door: Door, plan: Plan, world: World): Heard {
  const { dialect, stream, model, deadlineMs, leavesAfterMs } = plan;
  const heard: Heard = { plan, askedMs: world.elapsed(), status: 0, headers: {}, body: '', left: false };
  const take = (bytes: Uint8Array): void => {
    const text = Buffer.from(bytes).toString();
    if (!text.startsWith(':')) heard.contentMs ??= world.elapsed();
    heard.body += text;
  };
  const body = {
    model,
    stream,
    ...(dialect === 'openai-responses' ? { input: 'Count.' } : { messages: [{ role: 'user', content: 'Count.' }] }),
    ...(dialect === 'anthropic-messages' && { max_tokens: 100 }),
  };
  const running = door(
    {
      method: 'POST',
      target: PATHS[dialect],
      headers: {
        'content-type': 'application/json',
        'anthropic-version': '2023-06-01',
        ...(deadlineMs !== undefined && { 'x-headgate-deadline-ms': String(deadlineMs) }),
      },
      body: Buffer.from(JSON.stringify(body)),
    },
    {
      head(status, headers) {
        heard.status = status;
        heard.headers = headers;
      },
      write(bytes) {
        take(bytes);
        return true;
      },
      end(bytes) {
        if (bytes?.length) take(bytes);
        heard.endedMs = world.elapsed();
      },
      onDrained() {},
    },
  );
  if (leavesAfterMs !== undefined) {
    world.after(leavesAfterMs, () => {
      if (heard.endedMs !== undefined) return;
      heard.left = true;
      running.cancel();
    });
  }
  return heard;
}

/** What an answer comes to: its words, that it is an error, or that it is neither and should never have been. */
export function verdictOn({
  plan: { dialect, stream },
  status,
  body,
}: Heard): { readonly words: string } | 'error' | { readonly broken: string } {
  const codec = dialectOf(dialect);
  try {
    if (status !== 200) return codec.decodeFailure({ status, headers: {}, body }, 0).message ? 'error' : { broken: body.slice(0, 200) };
    const reply = stream ? fold(run(codec.decodeStream(), run(sseDecoder(), [body]))) : codec.decodeReply(JSON.parse(body) as Json);
    return { words: reply.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') };
  } catch (error) {
    if (error instanceof HeadgateError && stream && body.includes('"error"')) return 'error';
    return { broken: `${error instanceof Error ? error.message : String(error)}: ${body.slice(-200)}` };
  }
}
