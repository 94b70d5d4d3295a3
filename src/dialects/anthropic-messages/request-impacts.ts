import type { Json } from '../../model/json.ts';
import type { Impact } from '../../model/loss.ts';
import type { Extra } from '../../model/part.ts';

/**
 * What is lost with fields Messages does not have. One that says what would happen anyway is no loss:
 * frameworks write `n: 1` and penalties of 0 into every request.
 */
export function requestImpacts(extra: Extra = {}): Readonly<Record<string, Impact>> {
  const chat = extra['openai-chat'] ?? {};
  const responses = extra['openai-responses'] ?? {};
  const unless = (fields: { readonly [field: string]: Json }, field: string, usual: Json, impact: Impact): Impact =>
    fields[field] === usual ? 'none' : impact;
  return {
    stream_options: 'none',
    include: 'none',
    n: unless(chat, 'n', 1, 'content'),
    web_search_options: 'content',
    previous_response_id: 'content',
    conversation: 'content',
    prompt: 'content',
    audio: 'content',
    modalities: isTextOnly(chat['modalities']) ? 'none' : 'content',
    background: unless(responses, 'background', false, 'behavior'),
    truncation: unless(responses, 'truncation', 'disabled', 'behavior'),
    logprobs: unless(chat, 'logprobs', false, 'behavior'),
    top_logprobs: 'none',
    frequency_penalty: unless(chat, 'frequency_penalty', 0, 'behavior'),
    presence_penalty: unless(chat, 'presence_penalty', 0, 'behavior'),
    prompt_cache_key: 'cost',
  };
}

const isTextOnly = (modalities: Json | undefined): boolean => Array.isArray(modalities) && modalities.every((each) => each === 'text');
