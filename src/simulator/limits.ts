import type { Json } from '../model/json.ts';
import { duration } from './headers.ts';
import type { Rates } from './rate.ts';
import type { Refusal } from './rules/rule.ts';
import type { Vendor } from './vendor.ts';

/** What the vendor says when a limit is passed, in recorded words. */
export function limitRefusal(
  vendor: Vendor,
  { what, limit, used, asked, afterMs }: NonNullable<Rates['passed']>,
  model: Json | undefined,
): Refusal {
  if (vendor === 'anthropic') {
    const amount = `${limit.toLocaleString('en-US')} ${what === 'requests' ? 'requests' : 'input tokens'} per minute`;
    return {
      status: 429,
      type: 'rate_limit_error',
      message: `This request would exceed your organization's rate limit of ${amount} (org: simulator, model: ${model}). For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce the prompt length or the maximum tokens requested, or try again later.`,
    };
  }
  const short = what === 'requests' ? 'RPM' : 'TPM';
  const head = `for ${model} in organization org-simulator on ${what} per min (${short}): Limit ${limit}`;
  const message =
    asked > limit
      ? `Request too large ${head}, Requested ${asked}. The input or output tokens must be reduced in order to run successfully. Visit https://platform.openai.com/account/rate-limits to learn more.`
      : `Rate limit reached ${head}, Used ${used}, Requested ${asked}. Please try again in ${duration(afterMs)}. Visit https://platform.openai.com/account/rate-limits to learn more.`;
  return { status: 429, type: what, code: 'rate_limit_exceeded', message };
}
