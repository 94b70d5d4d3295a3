import { createHash } from 'node:crypto';
import { knownModels } from '../catalogue/index.ts';
import { anthropicHeaders, openaiHeaders } from './headers.ts';
import type { Rates } from './rate.ts';
import type { Refusal } from './rules/rule.ts';

export type Vendor = 'openai' | 'anthropic';

/** A refusal as the vendor writes it. */
export const refusalBody = (vendor: Vendor, { message, type, code, param }: Refusal, requestId: string): object =>
  vendor === 'openai'
    ? { error: { message, type, param: param ?? null, code: code ?? null } }
    : { type: 'error', error: { type, message, ...(code !== undefined && { details: { error_code: code } }) }, request_id: requestId };

/** The headers every answer of the vendor's carries. */
export const vendorHeaders = (
  vendor: Vendor,
  requestId: string,
  processingMs: number,
  nowMs: number,
  rates: Rates,
): Record<string, string> =>
  vendor === 'openai' ? openaiHeaders(requestId, processingMs, rates) : anthropicHeaders(requestId, nowMs, rates);

/** The key a request comes with; undefined: none. */
export function keyOf(headers: Readonly<Record<string, string>>): string | undefined {
  const [, bearer] = /^Bearer\s+(\S+)/i.exec(headers['authorization'] ?? '') ?? [];
  return headers['x-api-key'] || headers['api-key'] || bearer;
}

/** What the vendor says to a request without a key it knows. */
export function unauthorized(vendor: Vendor, key: string | undefined): Refusal {
  if (vendor === 'anthropic') {
    const message = key === undefined ? 'x-api-key header is required' : 'invalid x-api-key';
    return { status: 401, type: 'authentication_error', message };
  }
  const shown = key === undefined ? '' : key.length > 12 ? `${key.slice(0, 8)}${'*'.repeat(5)}${key.slice(-4)}` : '*'.repeat(key.length);
  return key === undefined
    ? {
        status: 401,
        type: 'invalid_request_error',
        message:
          "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). You can obtain an API key from https://platform.openai.com/account/api-keys.",
      }
    : {
        status: 401,
        type: 'invalid_request_error',
        code: 'invalid_api_key',
        message: `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`,
      };
}

/** Ids in the vendors' forms, the same ones for the same seed and request number. */
export function idMaker(seed: number, serial: number) {
  let count = 0;
  const digest = () => createHash('sha256').update(`${seed}:${serial}:${count++}`).digest('hex');
  const word = (length: number) => {
    const hex = digest();
    let letters = '';
    for (let index = 0; index < length; index += 1)
      letters += LETTERS[(Number.parseInt(hex[index]!, 16) * 7 + index * 13) % LETTERS.length];
    return letters;
  };
  return {
    openaiRequest: () => `req_${digest().slice(0, 32)}`,
    anthropicRequest: () => `req_011C${word(20)}`,
    chat: () => `chatcmpl-${word(29)}`,
    response: () => `resp_${digest().slice(0, 50)}`,
    message: () => `msg_01${word(22)}`,
    call: () => `call_${word(24)}`,
    toolUse: () => `toolu_01${word(22)}`,
    file: () => `file-${word(22)}`,
    anthropicFile: () => `file_011C${word(20)}`,
    upload: () => `upload_${digest().slice(0, 32)}`,
    uploadPart: () => `part_${digest().slice(0, 32)}`,
    batch: () => `batch_${digest().slice(0, 32)}`,
    messageBatch: () => `msgbatch_01${word(22)}`,
  };
}
export type Ids = ReturnType<typeof idMaker>;

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz123456789';

/** Names the vendor's models API lists. */
export const namesOf = (vendor: Vendor): readonly string[] => NAMES[vendor];

const namesBy = (vendor: Vendor) => knownModels().flatMap(({ name, facts }) => (facts.vendor === vendor ? [name] : []));
const NAMES = { openai: namesBy('openai'), anthropic: namesBy('anthropic') };
