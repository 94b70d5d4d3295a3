import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { FailedAnswer } from '../../src/dialects/dialect.ts';
import type { FailureKind } from '../../src/model/failure.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';

export type FixtureKind = 'request' | 'reply' | 'stream' | 'failure';

/** One piece of wire truth: `fixtures/<dialect>/<kind>/<name>.*`. */
export interface Fixture<T> {
  readonly dialect: DialectName;
  readonly kind: FixtureKind;
  /** The file's name without its extension. */
  readonly name: string;
  /** Where it was read from, for messages and for goldens beside it. */
  readonly file: string;
  readonly wire: T;
}

const ROOT = path.resolve(import.meta.dirname, '../../fixtures');
/** All three, in the order pairs are tried. */
export const NAMES = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const satisfies readonly DialectName[];

/** Request bodies of a dialect. */
export const requests = (dialect: DialectName): readonly Fixture<JsonObject>[] => json(dialect, 'request');
/** Whole answers of a dialect, those beside streams included. */
export const replies = (dialect: DialectName): readonly Fixture<JsonObject>[] => [...json(dialect, 'reply'), ...json(dialect, 'stream')];
/** Streams of a dialect as the bytes say; `reply` is the same answer not streamed, where there is one. */
export function streams(dialect: DialectName): readonly (Fixture<string> & { readonly reply?: JsonObject })[] {
  const whole = new Map(json(dialect, 'stream').map(({ name, wire }) => [name, wire]));
  return files(dialect, 'stream', '.sse').map(({ name, file }) => {
    const reply = whole.get(name);
    return { dialect, kind: 'stream', name, file, wire: readFileSync(file, 'utf8'), ...(reply && { reply }) };
  });
}
/** Answers outside 2xx, with the kind of failure they mean; a body given as JSON is read as its text. */
export const failures = (dialect: DialectName): readonly (Fixture<FailedAnswer> & { readonly meant: FailureKind })[] =>
  json(dialect, 'failure').map(({ wire, ...fixture }) => {
    const { status, headers, body, kind } = wire as unknown as FailedAnswer & { readonly body: Json; readonly kind: FailureKind };
    return { ...fixture, meant: kind, wire: { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) } };
  });

const json = (dialect: DialectName, kind: FixtureKind): Fixture<JsonObject>[] =>
  files(dialect, kind, '.json').map((found) => ({
    dialect,
    kind,
    ...found,
    wire: JSON.parse(readFileSync(found.file, 'utf8')) as JsonObject,
  }));

function files(dialect: DialectName, kind: FixtureKind, extension: string): { name: string; file: string }[] {
  return globSync(path.join(ROOT, dialect, kind, `*${extension}`))
    .filter((file) => !GOLDEN.test(file))
    .sort()
    .map((file) => ({ name: path.basename(file, extension), file }));
}

const GOLDEN = /\.to\.[a-z-]+\.json$/;
/** The golden of a fixture for another dialect. */
export const goldenOf = ({ file, name }: Fixture<unknown>, to: DialectName): string =>
  path.join(path.dirname(file), `${name}.to.${to}.json`);
