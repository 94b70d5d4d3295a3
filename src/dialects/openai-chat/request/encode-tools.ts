import type { ModelFacts } from '../../../model/facts.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { Impact } from '../../../model/loss.ts';
import type { Extra } from '../../../model/part.ts';
import type { ModelRequest, Tool, ToolChoice } from '../../../model/request.ts';
import type { Losses, Nothing } from '../../losses.ts';
import { fitNames } from '../../names.ts';
import { CHAT, given, own, spread } from '../fields.ts';
import type { Marks } from './marks.ts';

/** How the tools of one request are called on the wire, wherever they are named. */
export interface Toolbox {
  /** The caller's name of a tool as the wire takes it. */
  name(name: string): string;
  /** Whether calls of the tool carry free text as one field `input`. */
  wraps(name: string): boolean;
  /** Sent name → caller's name, of those that differ. */
  readonly renamed: ReadonlyMap<string, string>;
  readonly wrapped: ReadonlySet<string>;
}

/** Names are fitted together, over tools, choice and history, so that one name means one tool everywhere. */
export function createToolbox({ tools = [], toolChoice, turns }: ModelRequest, facts: ModelFacts): Toolbox {
  const mode = toolChoice?.mode;
  const called = turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'toolCall' ? [part] : [])));
  const fitted = fitNames(
    [
      ...tools.filter((tool) => !ownType(tool)).map(({ name }) => name),
      ...(typeof mode === 'object' ? [mode.tool] : []),
      ...(toolChoice?.allowed ?? []),
      ...called.map(({ name }) => name),
    ],
    64,
  );
  const custom = [...tools.filter((tool) => tool.custom), ...called.filter((call) => call.custom)].map(({ name }) => name);
  const wrapped = new Set(facts.vendor === 'openai' ? [] : custom);
  return {
    name: (name) => fitted.get(name) ?? name,
    wraps: (name) => wrapped.has(name),
    renamed: new Map([...fitted].filter(([name, sent]) => name !== sent).map(([name, sent]) => [sent, name])),
    wrapped,
  };
}

/** The tools; those that run at another vendor cannot be offered and are left out. */
export function encodeTools(tools: readonly Tool[], toolbox: Toolbox, marks: Marks, losses: Losses): JsonObject[] {
  return tools.map((tool, i) => encodeTool(tool, `tools[${i}]`, toolbox, marks, losses)).filter((tool) => tool !== undefined);
}

function encodeTool(tool: Tool, path: string, toolbox: Toolbox, marks: Marks, losses: Losses): JsonObject | undefined {
  const { name, description, parameters, strict, custom, cache, extra, ...unseen } = tool;
  unseen satisfies Nothing;
  if (ownType(tool)) return own(extra);
  const type = foreignType(extra);
  if (type !== undefined) {
    losses.dropped(path, tool, 'content', `openai-chat cannot run ${type}`);
    return undefined;
  }
  marks.later(cache, path);
  const rest = losses.extra(path, extra, TOOL_IMPACTS);
  const sent = toolbox.name(name);
  if (sent !== name) losses.changed(`${path}.name`, name, 'none', `openai-chat takes 64 of A-Z a-z 0-9 _ -: sent ${sent}`);
  if (!custom) return spread({ type: 'function', function: given({ name: sent, description, parameters, strict }) }, rest);
  if (strict !== undefined) losses.dropped(`${path}.strict`, strict, 'none', 'a custom tool has no schema to be strict about');
  if (parameters !== undefined) losses.dropped(`${path}.parameters`, parameters, 'behavior', 'a custom tool takes free text');
  if (!toolbox.wraps(name)) {
    return spread(
      { type: 'custom', custom: given({ name: sent, description, format: custom.format && nestedFormat(custom.format) }) },
      rest,
    );
  }
  losses.changed(`${path}.custom`, custom, 'behavior', 'sent as a function with one string field "input"');
  return spread({ type: 'function', function: given({ name: sent, description, parameters: WRAPPED }) }, rest);
}

const TOOL_IMPACTS: Readonly<Record<string, Impact>> = { type: 'none' };
const WRAPPED: JsonObject = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'], additionalProperties: false };

/** Some server's own tool, kept whole. */
const ownType = ({ extra }: Tool): boolean => typeof own(extra)['type'] === 'string';

/** The type of a tool that another vendor runs, or defines for its own models to use. */
function foreignType(extra: Extra | undefined): string | undefined {
  for (const [dialect, fields] of Object.entries(extra ?? {})) {
    const type = dialect === CHAT ? undefined : (fields as JsonObject)['type'];
    if (typeof type === 'string' && type !== 'custom' && type !== 'function') return type;
  }
  return undefined;
}

function nestedFormat(format: JsonObject): JsonObject {
  const { type, ...grammar } = format;
  return type === 'grammar' ? { type, grammar } : format;
}

/** What the choice of tools comes to: body fields, the tools left to choose from, and a word to the model where a field is lacking. */
export interface EncodedChoice {
  readonly fields: JsonObject;
  readonly tools: readonly JsonObject[];
  readonly note?: string;
}

/** `tool_choice` and `parallel_tool_calls`: OpenAI answers 400 to either when there are no tools. */
export function encodeChoice(
  request: ModelRequest,
  tools: readonly JsonObject[],
  toolbox: Toolbox,
  facts: ModelFacts,
  losses: Losses,
): EncodedChoice {
  const { mode, parallel, allowed, extra, ...unseen } = request.toolChoice ?? {};
  unseen satisfies Nothing;
  const rest = losses.extra('toolChoice', extra);
  if (tools.length === 0) {
    if (request.toolChoice) losses.dropped('toolChoice', request.toolChoice, 'none', 'there are no tools to choose from');
    return { fields: {}, tools };
  }
  const customs = new Set((request.tools ?? []).filter((tool) => tool.custom && !toolbox.wraps(tool.name)).map(({ name }) => name));
  const named = (name: string): JsonObject => {
    const type = customs.has(name) ? 'custom' : 'function';
    return { type, [type]: { name: toolbox.name(name) } };
  };
  const forced = mode === 'required' || typeof mode === 'object';
  const relaxed = forced && !facts.forcedToolChoice;
  if (relaxed) losses.changed('toolChoice.mode', mode, 'behavior', 'the model cannot be forced to call a tool: it is asked to');
  const effective = relaxed ? 'auto' : mode;
  const narrowed = narrow(request.toolChoice ?? {}, effective, tools, named, facts, losses);
  const choice = narrowed.choice ?? (typeof effective === 'object' ? named(effective.tool) : effective);
  return {
    fields: spread(given({ tool_choice: choice, parallel_tool_calls: parallel }), rest),
    tools: narrowed.tools,
    ...(relaxed && { note: noteFor(mode, toolbox) }),
  };
}

const noteFor = (mode: ToolChoice['mode'], toolbox: Toolbox) =>
  typeof mode === 'object' ? `Call the tool "${toolbox.name(mode.tool)}" now.` : 'Call at least one of the tools now.';

/** Compatible servers do not know `allowed_tools`: they are shown only the tools allowed. */
function narrow(
  { allowed }: ToolChoice,
  mode: ToolChoice['mode'],
  tools: readonly JsonObject[],
  named: (name: string) => JsonObject,
  facts: ModelFacts,
  losses: Losses,
): { readonly choice?: Json; readonly tools: readonly JsonObject[] } {
  if (!allowed) return { tools };
  if (mode === 'none' || typeof mode === 'object') {
    losses.dropped('toolChoice.allowed', allowed, 'none', 'the mode already says which tools may be called');
    return { tools };
  }
  const choices = allowed.map(named);
  if (facts.vendor === 'openai') {
    return { tools, choice: { type: 'allowed_tools', allowed_tools: { mode: mode ?? 'auto', tools: choices } } };
  }
  losses.changed('toolChoice.allowed', allowed, 'cost', 'only the allowed tools are sent: another choice is another prefix');
  const names = new Set(choices.map(nameOf));
  return { tools: tools.filter((tool) => names.has(nameOf(tool))) };
}

const nameOf = (tool: JsonObject): Json | undefined => ((tool[String(tool['type'])] ?? {}) as JsonObject)['name'];
