import { isList, objectOf } from '../../../model/json.ts';
import type { Impact } from '../../../model/loss.ts';
import type { Extra } from '../../../model/part.ts';
import type { ModelReply } from '../../../model/reply.ts';
import type { Asked } from '../../dialect.ts';
import type { Losses } from '../../losses.ts';
import type { Leftovers } from './decode.ts';

/** The fields every Chat answer and every chunk of one begins with. */
export interface ReplyHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export const headOf = ({ id, createdS, model }: Pick<ModelReply, 'id' | 'createdS' | 'model'>, asked: Asked): ReplyHead => ({
  id: id.startsWith('chatcmpl-') ? id : `chatcmpl-${id}`,
  created: createdS ?? asked.nowS,
  model,
});

/** What an answer of this format left in the extra, sorted by where it goes back to; other dialects' fields become losses. */
export function leftoversOf(extra: Extra | undefined, losses: Losses): Leftovers {
  const { choice, message, choices, ...top } = losses.extra('', extra, IMPACTS);
  return { top, choice: objectOf(choice), message: objectOf(message), others: isList(choices) ? choices : [] };
}

/** What callers may notice of the fields other dialects' answers have beside their content; the rest echoes or describes. */
const IMPACTS: Readonly<Record<string, Impact>> = {
  // Messages
  type: 'none',
  role: 'none',
  stop_sequence: 'none',
  stop_details: 'none',
  container: 'none',
  diagnostics: 'none',
};
