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
  const labels = family.labels.map((name, place) => `${name}="${escapeLabel(series.labels[place] ?? '')}"`).join(',');
  if ('counts' in series) return histogramLines(family.name, labels, series);
  const value = typeof series.value === 'bigint' ? formatUsd(series.value) : numberText(series.value);
  return `${family.name}${labels && `{${labels}}`} ${value}\n`;
}

function histogramLines(name: string, labels: string, { bounds, counts, sum }: Histogram): string {
  const before = labels && `${labels},`;
  const braced = labels && `{${labels}}`;
  let text = '';
  let total = 0;
  for (let place = 0; place < counts.length; place += 1) {
    total += counts[place]!;
    text += `${name}_bucket{${before}le="${numberText(bounds[place] ?? Number.POSITIVE_INFINITY)}"} ${total}\n`;
  }
  return `${text}${name}_sum${braced} ${numberText(sum)}\n${name}_count${braced} ${total}\n`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

const SPECIAL = /[\\"\n]/;
const escapeLabel = (text: string) =>
  SPECIAL.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text;
const escapeHelp = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
