import type { ModelFacts } from '../../../model/facts.ts';
import { isObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { Extra, Part } from '../../../model/part.ts';
import type { ModelRequest, OutputFormat } from '../../../model/request.ts';
import type { EncodedRequest } from '../../dialect.ts';
import { Losses, type Nothing } from '../../losses.ts';
import { fitNames } from '../../names.ts';
import { present, without } from '../fields.ts';
import type { Context } from './encode-content.ts';
import { encodeTurn } from './encode-items.ts';
import { encodeFormat } from './output.ts';
import { encodeReasoning } from './reasoning.ts';
import { encodeMaxTokens, encodeSampling, encodeSettings, requestImpacts } from './settings.ts';
import { encodeToolChoice } from './tool-choice.ts';
import { encodeTool, hostedWire } from './tools.ts';

/** The request for a provider of Responses, with this model's facts. */
export function encodeRequest(request: ModelRequest, facts: ModelFacts): EncodedRequest {
  const { model, instructions = [], turns, tools, toolChoice, output, reasoning = {}, sampling = {}, maxOutputTokens, ...more } = request;
  const { settings = {}, cache, stream, extra, ...unseen } = more;
  unseen satisfies Nothing;

  const losses = new Losses('openai-responses');
  const { store: storeUnsaid, include, text, ...own } = losses.extra('', withoutModeration(extra), requestImpacts(request));
  const native = extra?.['openai-responses'] !== undefined;
  const names = fitNames(namesIn(request), 64);
  const nameOf = (name: string) => names.get(name) ?? name;
  const context: Context = { facts, losses, native, nameOf, customCalls: customCallsIn(request) };

  if (cache) losses.dropped('cache', cache, 'cost', 'OpenAI caches long prompts by itself, for as long as it decides');
  const { system, items } = encodePrompt(instructions, turns, output, context);
  const encodedTools = tools?.flatMap((tool, i) => encodeTool(tool, nameOf(tool.name), `tools[${i}]`, losses));
  const choosable = (encodedTools ?? []).length > 0 || 'prompt' in own || declaresTools(items);
  const choice = toolChoice && encodeToolChoice(toolChoice, { tools: tools ?? [], choosable, nameOf, facts, losses });
  const thinking = encodeReasoning(reasoning, maxOutputTokens, facts, losses);
  const textWire = encodeText(output, settings.verbosity, text, native, losses);

  // An answer of no tokens is how Messages warms a cache up; here there is a switch for it.
  const prewarm = maxOutputTokens === 0 && facts.cacheMarks;

  const wire = present({
    model: model === '' ? undefined : model,
    instructions: system,
    // A stored prompt or conversation may go without.
    input: items.length > 0 || !native ? items : undefined,
    tools: encodedTools && (encodedTools.length > 0 || native) ? encodedTools : undefined,
    ...choice,
    ...(textWire && { text: textWire }),
    reasoning: thinking.wire,
    ...(prewarm ? {} : encodeMaxTokens(maxOutputTokens, facts, losses)),
    ...encodeSampling(sampling, thinking.effort, facts, losses),
    ...encodeSettings(settings, storeUnsaid === null, facts, losses),
    ...(prewarm && { prompt_cache_options: { ...settings.cacheOptions, prewarm: true } }),
    // What was asked elsewhere is not stored, so its thoughts must come along to be sent back next time.
    include: include === null ? undefined : (include ?? (facts.reasons ? ['reasoning.encrypted_content'] : undefined)),
    stream: stream ? true : undefined,
    ...moderation(request),
    ...own,
  });
  const renamed = new Map([...names].filter(([known, sent]) => known !== sent).map(([known, sent]) => [sent, known]));
  return { wire, losses: losses.list, headers: {}, ...(renamed.size > 0 && { toolNames: renamed }) };
}

/** `moderation` is the one field of Chat's own that Responses has too: carried over, and no loss. */
const moderation = ({ extra }: ModelRequest): JsonObject => present({ moderation: extra?.['openai-chat']?.['moderation'] });

function withoutModeration(extra: Extra | undefined): Extra | undefined {
  const chat = extra?.['openai-chat'];
  return chat ? { ...extra, 'openai-chat': without(chat, 'moderation') } : extra;
}

function namesIn({ tools = [], turns, toolChoice }: ModelRequest): Set<string> {
  const called = turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'toolCall' ? [part.name] : [])));
  const { mode, allowed = [] } = toolChoice ?? {};
  const chosen = typeof mode === 'object' ? [mode.tool] : [];
  return new Set([...tools.filter((tool) => !hostedWire(tool)).map(({ name }) => name), ...called, ...chosen, ...allowed]);
}

const customCallsIn = ({ turns }: ModelRequest): Set<string> =>
  new Set(turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'toolCall' && part.custom ? [part.id] : []))));

/** Whether an item of the conversation brings tools of its own (`additional_tools`, `tool_search_output`). */
const declaresTools = (items: readonly JsonObject[]): boolean => items.some(({ tools }) => Array.isArray(tools));

/** `instructions` as a string where they are plain; else as a developer's message in front. */
function encodePrompt(
  instructions: readonly Part[],
  turns: ModelRequest['turns'],
  output: OutputFormat | undefined,
  context: Context,
): { system: string | undefined; items: JsonObject[] } {
  const items = turns.flatMap((turn, i) => encodeTurn(turn, `turns[${i}]`, context));
  const unasked = output?.type === 'json' && !context.native && !asksForJson(turns);
  if (instructions.length > 0 && instructions.every(isPlain) && !(unasked && saysJson(instructions))) {
    const system = instructions.map((part) => (part as { text: string }).text).join('\n\n');
    return { system, items: unasked ? [askForJson(context), ...items] : items };
  }
  const spoken = encodeInstructions(instructions, context);
  const told = unasked && !saysJson(instructions) ? [...spoken, askForJson(context)] : spoken;
  return { system: undefined, items: [...told, ...items] };
}

const encodeInstructions = (parts: readonly Part[], context: Context): JsonObject[] =>
  encodeTurn({ role: 'developer', parts }, 'instructions', context, 'instructions');

const isPlain = ({ type, cache, extra }: Part): boolean => type === 'text' && !cache && !extra;

/** OpenAI answers 400 to `json_object` when no input message says "JSON"; instructions do not count. */
const asksForJson = (turns: ModelRequest['turns']): boolean => {
  const first = turns.findIndex(({ role }) => role === 'user');
  return turns.slice(0, first + 1).some(({ parts }) => saysJson(parts));
};

const saysJson = (parts: readonly Part[]): boolean => parts.some((part) => part.type === 'text' && /json/i.test(part.text));

function askForJson({ losses }: Context): JsonObject {
  losses.changed('output', { type: 'json' }, 'behavior', 'the prompt must say "JSON": added a sentence that does');
  return { type: 'message', role: 'developer', content: 'Answer in JSON.' };
}

/** `text`: format and verbosity. A whole format in the extra is what the request began with, before it was updated on the way. */
function encodeText(
  output: OutputFormat | undefined,
  verbosity: string | undefined,
  text: Json | undefined,
  native: boolean,
  losses: Losses,
): JsonObject | undefined {
  const own = isObject(text) ? text : {};
  const kept = own['format'];
  const format = output && encodeFormat(output, native, losses);
  const said = kept === null ? undefined : isObject(kept) ? ('type' in kept ? kept : { ...format, ...kept }) : format;
  const wire = present({ format: said, verbosity, ...without(own, 'format') });
  return Object.keys(wire).length > 0 ? wire : undefined;
}
