import type { ModelFacts } from '../../../model/facts.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { Media, Part } from '../../../model/part.ts';
import { dataUrl } from '../../data-url.ts';
import { withoutContext } from '../../document-context.ts';
import type { Losses } from '../../losses.ts';
import { encodeAnnotations } from '../annotations.ts';
import { dropMark, encodeMark } from '../cache-mark.ts';
import { present } from '../fields.ts';
import type { TextType } from './decode-content.ts';

/** What the encoders of one request share. */
export interface Context {
  readonly facts: ModelFacts;
  readonly losses: Losses;
  /** Whether the request was asked in this dialect: then what it left unsaid stays unsaid. */
  readonly native: boolean;
  /** The name a tool goes by here. */
  readonly nameOf: (name: string) => string;
  /** Ids of the calls of custom tools: other dialects' results do not say whose they are. */
  readonly customCalls: ReadonlySet<string>;
}

type ContentPart = Extract<Part, { type: 'text' | 'refusal' | 'media' | 'opaque' }>;

/** Whether the part can stand inside a message or a tool's output; others are items of their own. */
export const isContent = (part: Part): part is ContentPart =>
  part.type === 'text' || part.type === 'refusal' || part.type === 'media' || part.type === 'opaque';

/** A part as content of a message or tool output; nothing when the format has none for it. `own`: its extra of this dialect. */
export function encodeContent(part: Part, own: JsonObject, path: string, spoken: TextType, context: Context): JsonObject[] {
  const { losses, native } = context;
  switch (part.type) {
    case 'text': {
      if (!native && part.citations?.length)
        losses.dropped(`${path}.citations`, part.citations, 'behavior', 'openai-responses takes citations only with items of its own');
      if (!native) return [{ type: spoken, text: part.text, ...marked(part, path, spoken, context), ...own }];
      const annotations = encodeAnnotations(part.citations ?? [], part.text, path, losses, 'behavior');
      const cited = annotations.length > 0 && spoken === 'output_text' ? { annotations } : {};
      return [{ type: spoken, text: part.text, ...cited, ...marked(part, path, spoken, context), ...own }];
    }
    case 'refusal':
      dropMark(part.cache, path, losses, 'refusals');
      if (!native) {
        losses.changed(path, 'refusal', 'none', 'openai-responses takes refusals only with items of its own: sent as text');
        return [{ type: spoken, text: part.text, ...own }];
      }
      return [{ type: 'refusal', refusal: part.text, ...own }];
    case 'media':
      return encodeMedia(part, own, path, spoken, context);
    case 'opaque':
      if (part.dialect === 'openai-responses') return [part.wire as JsonObject];
      losses.dropped(path, part.wire, 'content', `only ${part.dialect} understands this part`);
      return [];
    default:
      losses.dropped(path, part, 'content', `openai-responses has no ${part.type} here`);
      return [];
  }
}

function marked(part: Part, path: string, spoken: TextType, { facts, losses }: Context): JsonObject {
  if (!part.cache) return {};
  if (spoken === 'input_text' && facts.cacheMarks) return encodeMark(part.cache, path, losses);
  dropMark(part.cache, path, losses, spoken === 'input_text' ? 'this model' : 'what the model said');
  return {};
}

function encodeMedia(part: Media & Part, own: JsonObject, path: string, spoken: TextType, context: Context): JsonObject[] {
  const { losses } = context;
  const kind = kindOf(part.mediaType, own);
  if (spoken === 'output_text' || kind === 'audio') {
    losses.dropped(
      path,
      part,
      'content',
      spoken === 'output_text' ? `openai-responses takes no ${kind} from the assistant` : 'openai-responses takes no audio',
    );
    return [];
  }
  if ('fileId' in part.source && part.source.dialect === 'anthropic-messages') {
    losses.dropped(path, part, 'content', 'a file stored at Anthropic cannot be read by OpenAI');
    return [];
  }
  const mark = marked(part, path, spoken, context);
  const { context: about } = withoutContext(part.extra);
  const heading = [part.name, about].filter((line) => line !== undefined).join('\n');
  if (about !== undefined)
    losses.changed(
      `${path}.extra.anthropic-messages.context`,
      about,
      'behavior',
      'openai-responses has no context: told in text before it',
    );
  if ('text' in part.source) return [{ ...encodePlainText(part.source.text, part.name, heading, path, losses), ...mark, ...own }];
  const before = about === undefined ? [] : [{ type: 'input_text', text: heading }];
  return [...before, { ...(kind === 'image' ? encodeImage(part, path, context) : encodeFile(part, context)), ...mark, ...own }];
}

function kindOf(mediaType: string, own: JsonObject): 'image' | 'audio' | 'document' {
  if (own['type'] === 'input_file') return 'document';
  return mediaType.startsWith('image/') ? 'image' : mediaType.startsWith('audio/') ? 'audio' : 'document';
}

function encodeImage({ mediaType, source, name, detail }: Media, path: string, { native, losses }: Context): JsonObject {
  if (name !== undefined) losses.dropped(`${path}.name`, name, 'none', 'openai-responses names no images');
  return present({
    type: 'input_image',
    image_url: urlOf(mediaType, source),
    file_id: 'fileId' in source ? source.fileId : undefined,
    // The types want it said; `auto` is what an unsaid one means.
    detail: detail ?? (native ? undefined : 'auto'),
  });
}

function encodeFile({ mediaType, source, name, detail }: Media, { native }: Context): JsonObject {
  const inline = 'base64' in source;
  return present({
    type: 'input_file',
    // OpenAI refuses file data without a name.
    filename: name ?? (inline && !native ? `document.${mediaType === 'application/pdf' ? 'pdf' : 'txt'}` : undefined),
    file_data: inline ? (mediaType === '*/*' ? source.base64 : dataUrl(mediaType, source.base64)) : undefined,
    file_url: 'url' in source ? source.url : undefined,
    file_id: 'fileId' in source ? source.fileId : undefined,
    detail,
  });
}

function urlOf(mediaType: string, source: Media['source']): string | undefined {
  if ('url' in source) return source.url;
  return 'base64' in source ? dataUrl(mediaType, source.base64) : undefined;
}

/** A document given as text is read as text; what is said of it goes above. */
function encodePlainText(text: string, name: string | undefined, heading: string, path: string, losses: Losses): JsonObject {
  if (name !== undefined)
    losses.changed(`${path}.name`, name, 'behavior', 'openai-responses has no titled text documents: the title stands above the text');
  return { type: 'input_text', text: heading === '' ? text : `${heading}\n\n${text}` };
}

/** The shortest way to say it: a string for one plain text. */
export function shortest(content: readonly JsonObject[]): Json {
  const [only] = content;
  const plain = content.length === 1 && only!['type'] === 'input_text' && Object.keys(only!).length === 2;
  return plain ? only!['text']! : content;
}
