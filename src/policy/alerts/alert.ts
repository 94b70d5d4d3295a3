import type { RuleName } from './rules.ts';

/** Something that somebody should know, in words: what is the case, against what it is held, and what to do. */
export interface Alert {
  readonly rule: RuleName;
  /** The rule's own name. */
  readonly name: string;
  readonly severity: 'critical' | 'error' | 'warning' | 'info';
  /** What it is about, such as `{ feature: 'chat' }`; empty: everything. */
  readonly about: Readonly<Record<string, string>>;
  /** The stretch of time it holds for, such as a day; `''` where there is none. */
  readonly period: string;
  /** One sentence. */
  readonly summary: string;
  readonly value: string;
  readonly threshold: string;
  /** How many days the threshold was worked out from. */
  readonly baselineDays?: number;
  /** The largest parts of the value, at most three. */
  readonly contributors: readonly Contributor[];
  /** What to do about it. */
  readonly advice: string;
}

/** A part of what an alert is about, in words. */
export interface Contributor {
  readonly name: string;
  readonly value: string;
}

/** An alert as it is told: that it is so, that it still is, or that it is over. */
export interface AlertNews extends Alert {
  readonly type: 'firing' | 'repeated' | 'resolved';
  readonly fingerprint: string;
  readonly atMs: number;
  readonly startedAtMs: number;
  /** Why it is over, in a word. */
  readonly reason?: string;
  readonly link?: string;
}

/** The same for the same rule about the same thing, whoever finds it: `daily_spend by feature{feature="chat"}`. */
export function fingerprintOf({ name, about }: Pick<Alert, 'name' | 'about'>): string {
  const words = Object.entries(about).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return words.length === 0 ? name : `${name}{${words.join(',')}}`;
}

/** A link with what the alert is about in the places of its names: `{feature}` for the feature. */
export const linkTo = (template: string, about: Alert['about']): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(about[name] ?? ''));
