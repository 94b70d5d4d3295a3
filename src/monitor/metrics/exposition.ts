import { formatUsd } from '../../model/money.ts';
import type { Family, Histogram, Registry, Series } from './registry.ts';

/** What a scrape is answered with: Prometheus's text format, version 0.0.4. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Every series as text, each family under its help and type. */
export function exposition(registry: Registry): string {
  let text = '';
  for (const [family, all] of registry.read()) {
    text += `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`;
    for (const series of all) text += linesFor(family, series);
  }
  return text;
}

function linesFor(family: Family, series: Series): string {
  const before = beginningsOf(family, series);
  if ('counts' in series) return histogramLines(before, series);
  const value = typeof series.value === 'bigint' ? formatUsd(series.value) : numberText(series.value);
  return `${before[0]}${value}\n`;
}

function histogramLines(before: readonly string[], { counts, sum }: Histogram): string {
  let text = '';
  let total = 0;
  for (let place = 0; place < counts.length; place += 1) {
    total += counts[place]!;
    text += `${before[place]}${total}\n`;
  }
  return `${text}${before[counts.length]}${numberText(sum)}\n${before[counts.length + 1]}${total}\n`;
}

/** All of a series' lines up to their values: they stay the same from scrape to scrape, and are most of the work. */
const beginnings = new WeakMap<Series, readonly string[]>();

function beginningsOf(family: Family, series: Series): readonly string[] {
  const known = beginnings.get(series);
  if (known) return known;
  const labels = family.labels.map((name, place) => `${name}="${escapeLabel(series.labels[place] ?? '')}"`).join(',');
  const made = 'counts' in series ? histogramBeginnings(family.name, labels, series) : [`${family.name}${labels && `{${labels}}`} `];
  beginnings.set(series, made);
  return made;
}

function histogramBeginnings(name: string, labels: string, { bounds }: Histogram): string[] {
  const before = labels && `${labels},`;
  const braced = labels && `{${labels}}`;
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound) => `${name}_bucket{${before}le="${numberText(bound)}"} `);
  return [...buckets, `${name}_sum${braced} `, `${name}_count${braced} `];
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

const SPECIAL = /[\\"\n]/;
const escapeLabel = (text: string) =>
  SPECIAL.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text;
const escapeHelp = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
