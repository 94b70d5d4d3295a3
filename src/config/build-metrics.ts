import { hash } from 'node:crypto';
import type { GatewayKey } from '../model/key.ts';
import type { MetricsConfig } from './config.ts';
import type { Written } from './schema.ts';

/** Served unless `off`. Features that keys are charged to are known before they call. */
export function buildMetrics(written: Written['metrics'], keys: readonly GatewayKey[]): MetricsConfig | undefined {
  if (written === 'off') return undefined;
  const { path = '/metrics', token, open, seriesMax = 2000, features = [] } = written ?? {};
  return {
    path,
    ...(token !== undefined && { tokenSha256: hash('sha256', token) }),
    open: open === 'anyone',
    linesMax: seriesMax,
    features: [...new Set([...features, ...keys.flatMap(({ feature }) => feature ?? [])])],
  };
}
