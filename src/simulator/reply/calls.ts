import type { ModelRequest, Tool } from '../../model/request.ts';
import type { Prompt } from './prompt.ts';
import { type Hints, numbersIn, valueFor } from './schema-value.ts';

/** A call to make: a tool of the request, and its arguments as text. */
export interface PlannedCall {
  readonly tool: Tool;
  readonly arguments: string;
}

/**
 * The calls a model would make: those it is forced to, or those the last words of the user speak of.
 * A list in the words ("in Oslo, Rome and Lima") makes one call for each item, several tools named
 * one call each.
 */
export function plannedCalls({ tools = [], toolChoice }: ModelRequest, prompt: Prompt): PlannedCall[] {
  const mode = toolChoice?.mode ?? 'auto';
  const callable = tools.filter((tool) => !isHosted(tool) && (toolChoice?.allowed?.includes(tool.name) ?? true));
  if (mode === 'none' || callable.length === 0) return [];
  const named = callable.filter((tool) => speaksOf(prompt.text, tool));
  const most = toolChoice?.parallel === false ? 1 : Number.POSITIVE_INFINITY;
  if (typeof mode === 'object')
    return spread(
      callable.filter(({ name }) => name === mode.tool),
      prompt.text,
      most,
    );
  if (mode === 'required') return spread(named.length > 0 ? named : callable.slice(0, 1), prompt.text, most);
  if (prompt.results.length > 0) return [];
  if (named.length > 0) return spread(named, prompt.text, most);
  return ASKS.test(prompt.text) ? spread(callable.slice(0, 1), prompt.text, most) : [];
}

/** The arguments a scripted call left out. */
export const argumentsFor = (tool: Tool | undefined, prompt: Prompt): string => write(tool, hintsOf(prompt.text));

const ASKS = /\b(call|use|tools?)\b/i;

function spread(tools: readonly Tool[], text: string, most: number): PlannedCall[] {
  const [only] = tools;
  const items = listIn(text);
  const calls =
    only && tools.length === 1 && items.length > 1
      ? items.map((item) => ({ tool: only, arguments: write(only, { words: [item], numbers: numbersIn(text) }) }))
      : tools.map((tool) => ({ tool, arguments: write(tool, hintsOf(text)) }));
  return calls.slice(0, most);
}

function write(tool: Tool | undefined, hints: Hints): string {
  if (tool?.custom) return hints.words[0] ?? 'simulated input';
  return JSON.stringify(tool?.parameters ? valueFor({ type: 'object', ...tool.parameters }, hints) : {});
}

/** Run by the vendor's own servers, or known to the model by a dated name: nothing to make arguments from. */
const isHosted = ({ extra = {} }: Tool): boolean =>
  Object.values(extra).some(
    (fields) => 'type' in fields && fields['type'] !== null && fields['type'] !== 'custom' && fields['type'] !== 'function',
  );

/** Whether the words name the tool, or a telling word of its name: "What's the weather in Oslo?" speaks of `get_weather`. */
function speaksOf(text: string, { name }: Tool): boolean {
  const said = text.toLowerCase();
  if (said.includes(name.toLowerCase())) return true;
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => word.length >= 4 && !DULL.has(word) && new RegExp(`\\b${word}`).test(said));
}

const DULL = new Set([
  'tool',
  'call',
  'make',
  'with',
  'from',
  'data',
  'info',
  'that',
  'this',
  'list',
  'find',
  'show',
  'read',
  'name',
  'current',
  'result',
  'answer',
]);

/** Capitalised words joined by commas and "and": `Oslo`, `Rome`, `Lima`. */
function listIn(text: string): string[] {
  const name = "\\p{Lu}[\\p{L}'’.-]*\\p{L}(?: \\p{Lu}[\\p{L}'’.-]*\\p{L})*";
  const [list] = new RegExp(`${name}(?:,? and ${name}|, ${name})+`, 'u').exec(text) ?? [];
  return list?.split(/,? and |, /) ?? [];
}

function hintsOf(text: string): Hints {
  const [, place] = /\b(?:in|for|of|to|at|from) (\p{Lu}[\p{L}'’-]*(?: \p{Lu}[\p{L}'’-]*)*)/u.exec(text) ?? [];
  return { words: place === undefined ? [] : [place], numbers: numbersIn(text) };
}
