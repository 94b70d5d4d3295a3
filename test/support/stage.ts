import { compatible } from '../../src/catalogue/index.ts';
import { inboundOf } from '../../src/lanes/inbound.ts';
import { createVault } from '../../src/lanes/vault.ts';
import type { Exchange, OutgoingRequest, Receiver } from '../../src/model/exchange.ts';
import { HeadgateError } from '../../src/model/failure.ts';
import { createNotices, type Notice } from '../../src/model/notice.ts';
import type { DialectName } from '../../src/model/part.ts';
import type { Sink } from '../../src/model/sink.ts';
import { createCalls } from '../../src/pipeline/calls.ts';
import { createCrowd } from '../../src/pipeline/crowd.ts';
import { createHealth, type HealthSetup } from '../../src/pipeline/health.ts';
import type { Admission, Choice, FinishedCall } from '../../src/pipeline/rooms.ts';
import { DEFAULT_BREAKER } from '../../src/policy/breaker.ts';
import type { LineLimits } from '../../src/policy/line.ts';
import { DEFAULT_RETRY } from '../../src/policy/next.ts';
import { DEFAULT_ON_LOSS } from '../../src/policy/on-loss.ts';
import { type SimulatedWorld, simulatedWorld } from '../../src/world/simulated.ts';

/** A target that can be asked, with the facts of a compatible server. */
export const at = (provider: string, dialect: DialectName = 'openai-chat'): Choice => ({
  target: { provider, model: 'm', dialect },
  facts: compatible,
  includeUsage: true,
});

/** Chance that always falls in the middle. */
const fixedChance = (world: SimulatedWorld): SimulatedWorld => ({ ...world, random: () => 0.5 });

/** A gateway's middle with its network in the test's hands. */
export function stage(
  body: object,
  choices: Choice[],
  dialect: DialectName = 'openai-chat',
  onLoss?: string,
  admission: Partial<Admission> = {},
  keys: HealthSetup['keys'] = new Map(),
  lines: ReadonlyMap<string, LineLimits> = new Map(),
) {
  const world = fixedChance(simulatedWorld({ startMs: 1_700_000_000_000 }));
  const notices: Notice[] = [];
  const bus = createNotices(world.now);
  bus.hear((notice) => notices.push(notice));
  const sent: (OutgoingRequest & { receiver: Receiver; aborted: boolean })[] = [];
  const gone = new Set<string>();
  const booked: FinishedCall[] = [];
  const heard: string[] = [];
  const overheads: (string | undefined)[] = [];
  const upstreamIds: (string | undefined)[] = [];
  const trails: (string | undefined)[] = [];
  const sink: Sink = {
    head(status, headers) {
      overheads.push(headers['x-headgate-overhead-ms']);
      upstreamIds.push(headers['x-headgate-upstream-request-id']);
      trails.push(headers['x-headgate-trail']);
      heard.push(`head ${status} ${headers['content-type']} losses=${headers['x-headgate-losses']} target=${headers['x-headgate-target']}`);
    },
    write: (bytes) => heard.push(Buffer.from(bytes).toString()) > 0,
    end: (bytes) => heard.push(`end ${bytes ? Buffer.from(bytes) : ''}`),
    fail(failure, headers) {
      overheads.push(headers['x-headgate-overhead-ms']);
      upstreamIds.push(headers['x-headgate-upstream-request-id']);
      heard.push(`fail ${failure.kind}: ${failure.message}`);
    },
    onDrained() {},
  };
  const calls = createCalls({
    world,
    network: {
      send(request, receiver): Exchange {
        if (gone.has(request.provider))
          throw new HeadgateError({ kind: 'unreachable', message: `${request.provider} is gone`, shouldRetry: false });
        const entry = { ...request, receiver, aborted: false };
        sent.push(entry);
        return { asked: true, abort: () => (entry.aborted = true), pause() {}, resume() {} };
      },
    },
    vault: createVault(),
    health: createHealth({ keys, breaker: DEFAULT_BREAKER }, world, bus),
    crowd: createCrowd(lines, world, bus),
    admit: (_, decide) =>
      decide({ choices, deadlineMs: 60_000, retry: DEFAULT_RETRY, onCut: 'fail', onLoss: DEFAULT_ON_LOSS, repair: false, ...admission }),
    hideKeys: (provider, said) => said.replaceAll(`key of ${provider}`, '[key]'),
    account(call) {
      booked.push(call);
      return null;
    },
  });
  const inbound = inboundOf('generate', dialect, {}, Buffer.from(JSON.stringify(body)));
  const start = () => calls.start({ inbound, caller: { key: 'k' }, ...(onLoss !== undefined && { onLoss }) }, sink);
  const running = start();
  const outcome = () =>
    booked.map(({ attempts }) =>
      attempts.map(({ target, failure, finish }) => `${target.provider}:${failure?.kind ?? finish?.reason}`).join(' '),
    );
  return {
    sent,
    heard,
    overheads,
    upstreamIds,
    trails,
    notices,
    running,
    pass: world.advance,
    outcome,
    calls,
    booked,
    /** Another call like the first. */
    start,
    /** Providers that were taken out of the configuration. */
    gone,
  };
}

export const ask = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
export const json = { 'content-type': 'application/json' };
export const sse = { 'content-type': 'text/event-stream' };
export const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm-1', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
export const reply = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm-1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello', refusal: null }, finish_reason: 'stop', logprobs: null }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
});
export const overloaded: [number, string] = [
  503,
  JSON.stringify({ error: { message: 'busy', type: 'server_error', param: null, code: null } }),
];

/** The provider's whole answer, at once. */
export function answers(receiver: Receiver, status: number, headers: Record<string, string>, ...chunks: string[]) {
  receiver.onHead(status, headers);
  for (const text of chunks) receiver.onData(Buffer.from(text));
  receiver.onEnd();
}
