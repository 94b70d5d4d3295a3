import { isObject, type JsonObject } from '../../model/json.ts';
import type { Extra } from '../../model/part.ts';
import type { ModelRequest } from '../../model/request.ts';
import { Losses } from '../losses.ts';
import { extraOf, present, without } from './fields.ts';
import { encodeFormat } from './request/output.ts';
import { encodeToolChoice } from './request/tool-choice.ts';
import { encodeTool } from './request/tools.ts';

/** Fields that are said elsewhere in the canonical reply. */
const READ = new Set(['id', 'object', 'created_at', 'model', 'output', 'usage']);

/** Fields that repeat the request or describe the stored object: nothing that a reader of the answer would miss. */
const ECHOES = new Set([
  ...['status', 'error', 'incomplete_details', 'completed_at', 'output_text', 'background', 'billing', 'tool_usage', 'conversation'],
  ...['instructions', 'input', 'tools', 'tool_choice', 'parallel_tool_calls', 'max_tool_calls', 'max_output_tokens', 'text', 'reasoning'],
  ...['temperature', 'top_p', 'top_logprobs', 'frequency_penalty', 'presence_penalty', 'truncation', 'metadata', 'store', 'service_tier'],
  ...['previous_response_id', 'prompt', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options', 'context_management'],
  ...['safety_identifier', 'user', 'access_programs', 'image'],
]);

/** Everything else a response says: echoes together under `echo`, the rest by its own name. */
export function decodeEchoes(response: JsonObject): Extra | undefined {
  const echo: Record<string, JsonObject[string]> = {};
  const rest: Record<string, JsonObject[string]> = {};
  for (const [field, value] of Object.entries(response)) {
    if (READ.has(field) || field === 'headgate') continue;
    (ECHOES.has(field) ? echo : rest)[field] = value;
  }
  const counted = isObject(response['usage']) ? without(response['usage'], ...COUNTED) : {};
  if (Object.keys(counted).length > 0) echo['usage'] = counted;
  return extraOf({ ...(Object.keys(echo).length > 0 && { echo }), ...rest }).extra;
}

/** What the meters hold of a `usage`; servers add counters of their own. */
const COUNTED = ['input_tokens', 'input_tokens_details', 'output_tokens', 'output_tokens_details', 'total_tokens'];

/** What a finished response repeats: the provider's own echoes where it spoke this dialect, else the caller's words. */
export function finalEchoes(own: JsonObject, asked: JsonObject): { readonly echoes: JsonObject; readonly counted: JsonObject } {
  const told = own['echo'];
  if (!isObject(told)) return { echoes: asked, counted: {} };
  const { usage, ...echoes } = told;
  return { echoes: { ...required(asked), ...echoes }, counted: isObject(usage) ? usage : {} };
}

/** What OpenAI repeats of the request in every response, as the caller asked it. */
export function echoesOf(request: ModelRequest): JsonObject {
  const { instructions, tools = [], toolChoice = {}, output, reasoning, sampling, maxOutputTokens, settings = {}, extra } = request;
  const own = extra?.['openai-responses'] ?? {};
  // Echoes are the caller's own words: what they cannot say was said elsewhere.
  const losses = new Losses('openai-responses');
  const choice = encodeToolChoice(toolChoice, { tools, choosable: true, nameOf: (name) => name, facts: ANY, losses });
  const verbosity = settings.verbosity;
  return {
    background: false,
    instructions: instructions?.map((part) => (part.type === 'text' ? part.text : '')).join('\n\n') ?? null,
    max_output_tokens: maxOutputTokens ?? null,
    max_tool_calls: own['max_tool_calls'] ?? null,
    metadata: settings.metadata ?? {},
    parallel_tool_calls: toolChoice.parallel ?? true,
    previous_response_id: own['previous_response_id'] ?? null,
    prompt_cache_key: settings.cacheKey ?? null,
    prompt_cache_retention: settings.cacheRetention ?? null,
    reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.show ?? null },
    safety_identifier: settings.safetyId ?? null,
    service_tier: settings.tier ?? 'default',
    // Whatever was asked, nothing is kept that could be fetched by its id.
    store: false,
    temperature: sampling?.temperature ?? null,
    text: present({ format: output ? encodeFormat(output, true, losses) : { type: 'text' }, verbosity }),
    tool_choice: choice['tool_choice'] ?? 'auto',
    tools: tools.flatMap((tool, i) => encodeTool(tool, tool.name, `tools[${i}]`, losses)).map(withNulls),
    top_logprobs: own['top_logprobs'] ?? 0,
    top_p: sampling?.topP ?? null,
    truncation: own['truncation'] ?? 'disabled',
    ...(settings.user !== undefined && { user: settings.user }),
  };
}

/** The echoes that the SDK's type requires, for a provider that left some out. */
const required = ({ instructions, metadata, parallel_tool_calls, temperature, tool_choice, tools, top_p }: JsonObject): JsonObject =>
  present({ instructions, metadata, parallel_tool_calls, temperature, tool_choice, tools, top_p });

/** A function echoed has `parameters` and `strict`, said or not. */
const withNulls = (tool: JsonObject): JsonObject => (tool['type'] === 'function' ? { parameters: null, strict: null, ...tool } : tool);

const ANY = {
  vendor: 'openai',
  reasons: true,
  efforts: [],
  thinking: [],
  sampling: 'yes',
  stop: true,
  forcedToolChoice: true,
  toolsOnChat: 'yes',
  chat: true,
  prefill: true,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: true,
} as const;
