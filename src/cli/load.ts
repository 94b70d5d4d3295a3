import { existsSync, readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { problemText } from '../config/problems.ts';
import { configOf, type Read, type ReadOptions, readConfig } from '../config/read.ts';
import { complain, paint, unreadable } from './print.ts';

/** Where a configuration is looked for when none is named, in this order. */
const FILES = ['headgate.yaml', 'headgate.yml', 'headgate.json'] as const;

/** The file to read: the one named, else the first of `FILES` that is there; undefined: the environment alone. */
export const configFile = (named?: string): string | undefined => named ?? FILES.find((file) => existsSync(file));

/** Reads a configuration file, or the environment when there is none. A file that cannot be read is a problem like others. */
export function load(file: string | undefined, options: ReadOptions = {}): Read {
  if (file === undefined) return configOf(process.env, options);
  try {
    return readConfig(readFileSync(file, 'utf8'), process.env, options);
  } catch (error) {
    return { problems: [{ path: '', message: unreadable(error as NodeJS.ErrnoException) }] };
  }
}

/** The configuration, or undefined after every problem was printed. */
export function loadOrComplain(file: string | undefined, options: ReadOptions = {}): Config | undefined {
  const read = load(file, options);
  if ('config' in read) return read.config;
  complainOf(read, file);
  return undefined;
}

/** A configuration for what it adds to what comes along: none where there is no file; undefined after every problem was printed. */
export function configAtHand(named: string | undefined): { readonly config?: Config } | undefined {
  const file = configFile(named);
  if (file === undefined) return {};
  const config = loadOrComplain(file);
  return config && { config };
}

/** Prints what is wrong, one problem a line, as editors and terminals link it. */
function complainOf({ problems }: Extract<Read, { problems: unknown }>, file: string | undefined): void {
  for (const problem of problems)
    complain(`${paint('red', 'error:', process.stderr)} ${file === undefined ? problem.message : problemText(problem, file)}`);
}
