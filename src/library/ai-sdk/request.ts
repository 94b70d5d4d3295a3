import type { LanguageModelV4CallOptions, LanguageModelV4Prompt, SharedV4Warning } from '@ai-sdk/provider';
import { isStrict } from '../../dialects/openai-strict.ts';
import type { JsonObject } from '../../model/json.ts';
import type { ProviderOptions } from '../../model/make-call.ts';
import type { ModelRequest, OutputFormat, Sampling, ToolChoice, Turn } from '../../model/request.ts';
import { keptIn, NAME } from './metadata.ts';
import type { HeadgateOptions } from './provider.ts';
import { toolOf } from './tools.ts';
import { instructionsOf, turnOf } from './turns.ts';

/** A call of the AI SDK in canonical form, and what of it could not be said. */
export interface Asked {
  readonly request: ModelRequest;
  readonly providerOptions?: ProviderOptions;
  /** What this one call says of its account and terms. */
  readonly own: HeadgateOptions;
  readonly warnings: readonly SharedV4Warning[];
}

export function askedOf(model: string, options: LanguageModelV4CallOptions, stream: boolean): Asked {
  const warnings: SharedV4Warning[] = [];
  const { prompt, tools = [], toolChoice, maxOutputTokens, responseFormat, reasoning, providerOptions } = options;
  const sampling = samplingOf(options);
  const instructions = instructionsOf(prompt);
  const output = outputOf(responseFormat);
  const extra = chatOnly(options);
  const { [NAME]: _, ...others } = providerOptions ?? {};
  return {
    request: {
      model,
      turns: turnsOf(prompt, warnings),
      stream,
      ...(instructions.length > 0 && { instructions }),
      ...(tools.length > 0 && { tools: tools.map(toolOf) }),
      ...(toolChoice && { toolChoice: choiceOf(toolChoice) }),
      ...(output && { output }),
      ...(reasoning && reasoning !== 'provider-default' && { reasoning: { effort: reasoning } }),
      ...(sampling && { sampling }),
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
      ...(extra && { extra: { 'openai-chat': extra } }),
    },
    ...(Object.keys(others).length > 0 && { providerOptions: others as ProviderOptions }),
    own: keptIn<HeadgateOptions>(providerOptions),
    warnings,
  };
}

/** All but the system messages at the top, which are instructions. */
function turnsOf(prompt: LanguageModelV4Prompt, warnings: SharedV4Warning[]): Turn[] {
  const first = prompt.findIndex(({ role }) => role !== 'system');
  return first < 0 ? [] : prompt.slice(first).flatMap((message) => turnOf(message, warnings));
}

function samplingOf({ temperature, topP, topK, stopSequences }: LanguageModelV4CallOptions): Sampling | undefined {
  const sampling: Sampling = {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(stopSequences?.length && { stop: stopSequences }),
  };
  return Object.keys(sampling).length > 0 ? sampling : undefined;
}

/** Settings that Chat Completions has and no other wire; elsewhere they become warnings, as losses do. */
function chatOnly({ presencePenalty, frequencyPenalty, seed }: LanguageModelV4CallOptions): JsonObject | undefined {
  const fields = {
    ...(presencePenalty !== undefined && { presence_penalty: presencePenalty }),
    ...(frequencyPenalty !== undefined && { frequency_penalty: frequencyPenalty }),
    ...(seed !== undefined && { seed }),
  };
  return Object.keys(fields).length > 0 ? fields : undefined;
}

function outputOf(format: LanguageModelV4CallOptions['responseFormat']): OutputFormat | undefined {
  if (format?.type !== 'json') return undefined;
  const { schema, name, description } = format;
  if (!schema) return { type: 'json' };
  const said = schema as JsonObject;
  return {
    type: 'schema',
    schema: said,
    strict: isStrict(said),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
  };
}

const choiceOf = (choice: NonNullable<LanguageModelV4CallOptions['toolChoice']>): ToolChoice => ({
  mode: choice.type === 'tool' ? { tool: choice.toolName } : choice.type,
});
