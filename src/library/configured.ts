import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { type Problem, problemText } from '../config/problems.ts';
import { configOf, readConfig } from '../config/read.ts';

/** Where a configuration comes from: a file, an object of the same form, or (left out) the environment alone. */
export type ConfigSource = string | URL | object | undefined;

type Environment = Readonly<Record<string, string | undefined>>;

/** What a source says, checked. Throws a `ConfigError` with every problem in it. */
export function configured(source: ConfigSource, env: Environment): Config {
  const file = typeof source === 'string' || source instanceof URL ? source : undefined;
  const read =
    file !== undefined
      ? readConfig(readFileSync(file, 'utf8'), env)
      : source === undefined
        ? configOf(env)
        : readConfig(JSON.stringify(source), env);
  if ('config' in read) return read.config;
  throw new ConfigError(
    read.problems.map((problem) => (file === undefined ? problem.message : problemText(problem, String(file)))),
    read.problems,
  );
}

/** A configuration that cannot be used: every problem on a line of its message. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(lines: readonly string[], problems: readonly Problem[]) {
    super(lines.length === 1 ? lines[0] : `${lines.length} problems:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}
