import type { z } from 'zod';
import type { Json } from '../model/json.ts';
import type { Path } from './interpolate.ts';
import { didYouMean } from './nearest.ts';
import { jsonSchema } from './schema.ts';

/** One thing wrong with a configuration, in words its author can act on; never holds a key's value. */
export interface Problem {
  /** Where in the document, e.g. `models.smart.targets[0]`; empty: the whole of it. */
  readonly path: string;
  readonly message: string;
  /** Both from 1; absent when it did not come from a file. */
  readonly line?: number;
  readonly column?: number;
}

/** `headgate.yaml:12:5: models.smart.deadline must be …`, as editors and terminals link it. */
export const problemText = ({ message, line, column }: Problem, file = 'config'): string =>
  `${file}${line === undefined ? '' : `:${line}:${column}`}: ${message}`;

/** `['models', 'smart', 'targets', 0]` as `models.smart.targets[0]`; names that need it are quoted. */
export const pathText = (path: Path): string =>
  path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `["${step}"]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');

/** What a refused document is told, one sentence for each place, with the path it is about. */
export function sentences(issues: readonly z.core.$ZodIssue[], document: Json): { path: Path; message: string }[] {
  const all = issues.flatMap((issue) => sentencesOf(issue as Issue, document, []));
  // Alternatives that want the same of a value say the same of it.
  return all.filter(({ message }, index) => all.findIndex((other) => other.message === message) === index);
}

/** The parts of zod's issues that are read here. */
interface Issue {
  readonly code?: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
}

function sentencesOf(issue: Issue, document: Json, above: Path): { path: Path; message: string }[] {
  const path = [...above, ...(issue.path as Path)];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    return (issue.keys ?? []).map((key) => ({
      path: [...path, key],
      message: `${pathText([...path, key])} is not a setting${didYouMean(key, known) || `; ${pathText(path) || 'the file'} takes ${known.join(', ')}`}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    // The alternative the author meant is the one of the kind of value that came; its complaints are the helpful ones.
    const meant = issue.errors?.find((branch) => branch.every(({ path, keys }) => path.length > 0 || keys !== undefined));
    if (meant) return meant.flatMap((inner) => sentencesOf(inner, document, path));
    const wanted = new Set(issue.errors?.flat().map(({ message }) => message));
    return [{ path, message: mustBe(path, [...wanted].join(' or ') || issue.message, document) }];
  }
  return [{ path, message: mustBe(path, issue.message, document) }];
}

const mustBe = (path: Path, what: string, document: Json) =>
  `${pathText(path) || 'the file'} must be ${what}, got ${shown(path, document)}`;

const SECRET = new Set(['apiKey', 'apiKeys', 'key', 'headers', 'proxy', 'token', 'tokens', 'secret', 'slack', 'webhook', 'pagerduty']);

/** What came, unless it may be a secret or is long. */
function shown(path: Path, document: Json): string {
  let value: Json | undefined = document;
  for (const step of path) value = (value as Record<string | number, Json> | undefined)?.[step];
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value !== null && typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return path.some((step) => SECRET.has(String(step))) ? `a ${typeof value}` : String(value);
  // An address may carry a password.
  const secret = path.some((step) => SECRET.has(String(step))) || value.includes('@');
  return secret || value.length > 60 ? `text of ${value.length} characters` : `"${value}"`;
}

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | false;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

/** The settings there are at a place of the document. */
function keysAt(path: Path): string[] {
  let nodes = [jsonSchema() as Node];
  for (const step of path) {
    nodes = nodes.flatMap(alternatives).flatMap((node) => {
      const next = typeof step === 'number' ? node.items : (node.properties?.[step] ?? node.additionalProperties);
      return next ? [next] : [];
    });
  }
  return nodes.flatMap(alternatives).flatMap(({ properties }) => Object.keys(properties ?? {}));
}

const alternatives = (node: Node): readonly Node[] => node.anyOf?.flatMap(alternatives) ?? [node];
