import type { Complain } from './build-provider.ts';
import type { InfluxConfig, OtelConfig } from './config.ts';
import type { Environment } from './interpolate.ts';
import { present } from './present.ts';
import type { Written } from './schema.ts';

/**
 * The file's word, then that of OpenTelemetry's own variables. Absent where neither asks for it, or the
 * variables or the file say no.
 */
export function buildOtel(written: Written['otel'], env: Environment): OtelConfig | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME, OTEL_SEMCONV_STABILITY_OPT_IN } = env;
  if (written === 'off' || env['OTEL_SDK_DISABLED'] === 'true') return undefined;
  // A machine's variables may speak of a collector that only takes gRPC, which is not for us.
  if (!written && (!OTEL_EXPORTER_OTLP_ENDPOINT || env['OTEL_EXPORTER_OTLP_PROTOCOL'] === 'grpc')) return undefined;
  const { endpoint, headers = {}, service, conventions, share = 1, interval } = written ?? {};
  const newest = OTEL_SEMCONV_STABILITY_OPT_IN?.split(',').some((word) => word.trim() === 'gen_ai_latest_experimental');
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    endpoint: endpoint ?? (OTEL_EXPORTER_OTLP_ENDPOINT || 'http://127.0.0.1:4318'),
    headers: { ...listed(OTEL_EXPORTER_OTLP_HEADERS ?? ''), ...Object.fromEntries(lower) },
    service: service ?? (OTEL_SERVICE_NAME || 'headgate'),
    conventions: conventions ?? (newest ? 'genai-dev' : '1.36'),
    share,
    metricsMs: interval === 'off' ? 0 : (interval ?? 60_000),
  };
}

/** `name=value,other=value`, values percent-encoded, as OpenTelemetry writes headers. What is not so is left out. */
function listed(written: string): Record<string, string> {
  const pairs = written.split(',').flatMap((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 1) return [];
    const value = pair.slice(equals + 1).trim();
    return [[pair.slice(0, equals).trim().toLowerCase(), decoded(value)]];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function buildInflux(written: Written['influx'], complain: Complain): InfluxConfig | undefined {
  if (!written) return undefined;
  const { url, version, database, spill, ...rest } = written;
  if (version === 2 && written.organization === undefined)
    complain(['influx', 'organization'], 'influx.organization is needed with version 2');
  if (version !== 1 && written.user !== undefined)
    complain(['influx', 'user'], `influx.user is for version 1: version ${version} takes a token`);
  const { dir = './headgate.influx', maxBytes = 256 * 1024 ** 2 } = spill === 'off' ? {} : (spill ?? {});
  return {
    url,
    version: version as InfluxConfig['version'],
    database,
    ...present(rest),
    ...(spill !== 'off' && { spill: { directory: dir, bytesMax: maxBytes } }),
  };
}
