import type { Json } from '../../model/json.ts';
import type { Impact } from '../../model/loss.ts';
import type { Extra } from '../../model/part.ts';
import { responsesImpacts } from '../responses-impacts.ts';

/**
 * What is lost with fields Messages does not have. One that says what would happen anyway is no loss:
 * frameworks write `n: 1` and penalties of 0 into every request.
 */
export function requestImpacts(extra: Extra = {}): Readonly<Record<string, Impact>> {
  const chat = extra['openai-chat'] ?? {};
  const unless = (field: string, usual: Json, impact: Impact): Impact => (chat[field] === usual ? 'none' : impact);
  return {
    ...responsesImpacts(extra['openai-responses']),
    stream_options: 'none',
    n: unless('n', 1, 'content'),
    web_search_options: 'content',
    audio: 'content',
    modalities: isTextOnly(chat['modalities']) ? 'none' : 'content',
    logprobs: unless('logprobs', false, 'behavior'),
    frequency_penalty: unless('frequency_penalty', 0, 'behavior'),
    presence_penalty: unless('presence_penalty', 0, 'behavior'),
    prompt_cache_key: 'cost',
  };
}

const isTextOnly = (modalities: Json | undefined): boolean => Array.isArray(modalities) && modalities.every((each) => each === 'text');
