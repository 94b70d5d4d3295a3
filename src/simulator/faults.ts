import type { Said } from './answer.ts';
import type { Refusal } from './rules/rule.ts';
import type { Fault } from './script.ts';
import type { Vendor } from './vendor.ts';

/** The vendor's refusal with a fault's status; what the fault names itself wins. */
export function faultRefusal(vendor: Vendor, { status = 500, type, code, message, param }: Fault): Refusal {
  const known = vendor === 'openai' ? openaiRefusal(status, code) : anthropicRefusal(status);
  return {
    ...known,
    status,
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...(param !== undefined && { param }),
  };
}

/** A proxy's page in the place of the vendor's JSON. */
export const htmlSaid = (status: number, page: true | string, headers: Readonly<Record<string, string>>): Said => ({
  status,
  headers: { ...headers, 'content-type': 'text/html; charset=utf-8' },
  pieces: [
    page === true
      ? `<html>\r\n<head><title>${status} Error</title></head>\r\n<body><center><h1>${status} Error</h1></center><hr><center>cloudflare</center></body>\r\n</html>\r\n`
      : page,
  ],
  streamed: false,
});

/** How a refusal says when to come back, and what else its fault puts into headers. */
export function faultHeaders({ retryAfter, shouldRetry, headers }: Fault, nowMs: number): Record<string, string> {
  return {
    ...(shouldRetry !== undefined && { 'x-should-retry': String(shouldRetry) }),
    ...(retryAfter && 'seconds' in retryAfter && { 'retry-after': String(retryAfter.seconds) }),
    ...(retryAfter && 'ms' in retryAfter && { 'retry-after-ms': String(retryAfter.ms) }),
    ...(retryAfter && 'dateInSeconds' in retryAfter && { 'retry-after': new Date(nowMs + retryAfter.dateInSeconds * 1000).toUTCString() }),
    ...headers,
  };
}

/** OpenAI's errors by code, then by status (§1.8, §5.11; the words as recorded where they were). */
function openaiRefusal(status: number, code: string | undefined): Refusal {
  const coded = code !== undefined && Object.hasOwn(OPENAI_CODES, code) ? OPENAI_CODES[code] : undefined;
  const known = coded ?? OPENAI_STATUSES[status];
  return {
    status,
    ...(known ?? { type: status >= 500 ? 'server_error' : 'invalid_request_error', message: `Simulated failure ${status}.` }),
  };
}

const SERVER_ERROR = 'The server had an error while processing your request. Sorry about that!';
const OVERLOADED =
  'The server is currently overloaded with other requests. Sorry about that! You can retry your request, or contact us through our help center at help.openai.com if the error persists.';

const OPENAI_STATUSES: Readonly<Record<number, Omit<Refusal, 'status'>>> = {
  401: {
    type: 'invalid_request_error',
    code: 'invalid_api_key',
    message: 'Incorrect API key provided: sk-sim*****0000. You can find your API key at https://platform.openai.com/account/api-keys.',
  },
  403: {
    type: 'invalid_request_error',
    code: 'unsupported_country_region_territory',
    message: 'Country, region, or territory not supported',
  },
  404: { type: 'invalid_request_error', code: 'model_not_found', message: 'The model does not exist or you do not have access to it.' },
  408: { type: 'invalid_request_error', message: 'Request timed out.' },
  413: { type: 'invalid_request_error', message: 'Request body is too large.' },
  429: {
    type: 'requests',
    code: 'rate_limit_exceeded',
    message:
      'Rate limit reached in organization org-simulator on requests per min (RPM). Please try again later. Visit https://platform.openai.com/account/rate-limits to learn more.',
  },
  500: { type: 'server_error', message: SERVER_ERROR },
  502: { type: 'server_error', message: 'Bad gateway.' },
  503: { type: 'server_error', code: 'server_is_overloaded', message: OVERLOADED },
  504: { type: 'server_error', message: 'Gateway timeout.' },
};

const OPENAI_CODES: Readonly<Record<string, Omit<Refusal, 'status'>>> = {
  insufficient_quota: {
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message:
      'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
  },
  context_length_exceeded: {
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    param: 'messages',
    message:
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens. Please reduce the length of the messages.",
  },
  content_policy_violation: {
    type: 'invalid_request_error',
    code: 'content_policy_violation',
    message: 'Your request was rejected as a result of our safety system.',
  },
  slow_down: { type: 'requests', code: 'slow_down', message: 'Slow down. Please reduce your request rate.' },
  server_is_overloaded: { type: 'server_error', code: 'server_is_overloaded', message: OVERLOADED },
};

/** Anthropic's errors by status (§3.10). */
function anthropicRefusal(status: number): Refusal {
  const [type, message] =
    ANTHROPIC_STATUSES[status] ??
    (status >= 500 ? ['api_error', 'Internal server error'] : ['invalid_request_error', `Simulated failure ${status}.`]);
  return { status, type, message };
}

const ANTHROPIC_STATUSES: Readonly<Record<number, readonly [type: string, message: string]>> = {
  401: ['authentication_error', 'invalid x-api-key'],
  402: [
    'billing_error',
    'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  ],
  403: ['permission_error', 'Your API key does not have permission to use the specified resource.'],
  404: ['not_found_error', 'Not found'],
  409: ['conflict_error', 'The request conflicts with the state of the resource.'],
  413: ['request_too_large', 'Request exceeds the maximum size'],
  429: [
    'rate_limit_error',
    "This request would exceed your organization's rate limit. For details, refer to: https://docs.claude.com/en/api/rate-limits.",
  ],
  500: ['api_error', 'Internal server error'],
  504: ['timeout_error', 'Request timed out'],
  529: ['overloaded_error', 'Overloaded'],
};
