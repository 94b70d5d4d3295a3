import type { FailureRow } from './row.ts';
import { SOURCES } from './sources.ts';

/**
 * From what a provider says to what it means, read from top to bottom; the first row that fits decides.
 * Codes and types stand before words, as they are contracts; words before statuses, as one status says
 * many things; and within each, what waiting cannot mend before what it can.
 */
export const FAILURE_ROWS = [
  // Out of credit: no rate limit, though it often comes as a 429.
  {
    id: 'openai.insufficient_quota',
    when: {
      words: [
        'insufficient_quota',
        'credit_balance_exhausted',
        'organization_spend_limit_exceeded',
        'project_spend_limit_exceeded',
        'organization_usage_limit_exceeded',
        'billing_hard_limit_reached',
        'billing_not_active',
      ],
    },
    kind: 'exhausted',
    source: SOURCES.openaiErrors,
  },
  {
    id: 'anthropic.billing_error',
    when: { words: ['billing_error', 'organization_on_hold', /spend(ing)?_limit/] },
    kind: 'exhausted',
    source: SOURCES.anthropicSdk,
  },
  {
    id: 'anthropic.credit_words',
    when: {
      status: ['none', '4xx'],
      message: /credit balance is too low|spend(ing)?[ _]limit|specified api usage limits/i,
    },
    kind: 'exhausted',
    source: SOURCES.anthropicErrors,
  },
  { id: 'deepseek.insufficient_balance', when: { words: ['insufficient_balance'] }, kind: 'exhausted', source: SOURCES.deepseek },
  { id: 'http.402', when: { status: [402] }, kind: 'exhausted', source: SOURCES.openrouter },
  // Gemini says "exceeded your current quota" of its limits per minute too, and then when to come back.
  { id: 'gemini.retry_in', when: { status: [429], message: /please retry in [\d.]+ ?m?s/i }, kind: 'throttled', source: SOURCES.gemini },
  {
    id: 'openai.quota_words',
    when: { status: [429], message: /exceeded your current quota|insufficient (credit|balance|funds)|billing (details|hard limit)/i },
    kind: 'exhausted',
    source: SOURCES.openaiErrors,
  },

  // Too long for the window, or larger than a limit per minute will ever let through.
  {
    id: 'openai.context_length_exceeded',
    when: { words: ['context_length_exceeded', 'context_window_exceeded', 'exceed_context_size_error'] },
    kind: 'tooLong',
    source: SOURCES.openaiErrors,
  },
  {
    id: 'any.context_words',
    when: {
      status: ['none', 400, 413, 422],
      message:
        /(maximum|max) context length|context (length|window|limit)|available context size|(prompt|input) is too long|too many tokens|input token count.* exceeds|tokens \+ `max_new_tokens/i,
    },
    kind: 'tooLong',
    source: SOURCES.contextWords,
  },
  {
    id: 'openai.request_over_limit',
    when: { status: [413, 429], message: /^request too large for/i },
    kind: 'oversized',
    source: `${SOURCES.openaiLimits} and ${SOURCES.groq}`,
  },

  // Refused for safety.
  {
    id: 'openai.content_policy',
    when: {
      words: [
        'content_policy_violation',
        'moderation_blocked',
        'invalid_prompt',
        'cyber_policy_violation',
        'bio_policy',
        'misalignment_policy_violation',
        'image_content_policy_violation',
      ],
    },
    kind: 'filtered',
    source: SOURCES.openaiSdk,
  },
  {
    id: 'azure.content_filter',
    when: { words: ['content_filter', 'responsibleaipolicyviolation'] },
    kind: 'filtered',
    source: SOURCES.azureFilter,
  },
  {
    id: 'openrouter.flagged',
    when: { status: ['none', '4xx'], metadata: ['reasons', 'flagged_input'] },
    kind: 'filtered',
    source: SOURCES.openrouter,
  },
  {
    id: 'anthropic.content_filtering',
    when: { status: ['none', 400], message: /content filtering policy/i },
    kind: 'filtered',
    source: SOURCES.anthropicErrors,
  },

  // No such model, no such key.
  { id: 'openai.model_not_found', when: { words: ['model_not_found'] }, kind: 'missing', source: SOURCES.openaiErrors },
  { id: 'azure.deployment_not_found', when: { words: ['deploymentnotfound'] }, kind: 'missing', source: SOURCES.azureDeployment },
  { id: 'anthropic.not_found_error', when: { words: ['not_found_error'] }, kind: 'missing', source: SOURCES.anthropicErrors },
  {
    id: 'openai.invalid_api_key',
    when: { words: ['invalid_api_key', 'invalid_organization', 'account_deactivated', 'unsupported_country_region_territory'] },
    kind: 'denied',
    source: SOURCES.openaiErrors,
  },
  {
    id: 'anthropic.authentication_error',
    when: { words: ['authentication_error', 'permission_error'] },
    kind: 'denied',
    source: SOURCES.anthropicErrors,
  },
  {
    // Gemini and xAI answer 400 to a wrong key.
    id: 'gemini.key_words',
    when: { status: [400], message: /^(incorrect api key provided|api key not valid|invalid api key)/i },
    kind: 'denied',
    source: SOURCES.geminiKey,
  },
  {
    // The edge mistrusts our address; the key has not been looked at.
    id: 'cloudflare.challenge',
    when: { header: { name: 'cf-mitigated', value: /challenge/i } },
    kind: 'broken',
    source: SOURCES.cloudflareChallenge,
  },

  // Too fast, or too busy.
  {
    // 503 `slow_down` is the provider's trouble, 429 `slow_down` ours.
    id: 'openai.slow_down_503',
    when: { status: [503], words: ['slow_down', 'rate_limit_exceeded', 'rate_limit_error', 'too_many_requests'] },
    kind: 'overloaded',
    source: SOURCES.openaiErrors,
  },
  {
    id: 'openai.rate_limit_exceeded',
    when: { words: ['rate_limit_exceeded', 'slow_down', 'too_many_requests'] },
    kind: 'throttled',
    source: SOURCES.openaiLimits,
  },
  { id: 'anthropic.rate_limit_error', when: { words: ['rate_limit_error'] }, kind: 'throttled', source: SOURCES.anthropicErrors },
  {
    id: 'openai.server_is_overloaded',
    when: { words: ['server_is_overloaded', 'engine_overloaded', 'overloaded', 'service_unavailable'] },
    kind: 'overloaded',
    source: SOURCES.openaiErrors,
  },
  { id: 'anthropic.overloaded_error', when: { words: ['overloaded_error'] }, kind: 'overloaded', source: SOURCES.anthropicErrors },

  // What else the vendors' own words say.
  { id: 'anthropic.request_too_large', when: { words: ['request_too_large'] }, kind: 'oversized', source: SOURCES.anthropicErrors },
  {
    id: 'anthropic.timeout_error',
    when: { dialects: ['anthropic-messages'], words: ['timeout_error'] },
    kind: 'slow',
    source: SOURCES.anthropicErrors,
  },
  {
    // Both vendors' SDKs try a conflict again: the provider was busy with the same thing.
    id: 'anthropic.conflict_error',
    when: { dialects: ['anthropic-messages'], words: ['conflict_error'] },
    kind: 'broken',
    source: SOURCES.anthropicErrors,
  },
  {
    id: 'anthropic.api_error',
    when: { dialects: ['anthropic-messages'], words: ['api_error'] },
    kind: 'broken',
    source: SOURCES.anthropicErrors,
  },
  {
    id: 'anthropic.invalid_request_error',
    when: { dialects: ['anthropic-messages'], words: ['invalid_request_error'] },
    kind: 'invalid',
    source: SOURCES.anthropicErrors,
  },
  { id: 'openai.vector_store_timeout', when: { words: ['vector_store_timeout'] }, kind: 'slow', source: SOURCES.openaiSdk },
  {
    id: 'openai.image',
    when: {
      status: ['none', 400],
      words: [/image_(format|url|mode|media_type|too_|parse_|file_)|^(invalid|empty|failed_to_download)_.*image/],
    },
    kind: 'invalid',
    source: SOURCES.openaiSdk,
  },

  // Statuses, where nothing better is known.
  { id: 'http.401', when: { status: [401] }, kind: 'denied', source: SOURCES.http },
  { id: 'http.403', when: { status: [403] }, kind: 'denied', source: SOURCES.http },
  { id: 'http.404', when: { status: [404, 410] }, kind: 'missing', source: SOURCES.http },
  { id: 'http.408', when: { status: [408] }, kind: 'slow', source: SOURCES.openaiRetry },
  { id: 'http.409', when: { status: [409] }, kind: 'broken', source: SOURCES.openaiRetry },
  { id: 'http.413', when: { status: [413] }, kind: 'oversized', source: SOURCES.http },
  { id: 'http.425', when: { status: [425] }, kind: 'broken', source: SOURCES.tooEarly },
  { id: 'http.429', when: { status: [429] }, kind: 'throttled', source: SOURCES.openaiLimits },
  { id: 'http.503', when: { status: [503] }, kind: 'overloaded', source: SOURCES.http },
  { id: 'http.504', when: { status: [504] }, kind: 'slow', source: SOURCES.http },
  { id: 'cloudflare.timeout', when: { status: [522, 524] }, kind: 'slow', source: SOURCES.cloudflare },
  { id: 'anthropic.529', when: { status: [529] }, kind: 'overloaded', source: SOURCES.anthropicErrors },
  // A page or an empty body is a proxy's: no word about the request can be believed.
  { id: 'proxy.unreadable', when: { status: ['4xx'], body: 'unreadable' }, kind: 'broken', source: SOURCES.ours },
  { id: 'http.4xx', when: { status: ['4xx'] }, kind: 'invalid', source: SOURCES.http },
  { id: 'http.5xx', when: { status: ['5xx'] }, kind: 'broken', source: SOURCES.http },

  // Inside a stream, where there is no status.
  {
    id: 'openai.server_error',
    when: { status: ['none'], words: ['server_error'] },
    kind: 'broken',
    source: SOURCES.openaiSdk,
  },
  {
    id: 'any.overloaded_words',
    when: { status: ['none'], message: /overloaded|at capacity|temporarily unavailable/i },
    kind: 'overloaded',
    source: SOURCES.openrouter,
  },
  // Every 4xx of OpenAI has this type, so it decides only where nothing else does.
  {
    id: 'openai.invalid_request_error',
    when: { status: ['none'], words: ['invalid_request_error'] },
    kind: 'invalid',
    source: SOURCES.openaiErrors,
  },
  { id: 'any.unknown', when: {}, kind: 'broken', source: SOURCES.ours },
] as const satisfies readonly FailureRow[] as readonly FailureRow[];
