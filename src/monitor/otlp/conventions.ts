/**
 * OpenTelemetry's names for calls to models, by version of its conventions. They are in development and
 * change; our own `headgate.…` names do not. Checked against `@opentelemetry/semantic-conventions` 1.45.0
 * (which froze 1.41) and open-telemetry/semantic-conventions-genai on 2026-11-23.
 */
export const CONVENTIONS = {
  /** What instrumentations emit until told otherwise. */
  '1.36': {
    schemaUrl: 'https://opentelemetry.io/schemas/1.36.0',
    provider: 'gen_ai.system',
    cacheRead: undefined,
    cacheWrite: undefined,
    reasoning: undefined,
    firstChunkAttribute: undefined,
    firstChunk: undefined,
    tokens: { as: 'histogram', name: 'gen_ai.client.token.usage' },
  },
  /** The last of the main repository. */
  '1.41': {
    schemaUrl: 'https://opentelemetry.io/schemas/1.41.0',
    provider: 'gen_ai.provider.name',
    cacheRead: 'gen_ai.usage.cache_read.input_tokens',
    cacheWrite: 'gen_ai.usage.cache_creation.input_tokens',
    reasoning: 'gen_ai.usage.reasoning.output_tokens',
    firstChunkAttribute: 'gen_ai.response.time_to_first_chunk',
    firstChunk: 'gen_ai.client.operation.time_to_first_chunk',
    tokens: { as: 'histogram', name: 'gen_ai.client.token.usage' },
  },
  /** The GenAI repository's own, without a stable release so far. */
  'genai-dev': {
    schemaUrl: undefined,
    provider: 'gen_ai.provider.name',
    cacheRead: 'gen_ai.usage.cache_read.input_tokens',
    cacheWrite: 'gen_ai.usage.cache_write.input_tokens',
    reasoning: 'gen_ai.usage.reasoning.output_tokens',
    firstChunkAttribute: 'gen_ai.response.time_to_first_chunk',
    firstChunk: 'gen_ai.client.operation.time_to_first_chunk',
    tokens: { as: 'counters', prefix: 'gen_ai.client.inference.usage.' },
  },
} as const satisfies Record<string, Conventions>;

export type ConventionsVersion = keyof typeof CONVENTIONS;

/** What differs between versions; absent: the version has no name for it. */
export interface Conventions {
  readonly schemaUrl: string | undefined;
  /** The attribute for whose API it is. */
  readonly provider: string;
  readonly cacheRead: string | undefined;
  readonly cacheWrite: string | undefined;
  readonly reasoning: string | undefined;
  /** Seconds to the first content: on a span, and as a histogram. */
  readonly firstChunkAttribute: string | undefined;
  readonly firstChunk: string | undefined;
  /** Tokens as one histogram by token type, or as a counter for each kind. */
  readonly tokens: { readonly as: 'histogram'; readonly name: string } | { readonly as: 'counters'; readonly prefix: string };
}

/** The same in all versions. */
export const COMMON = {
  operation: 'gen_ai.operation.name',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  tokenType: 'gen_ai.token.type',
  modality: 'gen_ai.token.modality',
  error: 'error.type',
  duration: 'gen_ai.client.operation.duration',
} as const;
