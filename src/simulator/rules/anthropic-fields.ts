/** Top-level fields of Messages and the type each must have (SDK 1.12 types, beta ones included). */
export const MESSAGES_FIELDS = {
  model: 'string',
  messages: 'list',
  max_tokens: 'integer',
  system: 'string or list',
  tools: 'list',
  tool_choice: 'dictionary',
  thinking: 'dictionary',
  output_config: 'dictionary',
  stop_sequences: 'list',
  stream: 'boolean',
  cache_control: 'dictionary',
  metadata: 'dictionary',
  service_tier: 'string',
  speed: 'string',
  container: 'any',
  inference_geo: 'string',
  diagnostics: 'dictionary',
  user_profile_id: 'string',
  workspace_id: 'string',
} as const;

/** Fields that a beta header must switch on. */
export const MESSAGES_BETA_FIELDS = [
  'mcp_servers',
  'context_management',
  'compaction',
  'fallbacks',
  'fallback_credit_token',
  'thread',
  'billing_policy',
  'output_format',
] as const;

/** Fields that API version 2026-10-21 took away. */
export const SAMPLING_FIELDS = { temperature: 'number', top_p: 'number', top_k: 'integer' } as const;

/** Fields that make no sense when tokens are only counted: an error there. */
export const NOT_COUNTED = [
  'max_tokens',
  'stream',
  'metadata',
  'stop_sequences',
  'service_tier',
  'container',
  'inference_geo',
  'diagnostics',
];

/** How the vendor says a value is of the wrong type. */
export const WRONG_TYPE: Readonly<Record<string, string>> = {
  string: 'Input should be a valid string',
  list: 'Input should be a valid list',
  integer: 'Input should be a valid integer',
  number: 'Input should be a valid number',
  boolean: 'Input should be a valid boolean',
  dictionary: 'Input should be a valid dictionary',
};
