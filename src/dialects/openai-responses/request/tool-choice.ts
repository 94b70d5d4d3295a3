import { isDeepStrictEqual } from 'node:util';
import type { ModelFacts } from '../../../model/facts.ts';
import { isList, isObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { Tool, ToolChoice } from '../../../model/request.ts';
import type { Losses } from '../../losses.ts';
import { refuse, type Taker } from '../../take.ts';
import { extraOf } from '../fields.ts';

/** `tool_choice` and `parallel_tool_calls`. A choice only this dialect has (of a hosted tool) stays verbatim in the extra. */
export function decodeToolChoice(fields: Taker): ToolChoice | undefined {
  const wire = fields.maybe('tool_choice');
  const parallel = fields.maybeBoolean('parallel_tool_calls');
  if (wire === undefined && parallel === undefined) return undefined;
  return { ...(wire !== undefined && decodeChoice(wire)), ...(parallel !== undefined && { parallel }) };
}

function decodeChoice(wire: Json): ToolChoice {
  if (wire === 'auto' || wire === 'none' || wire === 'required') return { mode: wire };
  if (!isObject(wire)) refuse('tool_choice', '"auto", "none", "required" or an object', wire);
  const choice = portable(wire);
  // What cannot be said again word for word from the canonical form is kept as it came.
  return choice && isDeepStrictEqual(rewritten(choice, wire), wire) ? choice : { ...choice, ...extraOf({ tool_choice: wire }) };
}

function portable(wire: JsonObject): ToolChoice | undefined {
  const { type, name, mode, tools } = wire;
  if (type === 'function' && typeof name === 'string') return { mode: { tool: name } };
  if (type === 'custom' && typeof name === 'string') return { mode: { tool: name, custom: true } };
  if (type !== 'allowed_tools' || !isList(tools) || (mode !== 'auto' && mode !== 'required')) return undefined;
  const allowed = tools.map((tool) => (isObject(tool) && typeof tool['name'] === 'string' ? tool['name'] : undefined));
  return allowed.every((each) => each !== undefined) ? { mode, allowed } : undefined;
}

function rewritten(choice: ToolChoice, wire: JsonObject): Json {
  const types = new Map(
    isList(wire['tools']) ? wire['tools'].map((tool) => [(tool as JsonObject)['name'], (tool as JsonObject)['type']]) : [],
  );
  return (
    wireOf(
      choice,
      (name) => name,
      (name) => types.get(name) === 'custom',
    ) ?? null
  );
}

function wireOf(choice: ToolChoice, nameOf: (name: string) => string, isCustom: (name: string) => boolean): Json | undefined {
  const { mode, allowed } = choice;
  if (allowed) {
    const tools = allowed.map((name) => ({ type: isCustom(name) ? 'custom' : 'function', name: nameOf(name) }));
    return { type: 'allowed_tools', mode: mode === 'required' ? 'required' : 'auto', tools };
  }
  if (mode === undefined || typeof mode === 'string') return mode;
  return { type: mode.custom || isCustom(mode.tool) ? 'custom' : 'function', name: nameOf(mode.tool) };
}

/** What `encodeToolChoice` must know of the rest of the request. */
export interface ChoiceContext {
  readonly tools: readonly Tool[];
  /** Whether there is anything to choose from: OpenAI refuses both fields where there is not. */
  readonly choosable: boolean;
  readonly nameOf: (name: string) => string;
  readonly facts: ModelFacts;
  readonly losses: Losses;
}

/** `tool_choice` and `parallel_tool_calls`, where there are tools to choose from. */
export function encodeToolChoice(choice: ToolChoice, { tools, choosable, nameOf, facts, losses }: ChoiceContext): JsonObject {
  const { parallel } = choice;
  const own = losses.extra('toolChoice', choice.extra);
  if (!choosable) {
    losses.dropped('toolChoice', choice, 'none', 'there are no tools to choose from');
    return {};
  }
  const custom = new Set(tools.filter((tool) => tool.custom).map(({ name }) => name));
  const wanted = relaxed(choice, facts, losses);
  const wire = own['tool_choice'] ?? wireOf(wanted, nameOf, (name) => custom.has(name));
  return {
    ...(wire !== undefined && { tool_choice: wire }),
    ...(parallel !== undefined && { parallel_tool_calls: parallel }),
  };
}

function relaxed(choice: ToolChoice, facts: ModelFacts, losses: Losses): ToolChoice {
  const { mode } = choice;
  if (facts.forcedToolChoice || mode === undefined || mode === 'auto' || mode === 'none') return choice;
  losses.changed('toolChoice.mode', mode, 'behavior', 'the model cannot be made to call a tool: sent auto');
  const { allowed = mode === 'required' ? undefined : [mode.tool], ...rest } = choice;
  return { ...rest, mode: 'auto', ...(allowed && { allowed }) };
}
