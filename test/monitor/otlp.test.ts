import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Money } from '../../src/model/money.ts';
import { createMetrics } from '../../src/monitor/metrics/metrics.ts';
import type { ConventionsVersion } from '../../src/monitor/otlp/conventions.ts';
import { createOtlp, type OtlpOptions } from '../../src/monitor/otlp/otlp.ts';
import { spanIdOf, traceContextOf, traceIdOf } from '../../src/monitor/otlp/trace-context.ts';
import { post } from '../../src/transport/post.ts';
import { realWorld } from '../../src/world/real.ts';
import { startCollector } from '../support/collector.ts';
import { usageRecord } from '../support/usage-record.ts';

const START = Date.UTC(2026, 0, 1);
const NS = (ms: number) => `${START + ms}000000`;

/** A call that OpenAI did not answer and Anthropic did. */
const CALL = [
  usageRecord({
    last: false,
    requestedModel: 'smart',
    outcome: 'overloaded',
    endedAtMs: START + 100,
    durationMs: 100,
    tokens: {},
    measured: 'nothing',
    costFloor: 0n as Money,
    cost: 0n as Money,
  }),
  usageRecord({
    attempt: 2,
    reason: 'fallback',
    requestedModel: 'smart',
    provider: 'claude',
    model: 'claude-haiku-5-5',
    dialectOut: 'anthropic-messages',
    feature: 'search',
    user: 'ann',
    tier: 'standard',
    endedAtMs: START + 1600,
    durationMs: 1500,
    firstContentMs: 250,
    tokens: { input: 10, cacheRead: 200, cacheWrite5m: 30, output: 40 },
    reasoningTokens: 15,
    cost: 1_250_000_000n as Money,
    costFloor: 1_250_000_000n as Money,
  }),
];

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

async function tell(
  t: TestContext,
  conventions: ConventionsVersion,
  more: Partial<OtlpOptions> = {},
  headers: Record<string, string> = {},
) {
  const collector = await startCollector(t);
  const metrics = createMetrics();
  const otlp = createOtlp({
    world: realWorld,
    post,
    endpoint: collector.url,
    headers: { 'x-api-key': 'collector' },
    conventions,
    resource: { 'service.name': 'gateway', 'service.version': '1.2.3' },
    share: 1,
    metricsMs: 60_000,
    registry: metrics.registry,
    ...more,
  });
  metrics.count(CALL);
  otlp.add({ records: CALL, operation: 'chat', parent: traceContextOf(headers) });
  await otlp.close();
  const of = (path: string) => collector.received.filter((one) => one.path === path);
  return { traces: of('/v1/traces'), metrics: of('/v1/metrics'), otlp };
}

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const int = (key: string, intValue: string) => ({ key, value: { intValue } });
const double = (key: string, doubleValue: number) => ({ key, value: { doubleValue } });
const bool = (key: string, boolValue: boolean) => ({ key, value: { boolValue } });

test('a call is a span under its caller’s, with a child for each attempt', async (t) => {
  const { traces } = await tell(t, 'genai-dev', {}, { traceparent: TRACEPARENT, tracestate: 'vendor=1' });
  assert.equal(traces.length, 1);
  assert.equal(traces[0]!.headers['x-api-key'], 'collector');
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const shared = { traceId, traceState: 'vendor=1' };
  assert.deepEqual(traces[0]!.body, {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', 'gateway'), text('service.version', '1.2.3')] },
        scopeSpans: [
          {
            scope: { name: 'headgate', version: '1.2.3' },
            spans: [
              {
                ...shared,
                spanId: spanIdOf('call_1', 0),
                parentSpanId: 'b7ad6b7169203331',
                name: 'chat smart',
                kind: 2,
                startTimeUnixNano: NS(0),
                endTimeUnixNano: NS(1600),
                attributes: [
                  text('gen_ai.operation.name', 'chat'),
                  text('gen_ai.request.model', 'smart'),
                  text('gen_ai.response.model', 'claude-haiku-5-5'),
                  text('headgate.call_id', 'call_1'),
                  text('headgate.key', 'k'),
                  text('headgate.feature', 'search'),
                  text('headgate.user', 'ann'),
                  int('headgate.attempts', '2'),
                  double('headgate.cost_usd', 0.00125),
                  bool('headgate.priced', true),
                ],
                status: { code: 0 },
              },
              {
                ...shared,
                spanId: spanIdOf('call_1', 1),
                parentSpanId: spanIdOf('call_1', 0),
                name: 'chat gpt-6-luna',
                kind: 3,
                startTimeUnixNano: NS(0),
                endTimeUnixNano: NS(100),
                attributes: [
                  text('gen_ai.operation.name', 'chat'),
                  text('gen_ai.provider.name', 'openai'),
                  text('gen_ai.request.model', 'smart'),
                  text('gen_ai.response.model', 'gpt-6-luna'),
                  text('error.type', 'overloaded'),
                  text('headgate.provider', 'openai'),
                  int('headgate.attempt', '1'),
                  text('headgate.reason', 'first'),
                  text('headgate.measured', 'nothing'),
                  double('headgate.cost_usd', 0),
                  bool('headgate.priced', true),
                ],
                status: { code: 2 },
              },
              {
                ...shared,
                spanId: spanIdOf('call_1', 2),
                parentSpanId: spanIdOf('call_1', 0),
                name: 'chat claude-haiku-5-5',
                kind: 3,
                startTimeUnixNano: NS(100),
                endTimeUnixNano: NS(1600),
                attributes: [
                  text('gen_ai.operation.name', 'chat'),
                  text('gen_ai.provider.name', 'anthropic'),
                  text('gen_ai.request.model', 'smart'),
                  text('gen_ai.response.model', 'claude-haiku-5-5'),
                  int('gen_ai.usage.input_tokens', '240'),
                  int('gen_ai.usage.cache_read.input_tokens', '200'),
                  int('gen_ai.usage.cache_write.input_tokens', '30'),
                  int('gen_ai.usage.output_tokens', '40'),
                  int('gen_ai.usage.reasoning.output_tokens', '15'),
                  double('gen_ai.response.time_to_first_chunk', 0.25),
                  text('headgate.provider', 'claude'),
                  int('headgate.attempt', '2'),
                  text('headgate.reason', 'fallback'),
                  text('headgate.tier', 'standard'),
                  text('headgate.measured', 'reported'),
                  double('headgate.cost_usd', 0.00125),
                  bool('headgate.priced', true),
                ],
                status: { code: 0 },
              },
            ],
          },
        ],
      },
    ],
  });
});

/** The names a version gives what is told of the second attempt. */
const NAMES: Record<ConventionsVersion, readonly string[]> = {
  '1.36': ['gen_ai.system', 'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'],
  '1.41': [
    'gen_ai.provider.name',
    'gen_ai.response.time_to_first_chunk',
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.reasoning.output_tokens',
  ],
  'genai-dev': [
    'gen_ai.provider.name',
    'gen_ai.response.time_to_first_chunk',
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.reasoning.output_tokens',
  ],
};
const METRICS: Record<ConventionsVersion, readonly string[]> = {
  '1.36': ['gen_ai.client.operation.duration', 'gen_ai.client.token.usage'],
  '1.41': ['gen_ai.client.operation.duration', 'gen_ai.client.operation.time_to_first_chunk', 'gen_ai.client.token.usage'],
  'genai-dev': [
    'gen_ai.client.inference.usage.cache_read.input_tokens',
    'gen_ai.client.inference.usage.cache_write.input_tokens',
    'gen_ai.client.inference.usage.input_tokens',
    'gen_ai.client.inference.usage.output_tokens',
    'gen_ai.client.inference.usage.reasoning.output_tokens',
    'gen_ai.client.operation.duration',
    'gen_ai.client.operation.time_to_first_chunk',
  ],
};
for (const version of Object.keys(NAMES) as ConventionsVersion[]) {
  test(`conventions ${version} name spans and metrics as they did`, async (t) => {
    const { traces, metrics } = await tell(t, version);
    const keys = traces[0]!.spans[2]!.attributes.map(({ key }) => key);
    const common = /operation\.name|(request|response)\.model/;
    assert.deepEqual(keys.filter((key) => key.startsWith('gen_ai.') && !common.test(key)).sort(), NAMES[version]);
    const names = metrics[0]!.metrics.map(({ name }) => name);
    assert.deepEqual(names.filter((name) => name.startsWith('gen_ai.')).sort(), METRICS[version]);
  });
}

test('metrics are sums since the start: the conventions’ own and the gateway’s beside them', async (t) => {
  const { metrics } = await tell(t, 'genai-dev');
  const points = (name: string) => {
    const { unit, sum, histogram } = metrics[0]!.metrics.find((metric) => metric.name === name)!;
    const { dataPoints, aggregationTemporality } = sum ?? histogram!;
    assert.equal(aggregationTemporality, 2);
    const rows = dataPoints.map((point): [string, unknown] => [
      point.attributes.map(({ value }) => Object.values(value)[0]).join(' '),
      'asDouble' in point ? point.asDouble : [point.count, point.sum, point.bucketCounts.indexOf('1')],
    ]);
    return { unit, rows };
  };
  assert.deepEqual(points('gen_ai.client.inference.usage.input_tokens'), {
    unit: '{token}',
    rows: [
      ['chat openai gpt-6-luna gpt-6-luna unknown', 0],
      ['chat anthropic claude-haiku-5-5 claude-haiku-5-5 text', 240],
    ],
  });
  // 0.1 s falls between 0.08 and 0.16, the fifth bucket; 1.5 s between 1.28 and 2.56, the ninth.
  assert.deepEqual(points('gen_ai.client.operation.duration'), {
    unit: 's',
    rows: [
      ['chat openai gpt-6-luna gpt-6-luna overloaded', ['1', 0.1, 4]],
      ['chat anthropic claude-haiku-5-5 claude-haiku-5-5', ['1', 1.5, 8]],
    ],
  });
  const { unit, rows } = points('headgate.cost');
  assert.deepEqual([unit, rows.at(-1)], ['USD', ['claude claude-haiku-5-5 search standard', 0.00125]]);
});

test('a trace that begins here has an id that follows from the call’s', async (t) => {
  const { traces } = await tell(t, '1.41', { metricsMs: 0 });
  const [span] = traces[0]!.spans;
  assert.deepEqual([span?.traceId, span?.parentSpanId], [traceIdOf('call_1'), undefined]);
});

test('traces the caller does not keep, and those outside the share, are not sent', async (t) => {
  const unkept = await tell(t, '1.41', { metricsMs: 0 }, { traceparent: TRACEPARENT.replace(/01$/, '00') });
  const outside = await tell(t, '1.41', { metricsMs: 0, share: 0 });
  const kept = await tell(t, '1.41', { metricsMs: 0, share: 0 }, { traceparent: TRACEPARENT });
  assert.deepEqual([unkept.traces.length, outside.traces.length, kept.traces.length], [0, 0, 1]);
});

test('a collector that is busy gets the same spans again; one that refuses them costs them', async (t) => {
  const busy = await startCollector(t, [503, 429]);
  const refusing = await startCollector(t, [400]);
  const to = (endpoint: string) =>
    createOtlp({
      world: realWorld,
      post,
      endpoint,
      headers: {},
      conventions: '1.41',
      resource: {},
      share: 1,
      metricsMs: 0,
      retryMs: 1,
      registry: createMetrics().registry,
    });
  const [one, other] = [to(busy.url), to(refusing.url)];
  for (const otlp of [one, other])
    for (let number = 0; number < 500; number += 1) otlp.add({ records: [usageRecord()], operation: 'chat', parent: undefined });
  while (one.waiting + other.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all([one.close(), other.close()]);
  assert.deepEqual([busy.received.length, one.dropped, other.dropped], [3, 0, 500]);
  assert.deepEqual(busy.received[2]!.body, busy.received[0]!.body);
});
