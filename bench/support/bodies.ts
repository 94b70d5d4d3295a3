/** About 1 KB of question, as a Chat client asks it. */
export const CHAT_REQUEST = (model: string, stream = false): string =>
  JSON.stringify({
    model,
    messages: [
      { role: 'system', content: 'You are a helpful assistant that answers in short and plain sentences.' },
      { role: 'user', content: 'Tell me about the rivers of Europe. '.repeat(23).trim() },
    ],
    temperature: 1,
    ...(stream && { stream: true }),
  });

const TEXT = 'The Danube rises in the Black Forest and flows east for 2,850 kilometres. '.repeat(8).trim();

/** What OpenAI answers: 1.2 KB. */
export const CHAT_ANSWER = JSON.stringify({
  id: 'chatcmpl-bench0123456789',
  object: 'chat.completion',
  created: 1_790_000_000,
  model: 'gpt-6-luna',
  choices: [
    { index: 0, message: { role: 'assistant', content: TEXT, refusal: null, annotations: [] }, logprobs: null, finish_reason: 'stop' },
  ],
  usage: {
    prompt_tokens: 190,
    completion_tokens: 121,
    total_tokens: 311,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  },
  service_tier: 'default',
  system_fingerprint: 'fp_0123456789',
});

/** What Anthropic answers to the same. */
export const MESSAGES_ANSWER = JSON.stringify({
  id: 'msg_bench0123456789',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-5-5',
  content: [{ type: 'text', text: TEXT }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 190, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 121, service_tier: 'standard' },
});

/** Headers OpenAI sends along; each costs a gateway something. */
export const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  'x-request-id': 'req_0123456789abcdef',
  'openai-organization': 'org-bench',
  'openai-processing-ms': '412',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-limit-tokens': '2000000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-remaining-tokens': '1999000',
  'x-ratelimit-reset-requests': '6ms',
  'x-ratelimit-reset-tokens': '30ms',
};

/** Headers the official SDK sends along, and Headgate's attribution. */
export const REQUEST_HEADERS: Readonly<Record<string, string>> = {
  authorization: 'Bearer bench-key-0123456789',
  'content-type': 'application/json',
  accept: 'application/json',
  'user-agent': 'OpenAI/JS 7.57.0',
  'x-stainless-lang': 'js',
  'x-stainless-package-version': '7.57.0',
  'x-stainless-os': 'Linux',
  'x-stainless-arch': 'x64',
  'x-stainless-runtime': 'node',
  'x-stainless-runtime-version': 'v24.21.0',
  'x-stainless-retry-count': '0',
  'x-headgate-feature': 'bench',
  'x-headgate-tags': 'team=blue',
};
