import { isList, type JsonObject } from '../model/json.ts';
import type { Impact } from '../model/loss.ts';

/** What is lost with the fields only Responses has, at the values a caller gave them. */
export const responsesImpacts = (fields: JsonObject = {}): Readonly<Record<string, Impact>> => ({
  previous_response_id: 'content',
  conversation: 'content',
  prompt: 'content',
  background: fields['background'] === true ? 'behavior' : 'none',
  truncation: fields['truncation'] === 'disabled' ? 'none' : 'behavior',
  // The rest of what can be included belongs to hosted tools, or to thoughts, which come along unasked.
  include: isList(fields['include']) && fields['include'].includes('message.output_text.logprobs') ? 'behavior' : 'none',
  top_logprobs: Number(fields['top_logprobs'] ?? 0) > 0 ? 'behavior' : 'none',
});
