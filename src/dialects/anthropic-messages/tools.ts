import type { Json, JsonObject } from '../../model/json.ts';
import type { ModelRequest, Tool, ToolChoice } from '../../model/request.ts';
import type { Losses } from '../losses.ts';
import { fitNames } from '../names.ts';
import type { Writing } from './blocks.ts';
import type { Block } from './cache-mark.ts';
import { listed, NAME, ownExtra, present } from './name.ts';
import { toSubset } from './schema.ts';

/** Every tool name a request speaks of, fitted to Messages: declared, called, chosen or allowed. */
export function toolNamesOf({ tools = [], turns, toolChoice }: ModelRequest): Map<string, string> {
  const names = [...tools.filter((tool) => !hostedBy(tool)).map(({ name }) => name), ...calledTools(turns), ...(toolChoice?.allowed ?? [])];
  const mode = toolChoice?.mode;
  if (typeof mode === 'object') names.push(mode.tool);
  return fitNames(names, 128);
}

const calledTools = (turns: ModelRequest['turns']): string[] =>
  turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'toolCall' ? [part.name] : [])));

/** The dialect whose server, or whose trained-in habit, a tool without a schema belongs to. */
const hostedBy = ({ extra = {} }: Tool): string | undefined =>
  Object.entries(extra).find(([, fields]) => 'type' in fields && fields['type'] !== 'custom' && fields['type'] !== 'function')?.[0];

/** The tools to declare, and the choice among them; `told` is what must be said in words instead. */
export interface EncodedTools {
  readonly tools?: readonly Block[];
  readonly tool_choice?: JsonObject;
  readonly told?: string;
}

export function encodeTools({ tools = [], turns, toolChoice }: ModelRequest, writing: Writing): EncodedTools {
  const { losses } = writing;
  const allowed = toolChoice?.allowed;
  const kept = tools.flatMap((tool, i): readonly Block[] => {
    if (!allowed || allowed.includes(tool.name)) return listed(encodeTool(tool, `tools[${i}]`, writing));
    losses.dropped(
      `tools[${i}]`,
      tool,
      'cost',
      'Messages cannot allow some tools only; the others are left out, which changes the cached prefix',
    );
    return [];
  });
  if (kept.length > 0) return { tools: kept, ...encodeChoice(toolChoice, writing) };
  dropChoice(toolChoice, losses);
  const called = [...new Set(calledTools(turns))];
  if (called.length === 0) return {};
  losses.changed('tools', null, 'none', 'the conversation has tool calls: their tools are declared, and may not be called');
  return {
    tools: called.map((name) => ({ name: writing.names.get(name) ?? name, input_schema: { type: 'object' } })),
    tool_choice: { type: 'none' },
  };
}

function encodeTool(tool: Tool, path: string, writing: Writing): Block | undefined {
  const { losses, marks, names } = writing;
  const { name, description, parameters, strict, custom, cache, extra } = tool;
  const owner = hostedBy(tool);
  if (owner === NAME) return marks.put({ ...ownExtra(extra) }, cache, path, 'prefix');
  if (owner) {
    losses.dropped(path, tool, 'content', `tool ${JSON.stringify(name)} belongs to ${owner}; Messages has no such tool`);
    return undefined;
  }
  if (custom?.format) losses.dropped(`${path}.custom.format`, custom.format, 'behavior', 'Messages knows no grammar for free text');
  const schema = custom ? FREE_TEXT : objectSchema(parameters, `${path}.parameters`, losses);
  const fitted = names.get(name) ?? name;
  if (fitted !== name) losses.changed(`${path}.name`, name, 'none', 'tool names are letters, digits, _ and -, at most 128');
  const own = losses.extra(path, extra, TOOL_IMPACTS);
  const block = present({ name: fitted, description, ...encodeStrict(strict, schema, path, writing), ...own });
  return marks.put(block as Block, cache, path, 'prefix');
}

const FREE_TEXT: JsonObject = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
};

const TOOL_IMPACTS = { eager_input_streaming: 'none', parameters: 'none', strict: 'none' } as const;

/** The root of a tool's schema must say that it is an object; OpenAI lets it go unsaid. */
function objectSchema(parameters: JsonObject | undefined, path: string, losses: Losses): JsonObject {
  if (!parameters) return { type: 'object', properties: {} };
  if (parameters['type'] === 'object') return parameters;
  losses.changed(path, parameters, 'none', 'the schema of a tool must be of an object');
  return { type: 'object', properties: {}, ...parameters, ...(parameters['type'] !== undefined && { type: 'object' }) };
}

/** `strict` with a schema in Anthropic's subset, or neither: a schema it cannot compile is a 400. */
function encodeStrict(strict: boolean | undefined, schema: JsonObject, path: string, { facts, losses }: Writing): JsonObject {
  if (!strict) return { input_schema: schema, ...(strict === false && { strict }) };
  const subset = facts.structuredOutput ? toSubset(schema) : { impossible: 'the model has no strict tools' };
  if ('impossible' in subset) {
    losses.dropped(`${path}.strict`, strict, 'behavior', `arguments are not held to the schema: ${subset.impossible}`);
    return { input_schema: schema };
  }
  tellMoved(subset.moved, schema, `${path}.parameters`, losses);
  return { input_schema: subset.schema, strict };
}

/** Reports what a schema lost on its way into the subset. Closing an object is all a strict schema means anyway. */
export function tellMoved(moved: readonly string[], schema: JsonObject, path: string, losses: Losses): void {
  if (moved.length === 0) return;
  const weaker = moved.filter((keyword) => !keyword.endsWith('/additionalProperties') && !ANNOTATIONS.test(keyword));
  const note =
    weaker.length > 0 ? `told in descriptions, not enforced: ${weaker.join(', ')}` : 'objects closed and notes moved for the compiler';
  losses.changed(path, schema, weaker.length > 0 ? 'behavior' : 'none', note);
}

const ANNOTATIONS = /\/(examples|\$comment|\$id|deprecated|readOnly|writeOnly|(minimum|maximum) \(safe\))$/;

function encodeChoice(choice: ToolChoice | undefined, { facts, losses, names }: Writing): Omit<EncodedTools, 'tools'> {
  if (!choice) return {};
  const { mode, parallel, allowed: _, extra } = choice;
  const own = losses.extra('toolChoice', extra, { type: 'none' });
  if (mode === undefined && parallel !== false) return Object.keys(own).length > 0 ? { tool_choice: { type: 'auto', ...own } } : {};
  if (mode === 'none') {
    if (parallel !== undefined) losses.dropped('toolChoice.parallel', parallel, 'none', 'no tool may be called at all');
    return { tool_choice: { type: 'none', ...own } };
  }
  const serial: JsonObject = parallel === undefined ? {} : { disable_parallel_tool_use: !parallel };
  if (mode === undefined || mode === 'auto') return { tool_choice: { type: 'auto', ...serial, ...own } };
  const name = typeof mode === 'object' ? (names.get(mode.tool) ?? mode.tool) : undefined;
  if (facts.forcedToolChoice)
    return { tool_choice: { ...(name === undefined ? { type: 'any' } : { type: 'tool', name }), ...serial, ...own } };
  losses.changed('toolChoice.mode', mode as Json, 'behavior', 'the model refuses forced tool calls; it is asked in words');
  const told =
    name === undefined ? 'You must call one of the tools in your next reply.' : `You must call the tool "${name}" in your next reply.`;
  return { tool_choice: { type: 'auto', ...serial, ...own }, told };
}

/** Without tools a choice is a 400, and says nothing unless it forces. */
function dropChoice(choice: ToolChoice | undefined, losses: Losses): void {
  if (!choice) return;
  const { mode } = choice;
  const forces = mode === 'required' || typeof mode === 'object';
  losses.dropped('toolChoice', choice, forces ? 'behavior' : 'none', 'there are no tools to choose from');
}
