import { dialectOf } from '../dialects/registry.ts';
import type { CallerDialect, DialectName } from '../model/part.ts';

/** The place of a loss as its caller wrote it: `sampling.topK` is Messages' `top_k`, `turns[2].parts[0]` Responses' `input[2].content[0]`. */
export function callersPath(path: string, caller: CallerDialect): string {
  if (caller === 'canonical') return path;
  const plain = partsPath(path, caller)
    .replace(/^turns\b/, dialectOf(caller).turnsField)
    .replace(/\bextra\.[a-z-]+\./, '');
  const words = WORDS[caller];
  for (let end = plain.length; end > 0; end = plain.lastIndexOf('.', end - 1)) {
    const word = words[plain.slice(0, end)];
    if (word !== undefined) return word + plain.slice(end);
  }
  return plain;
}

/** OpenAI's tool results are whole messages or items; its tool calls stand beside the content, so their parts keep our word. */
function partsPath(path: string, caller: DialectName): string {
  if (caller === 'anthropic-messages') return path.replaceAll('.parts[', '.content[');
  return path
    .replace('.parts[0].content[', caller === 'openai-chat' ? '.content[' : '.output[')
    .replace(/\.parts(?=\[\d+\]($|\.extra\b|\.cache$))/, '.content');
}

const OPENAI: Readonly<Record<string, string>> = {
  'sampling.temperature': 'temperature',
  'sampling.topP': 'top_p',
  toolChoice: 'tool_choice',
  'toolChoice.mode': 'tool_choice',
  'toolChoice.parallel': 'parallel_tool_calls',
  'settings.tier': 'service_tier',
  'settings.store': 'store',
  'settings.metadata': 'metadata',
  'settings.safetyId': 'safety_identifier',
  'settings.user': 'user',
  'settings.cacheKey': 'prompt_cache_key',
  'settings.cacheOptions': 'prompt_cache_options',
  'settings.cacheRetention': 'prompt_cache_retention',
};

/** Canonical top-level fields by the names of docs/canonical.md's table; what is not listed has the same name. */
const WORDS: Readonly<Record<DialectName, Readonly<Record<string, string>>>> = {
  'openai-chat': {
    ...OPENAI,
    'sampling.stop': 'stop',
    maxOutputTokens: 'max_completion_tokens',
    reasoning: 'reasoning_effort',
    'reasoning.effort': 'reasoning_effort',
    output: 'response_format',
    'toolChoice.allowed': 'tool_choice.allowed_tools',
    'settings.verbosity': 'verbosity',
  },
  'openai-responses': {
    ...OPENAI,
    maxOutputTokens: 'max_output_tokens',
    'reasoning.show': 'reasoning.summary',
    output: 'text.format',
    'toolChoice.allowed': 'tool_choice.tools',
    'settings.verbosity': 'text.verbosity',
  },
  'anthropic-messages': {
    instructions: 'system',
    'sampling.temperature': 'temperature',
    'sampling.topP': 'top_p',
    'sampling.topK': 'top_k',
    'sampling.stop': 'stop_sequences',
    maxOutputTokens: 'max_tokens',
    reasoning: 'thinking',
    'reasoning.mode': 'thinking.type',
    'reasoning.budgetTokens': 'thinking.budget_tokens',
    'reasoning.show': 'thinking.display',
    'reasoning.effort': 'output_config.effort',
    output: 'output_config.format',
    toolChoice: 'tool_choice',
    'toolChoice.mode': 'tool_choice.type',
    'toolChoice.parallel': 'tool_choice.disable_parallel_tool_use',
    'settings.tier': 'service_tier',
    'settings.safetyId': 'metadata.user_id',
    cache: 'cache_control',
  },
};
