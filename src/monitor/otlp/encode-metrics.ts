import { formatUsd } from '../../model/money.ts';
import type { Family, Histogram, Registry, Series } from '../metrics/registry.ts';
import { type Attribute, attributes, type HistogramPoint, type Metric, type NumberPoint, nanoseconds } from './wire.ts';

/** All series of a registry, summed up since `startMs`. */
export function encodeMetrics(registry: Registry, startMs: number, nowMs: number): Metric[] {
  const times = { startTimeUnixNano: nanoseconds(startMs), timeUnixNano: nanoseconds(nowMs) };
  return [...registry.read()].map(([family, all]) => encodeFamily(family, all, times));
}

type Times = Pick<NumberPoint, 'startTimeUnixNano' | 'timeUnixNano'>;

function encodeFamily(family: Family, all: readonly Series[], times: Times): Metric {
  const { name, unit } = nameOf(family);
  const about = { name, unit, description: family.help };
  const points = all.map((series) => encodeSeries(series, labelsOf(family, series), times));
  switch (family.type) {
    case 'counter':
      return { ...about, sum: { dataPoints: points as NumberPoint[], aggregationTemporality: 2, isMonotonic: true } };
    case 'gauge':
      return { ...about, gauge: { dataPoints: points as NumberPoint[] } };
    case 'histogram':
      return { ...about, histogram: { dataPoints: points as HistogramPoint[], aggregationTemporality: 2 } };
    default:
      return family.type satisfies never;
  }
}

const labelsOf = ({ labels }: Family, series: Series): Attribute[] =>
  attributes(Object.fromEntries(labels.map((label, place) => [label, series.labels[place]])));

function encodeSeries(series: Series, labels: Attribute[], times: Times): NumberPoint | HistogramPoint {
  if ('counts' in series) return { attributes: labels, ...times, ...histogramOf(series) };
  const { value } = series;
  return { attributes: labels, ...times, asDouble: typeof value === 'bigint' ? Number(formatUsd(value)) : value };
}

const histogramOf = ({ counts, bounds, sum }: Histogram) => ({
  count: String(counts.reduce((all, count) => all + count, 0)),
  sum,
  bucketCounts: counts.map(String),
  explicitBounds: bounds,
});

/**
 * Prometheus keeps units and `_total` in its names, OpenTelemetry beside them: `headgate_cost_usd_total` is
 * `headgate.cost` in `USD`. The conventions' names are as they should be already.
 */
function nameOf({ name }: Family): { name: string; unit: string } {
  if (name.includes('.')) return { name, unit: /tokens?/.test(name) ? '{token}' : 's' };
  const bare = name.replace(/_total$/, '').replace(/^(headgate|process|nodejs)_/, '$1.');
  for (const [suffix, unit] of UNITS) if (bare.endsWith(suffix)) return { name: bare.slice(0, -suffix.length), unit };
  return { name: bare, unit: /tokens/.test(bare) ? '{token}' : '1' };
}

const UNITS = [
  ['_seconds', 's'],
  ['_usd', 'USD'],
  ['_bytes', 'By'],
] as const;
