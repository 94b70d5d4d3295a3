import assert from 'node:assert/strict';
import test from 'node:test';
import type { Environment } from './interpolate.ts';
import { readConfig } from './read.ts';

function read(text: string, env: Environment = {}) {
  const result = readConfig(`{ ${text}${text && ','} providers: { p: { dialect: openai, apiKey: k } } }`, env);
  return 'problems' in result ? result.problems.map(({ message }) => message) : result.config;
}
function configured(text: string, env?: Environment) {
  const config = read(text, env);
  if ('length' in config) assert.fail(config.join('\n'));
  return config;
}

test('OpenTelemetry is off until the file or its own variable asks for it', () => {
  const URL = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  const on = (text: string, env?: Environment) => configured(text, env).otel !== undefined;
  assert.deepEqual(
    [
      on(''),
      on('otel: {}'),
      on('', URL),
      on('otel: off', URL),
      on('', { ...URL, OTEL_SDK_DISABLED: 'true' }),
      on('', { ...URL, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }),
    ],
    [false, true, true, false, false, false],
  );
});

test('OpenTelemetry’s variables fill in what the file does not say', () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'Api-Key=a%20b, x=1=2, broken=%zz, nothing',
    OTEL_SERVICE_NAME: 'llm',
    OTEL_SEMCONV_STABILITY_OPT_IN: 'http, gen_ai_latest_experimental',
  };
  assert.deepEqual(configured('', env).otel, {
    endpoint: 'http://collector:4318',
    headers: { 'api-key': 'a b', x: '1=2', broken: '%zz' },
    service: 'llm',
    conventions: 'genai-dev',
    share: 1,
    metricsMs: 60_000,
  });
  const file = 'otel: { endpoint: "http://other", headers: { X: "3" }, service: mine, conventions: "1.41", share: 0.1, interval: 10s }';
  assert.deepEqual(configured(file, env).otel, {
    endpoint: 'http://other',
    headers: { 'api-key': 'a b', x: '3', broken: '%zz' },
    service: 'mine',
    conventions: '1.41',
    share: 0.1,
    metricsMs: 10_000,
  });
});

test('InfluxDB is written to as its version wants it', () => {
  const influx = (rest: string) => read(`influx: { url: "http://influx:8086", database: llm, ${rest} }`);
  const good = influx('version: 2, organization: us, token: t');
  assert.deepEqual('length' in good ? good : good.influx, {
    url: 'http://influx:8086',
    version: 2,
    database: 'llm',
    organization: 'us',
    token: 't',
    spill: { directory: './headgate.influx', bytesMax: 256 * 1024 ** 2 },
  });
  const unspilled = influx('version: 1, spill: "off"');
  assert.equal('length' in unspilled || unspilled.influx?.spill, undefined);
  assert.deepEqual(influx('version: 2, token: t'), ['influx.organization is needed with version 2']);
  assert.deepEqual(influx('version: 3, user: u'), ['influx.user is for version 1: version 3 takes a token']);
  assert.deepEqual(influx('version: 4'), ['influx.version must be a whole number from 1 to 3, got 4']);
});
