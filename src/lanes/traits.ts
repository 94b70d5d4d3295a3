import type { Media } from '../model/part.ts';
import type { ModelRequest } from '../model/request.ts';
import type { Traits } from '../model/traits.ts';
import type { Asking } from './lane.ts';
import { mediaIn } from './media-size.ts';
import { isPdf, pagesOf } from './pdf-pages.ts';
import { likelyInputTokens } from './size.ts';

/** What is asked, read piece by piece as somebody wants to know it: a preference by feature builds no document. Getters may throw `invalid`. */
export function traitsOf({ inbound, caller, language }: Pick<Asking, 'inbound' | 'caller' | 'language'>): Traits {
  let media: readonly Media[] | undefined;
  // Vectors are asked for in words, and their requests have no canonical form.
  const request = (): ModelRequest | undefined => (inbound.operation === 'embed' ? undefined : inbound.decode());
  const all = () => (media ??= mediaOf(request()));
  const images = () => all().filter(isImage);
  const pdfs = () => all().filter(isPdfMedia);
  return {
    get inputTokens() {
      return likelyInputTokens(inbound);
    },
    tools: inbound.head.hasTools,
    stream: inbound.head.stream,
    get images() {
      return images().length;
    },
    get imageDetails() {
      return images().map(({ detail = 'auto' }) => detail);
    },
    get pdfs() {
      return pdfs().length;
    },
    get pdfPages() {
      return pdfs().reduce<number | undefined>((sum, { source }) => {
        const pages = 'base64' in source ? pagesOf(source.base64) : undefined;
        return sum === undefined || pages === undefined ? undefined : sum + pages;
      }, 0);
    },
    get audio() {
      return all().some(({ mediaType }) => mediaType.startsWith('audio/'));
    },
    get strictSchema() {
      return isStrict(request(), inbound.dialect);
    },
    get thinking() {
      return thinks(request());
    },
    feature: caller.feature,
    user: caller.user,
    tags: caller.tags ?? {},
    language,
  };
}

const isImage = ({ mediaType }: Media) => mediaType.startsWith('image/');

const isPdfMedia = ({ mediaType, source, name = '' }: Media) =>
  mediaType === 'application/pdf' || ('base64' in source && isPdf(source.base64)) || (mediaType === '*/*' && /\.pdf$/i.test(name));

/** Messages holds every schema to the letter; OpenAI's formats where they say `strict`. */
const isStrict = (request: ModelRequest | undefined, dialect: string): boolean =>
  request?.output?.type === 'schema' && (request.output.strict ?? dialect === 'anthropic-messages');

const thinks = ({ reasoning }: Pick<ModelRequest, 'reasoning'> = {}): boolean =>
  reasoning !== undefined &&
  reasoning.mode !== 'off' &&
  reasoning.effort !== 'none' &&
  (reasoning.mode !== undefined || reasoning.effort !== undefined);

function mediaOf(request: ModelRequest | undefined): readonly Media[] {
  if (!request) return [];
  return mediaIn([...(request.instructions ?? []), ...request.turns.flatMap(({ parts }) => parts)]);
}
