import { isList, isObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { Tool, ToolChoice } from '../../../model/request.ts';
import { type Taker, take } from '../../take.ts';
import { anyOf, CHAT, extraOf, given, restOf } from '../fields.ts';

/** `tools` and, after them, the `functions` they replaced. */
export function decodeTools(fields: Taker): Tool[] | undefined {
  const tools = fields.maybeList('tools')?.map((tool, i) => decodeTool(tool, `${fields.at('tools')}[${i}]`));
  const functions = fields.maybeList('functions')?.map((tool, i) => decodeFunction(take(tool, `${fields.at('functions')}[${i}]`)));
  return tools || functions ? [...(tools ?? []), ...(functions ?? [])] : undefined;
}

/** A tool of a type we do not know is some server's own: kept whole, under its type as name. */
function decodeTool(wire: Json, path: string): Tool {
  const fields = take(wire, path);
  const type = fields.maybeString('type') ?? 'function';
  if (type !== 'function' && type !== 'custom') return { name: type, extra: { [CHAT]: wire as JsonObject } };
  const inner = take(fields.object(type), fields.at(type));
  if (type === 'function') return { ...decodeFunction(inner), ...restOf(fields, { function: inner }) };
  const name = inner.string('name');
  const description = inner.maybeString('description');
  const format = inner.maybeObject('format');
  return {
    name,
    ...given({ description }),
    custom: format ? { format: flatFormat(format) } : {},
    ...restOf(fields, { custom: inner }),
  };
}

function decodeFunction(fields: Taker): Tool {
  const name = fields.string('name');
  return {
    name,
    ...given({
      description: fields.maybeString('description'),
      parameters: fields.maybeObject('parameters'),
      strict: fields.maybeBoolean('strict'),
    }),
    ...restOf(fields),
  };
}

/** Chat nests a grammar's fields where Responses has them beside the type; the canonical form is the flat one. */
function flatFormat(format: JsonObject): JsonObject {
  const { grammar, ...rest } = format;
  return isObject(grammar) ? { ...rest, ...grammar } : format;
}

/** `tool_choice`, `parallel_tool_calls` and the old `function_call`. Words we do not know stay verbatim. */
export function decodeToolChoice(fields: Taker): ToolChoice | undefined {
  const wire = fields.maybe('tool_choice');
  const older = wire === undefined ? fields.maybe('function_call') : undefined;
  const parallel = fields.maybeBoolean('parallel_tool_calls');
  const choice = wire !== undefined ? decodeChoice(wire) : older !== undefined ? decodeFunctionChoice(older) : {};
  return anyOf({ ...choice, ...given({ parallel }) });
}

const verbatim = (field: string, wire: Json): ToolChoice => extraOf({ [field]: wire });

function decodeChoice(wire: Json): ToolChoice {
  if (wire === 'none' || wire === 'auto' || wire === 'required') return { mode: wire };
  if (!isObject(wire)) return verbatim('tool_choice', wire);
  if (wire['type'] === 'allowed_tools') return decodeAllowed(wire) ?? verbatim('tool_choice', wire);
  const custom = wire['type'] === 'custom';
  const name = nameIn(wire, custom ? 'custom' : 'function');
  return name === undefined ? verbatim('tool_choice', wire) : { mode: { tool: name, ...(custom && { custom: true }) } };
}

function decodeAllowed(wire: JsonObject): ToolChoice | undefined {
  const allowed = wire['allowed_tools'];
  if (!isObject(allowed) || Object.keys(wire).length !== 2) return undefined;
  const { mode, tools, ...rest } = allowed;
  if ((mode !== 'auto' && mode !== 'required') || !isList(tools) || Object.keys(rest).length > 0) return undefined;
  const names = tools.flatMap((tool) => (isObject(tool) ? (nameIn(tool, tool['type'] === 'custom' ? 'custom' : 'function') ?? []) : []));
  return names.length === tools.length ? { mode, allowed: names } : undefined;
}

/** The name in `{ type: 'function', function: { name } }`, when that is all it says; a missing type is a function's. */
function nameIn(wire: JsonObject, type: 'function' | 'custom'): string | undefined {
  const { type: said = type, [type]: inner, ...rest } = wire;
  if (said !== type || !isObject(inner) || Object.keys(rest).length > 0) return undefined;
  const { name, ...more } = inner;
  return typeof name === 'string' && Object.keys(more).length === 0 ? name : undefined;
}

function decodeFunctionChoice(wire: Json): ToolChoice {
  if (wire === 'none' || wire === 'auto') return { mode: wire };
  return isObject(wire) && typeof wire['name'] === 'string' && Object.keys(wire).length === 1
    ? { mode: { tool: wire['name'] } }
    : verbatim('function_call', wire);
}
