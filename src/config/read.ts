import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Json } from '../model/json.ts';
import { build } from './build.ts';
import type { Config } from './config.ts';
import { providersOf } from './env.ts';
import { type Environment, expand, mask, type Path, unmask } from './interpolate.ts';
import { type Problem, pathText, sentences } from './problems.ts';
import { schema } from './schema.ts';

/** A configuration, or everything that is wrong with it. */
export type Read = { readonly config: Config } | { readonly problems: readonly Problem[] };

export interface ReadOptions {
  /** Whether it is read for its ledger only, so that no provider is needed. */
  readonly callsNobody?: boolean;
}

/**
 * Reads a configuration written in YAML or JSON. All problems are told at once, in the order they
 * stand in the text. A file that names no providers gets those of `env`, as does no file at all.
 */
export function readConfig(text: string, env: Environment, { callsNobody = false }: ReadOptions = {}): Read {
  const lines = new LineCounter();
  const document = parseDocument(mask(text), { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    return { problems: document.errors.map(({ message, pos }) => ({ path: '', message: unmask(message), ...place(pos[0]) })) };
  }
  const found: { path: Path; message: string }[] = [];
  const complain = (path: Path, message: string) => found.push({ path, message });
  const written = expand((document.toJS() ?? {}) as Json, env, (path, message) => complain(path, `${pathText(path)} ${message}`));
  const missing = new Set(found.map(({ path }) => pathText(path)));
  // What the schema thinks of a value that is missing from the environment is no news.
  const config = check(written, env, callsNobody, (path, message) => missing.has(pathText(path)) || complain(path, message));
  if (config && found.length === 0) return { config };
  const problems = found.map(({ path, message }) => ({ path: pathText(path), message, ...place(offsetOf(document, path)) }));
  return { problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

/** The configuration of someone who wrote none: the providers whose keys are in the environment. */
export function configOf(env: Environment, { callsNobody = false }: ReadOptions = {}): Read {
  const { providers, problems } = providersOf(env);
  if (problems.length > 0) return { problems };
  if (providers.size > 0 || callsNobody) return { config: build({}, providers, () => {}, env) };
  return { problems: [{ path: '', message: NO_PROVIDERS }] };
}

const NO_PROVIDERS = `there is nobody to call yet. One of these will do:
  - set OPENAI_API_KEY or ANTHROPIC_API_KEY
  - write a headgate.yaml with providers (see docs/configuration.md), or point to one with --config
  - try it without keys: headgate start --demo`;

function check(
  written: Json,
  env: Environment,
  callsNobody: boolean,
  complain: (path: Path, message: string) => unknown,
): Config | undefined {
  const parsed = schema.safeParse(written);
  if (!parsed.success) {
    for (const { path, message } of sentences(parsed.error.issues, written)) complain(path, message);
    return undefined;
  }
  const { providers, problems } = parsed.data.providers ? { providers: new Map(), problems: [] } : providersOf(env);
  for (const { message } of problems) complain([], message);
  const config = build(parsed.data, providers, complain, env);
  if (config.providers.size === 0 && !callsNobody) complain(['providers'], NO_PROVIDERS);
  return config;
}

/** Where in the text a path of the document is: its key, or the nearest one above it that is there. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && unmask(String(key.value)) === step);
      if (!pair) return offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      offset = item?.range?.[0] ?? offset;
      node = item;
    } else return offset;
  }
  return offset;
}
