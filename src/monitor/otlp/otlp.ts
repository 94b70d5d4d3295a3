import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Post } from '../../model/post.ts';
import type { World } from '../../world/world.ts';
import { type BacklogOptions, createBacklog, type Verdict } from '../export/backlog.ts';
import type { Registry } from '../metrics/registry.ts';
import { CONVENTIONS, type ConventionsVersion } from './conventions.ts';
import { encodeMetrics } from './encode-metrics.ts';
import { createGenAiMetrics } from './gen-ai-metrics.ts';
import { spansOf, type TracedCall } from './spans.ts';
import { keeps, traceIdOf } from './trace-context.ts';
import { attributes } from './wire.ts';

export interface OtlpOptions extends Pick<BacklogOptions<TracedCall>, 'onChange' | 'retryMs'> {
  readonly world: World;
  readonly post: Post;
  /** Where the collector is, without `/v1/…`. */
  readonly endpoint: string;
  /** Sent with every request, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly conventions: ConventionsVersion;
  /** Who tells this: `service.name` and what else the operator says of it. */
  readonly resource: Readonly<Record<string, string>>;
  /** Share of traces kept that begin here, 0 to 1; a caller's trace is kept when the caller keeps it. */
  readonly share: number;
  /** How often metrics are sent, in milliseconds; 0: not at all. */
  readonly metricsMs: number;
  /** The gateway's own metrics, sent beside the conventions'. */
  readonly registry: Registry;
}

/** Sends traces and metrics over OTLP/HTTP as JSON. */
export interface Otlp {
  /** Takes a call that is over; cheap, what is sent is made later. */
  add(call: TracedCall): void;
  /** Sends what is left. */
  close(): Promise<void>;
  readonly waiting: number;
  /** Calls let go, and single spans the collector left out. */
  readonly dropped: number;
}

export function createOtlp(options: OtlpOptions): Otlp {
  const { world, post, endpoint, headers, resource, share, metricsMs, registry, ...rest } = options;
  const conventions = CONVENTIONS[options.conventions];
  const base = endpoint.replace(/\/+$/, '');
  const about = { resource: { attributes: attributes(resource) } };
  const scope = { scope: { name: 'headgate', version: resource['service.version'] ?? '' } };
  const schema = conventions.schemaUrl === undefined ? {} : { schemaUrl: conventions.schemaUrl };
  const genAi = createGenAiMetrics(conventions);
  const startMs = world.now();
  let callOff: (() => void) | undefined;

  async function send(path: string, body: object, size: number): Promise<Verdict> {
    const answer = await post({
      url: `${base}${path}`,
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', ...headers },
      body: await packed(JSON.stringify(body)),
    });
    if (answer.status >= 200 && answer.status < 300) return { do: 'done', refused: rejected(answer.body) };
    return REFUSED.has(answer.status)
      ? { do: 'done', refused: size }
      : { do: 'later', message: `${path} answered ${answer.status}: ${answer.body.slice(0, 200)}` };
  }

  const backlog = createBacklog<TracedCall>({
    world,
    batchMax: 500,
    flushMs: 1000,
    waitingMax: 20_000,
    ...rest,
    prepare(calls) {
      const spans = calls.flatMap((call) => spansOf(call, conventions));
      const body = { resourceSpans: [{ ...about, scopeSpans: [{ ...scope, spans, ...schema }], ...schema }] };
      return () => send('/v1/traces', body, calls.length);
    },
  });

  /** What is not taken is not sent again: the next sums hold it. */
  async function sendMetrics(): Promise<void> {
    const metrics = [genAi.registry, registry].flatMap((one) => encodeMetrics(one, startMs, world.now()));
    const body = { resourceMetrics: [{ ...about, scopeMetrics: [{ ...scope, metrics, ...schema }], ...schema }] };
    await send('/v1/metrics', body, 0).catch(() => undefined);
  }

  function nextMetrics(): void {
    callOff = world.after(metricsMs, () => void sendMetrics().finally(() => callOff && nextMetrics()), 'upkeep');
  }
  if (metricsMs > 0) nextMetrics();

  return {
    add(call) {
      if (metricsMs > 0) genAi.count(call);
      const kept = call.parent ? call.parent.sampled : keeps(traceIdOf(call.records[0]!.callId), share);
      if (kept) backlog.add(call);
    },
    async close() {
      callOff?.();
      callOff = undefined;
      await Promise.all([backlog.close(), ...(metricsMs > 0 ? [sendMetrics()] : [])]);
    },
    get waiting() {
      return backlog.waiting;
    },
    get dropped() {
      return backlog.dropped;
    },
  };
}

const packed = promisify(gzip) as (text: string) => Promise<Buffer<ArrayBuffer>>;

/** The protocol says of these that the same will not be taken later either. */
const REFUSED = new Set([400, 413, 422]);

/** Spans the collector left out, as it says in an answer that took the others. */
function rejected(body: string): number {
  try {
    const { partialSuccess } = JSON.parse(body) as { partialSuccess?: { rejectedSpans?: string | number } };
    return Number(partialSuccess?.rejectedSpans ?? 0);
  } catch {
    return 0;
  }
}
