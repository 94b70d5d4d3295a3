import { isObject, type Json } from '../model/json.ts';
import type { DialectName } from '../model/part.ts';
import { readJson } from './work-cases.ts';

/** What of a request was said on the command line. */
export interface RequestOptions {
  /** Absent: what the body looks like. */
  readonly dialect?: DialectName;
  /** In the place of the body's. */
  readonly model?: string;
}

/** A request's body from a file, or from standard input for `-`, and the format it is in. */
export async function readRequest(file: string, { dialect, model }: RequestOptions): Promise<{ dialect: DialectName; body: Buffer }> {
  const written = await readJson(file);
  const request = model === undefined || !isObject(written) ? written : { ...written, model };
  return { dialect: dialect ?? likelyDialect(request), body: Buffer.from(JSON.stringify(request)) };
}

/** What the body looks like: only Responses has `input`; only Messages names a system prompt, or media by `source`, beside the messages. */
function likelyDialect(request: Json): DialectName {
  if (!isObject(request)) return 'openai-chat';
  if ('input' in request) return 'openai-responses';
  return 'system' in request || /"(?:source|input_schema|cache_control|tool_use_id)":/.test(JSON.stringify(request))
    ? 'anthropic-messages'
    : 'openai-chat';
}
