import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultPart,
  SharedV4Warning,
} from '@ai-sdk/provider';
import type { Json } from '../../model/json.ts';
import type { Citation, MediaSource, Part, Seal } from '../../model/part.ts';
import type { Turn } from '../../model/request.ts';
import { cacheIn, keptIn } from './metadata.ts';

/** The system messages at the top of a prompt. */
export function instructionsOf(prompt: LanguageModelV4Prompt): Part[] {
  const first = prompt.findIndex(({ role }) => role !== 'system');
  return prompt
    .slice(0, first < 0 ? prompt.length : first)
    .flatMap((message) =>
      message.role === 'system' ? [{ type: 'text', text: message.content, ...cacheIn(message.providerOptions) } as const] : [],
    );
}

/** A message as a turn; a mark for the cache on it counts for its last part. */
export function turnOf(message: LanguageModelV4Message, warnings: SharedV4Warning[]): Turn[] {
  const role = message.role === 'tool' ? 'user' : message.role;
  const parts =
    message.role === 'system'
      ? [{ type: 'text', text: message.content } as const]
      : message.content.flatMap((part) => partOf(part, message.role, warnings));
  if (parts.length === 0) return [];
  const mark = cacheIn(message.providerOptions);
  const last = parts.at(-1)!;
  return [{ role, parts: mark.cache && !last.cache ? [...parts.slice(0, -1), { ...last, ...mark }] : parts }];
}

type Content = Exclude<LanguageModelV4Message, { role: 'system' }>['content'][number];

/** What was kept of a part when it was given. */
interface Kept {
  readonly extra: Part['extra'];
  readonly seal: Seal;
  readonly citations: readonly Citation[];
  readonly refusal: true;
  readonly custom: true;
  readonly part: Part;
}

function partOf(content: Content, role: LanguageModelV4Message['role'], warnings: SharedV4Warning[]): Part[] {
  const { providerOptions } = content;
  const { extra, seal, citations, refusal, custom, part } = keptIn<Kept>(providerOptions);
  const more = { ...cacheIn(providerOptions), ...(extra && { extra }) };
  switch (content.type) {
    case 'text':
      if (refusal) return [{ type: 'refusal', text: content.text, ...more }];
      // The AI SDK puts an empty text in messages that are only calls; no vendor takes one.
      return content.text === '' && role === 'assistant'
        ? []
        : [{ type: 'text', text: content.text, ...(citations && { citations }), ...more }];
    case 'reasoning':
      return [{ type: 'reasoning', text: content.text, ...(seal && { seal }), ...more }];
    case 'file':
      return [{ ...mediaOf(content), ...more }];
    case 'tool-call': {
      const { toolCallId: id, toolName: name, input } = content;
      const written = custom && typeof input === 'string' ? input : JSON.stringify(input ?? {});
      return [{ type: 'toolCall', id, name, arguments: written, ...(custom && { custom }), ...more }];
    }
    case 'tool-result':
      return [{ ...resultOf(content, warnings), ...more }];
    case 'custom':
      if (part) return [part];
      warnings.push({ type: 'unsupported', feature: `content of kind ${content.kind}`, details: 'it is another provider’s own' });
      return [];
    case 'reasoning-file':
    case 'tool-approval-response':
      warnings.push({ type: 'unsupported', feature: content.type });
      return [];
    default:
      return content satisfies never;
  }
}

function mediaOf({ data, mediaType, filename }: Pick<LanguageModelV4FilePart, 'data' | 'mediaType' | 'filename'>): Part {
  return {
    type: 'media',
    mediaType: mediaType.includes('/') ? mediaType : `${mediaType}/*`,
    source: sourceOf(data),
    ...(filename !== undefined && { name: filename }),
  };
}

function sourceOf(data: LanguageModelV4FilePart['data']): MediaSource {
  switch (data.type) {
    case 'data':
      return { base64: typeof data.data === 'string' ? data.data : Buffer.from(data.data).toString('base64') };
    case 'url':
      return { url: data.originalUrl ?? String(data.url) };
    case 'text':
      return { text: data.text };
    case 'reference': {
      const { anthropic, ...others } = data.reference as Record<string, string>;
      if (anthropic !== undefined) return { fileId: anthropic, dialect: 'anthropic-messages' };
      return { fileId: Object.values(others)[0] ?? '', dialect: 'openai-responses' };
    }
    default:
      return data satisfies never;
  }
}

function resultOf({ toolCallId, output }: LanguageModelV4ToolResultPart, warnings: SharedV4Warning[]): Part {
  const result = (content: readonly Part[], isError = false): Part => ({
    type: 'toolResult',
    callId: toolCallId,
    content,
    ...(isError && { isError }),
  });
  const text = (said: string): Part[] => [{ type: 'text', text: said }];
  switch (output.type) {
    case 'text':
      return result(text(output.value));
    case 'json':
      return result(text(JSON.stringify(output.value satisfies unknown as Json)));
    case 'error-text':
      return result(text(output.value), true);
    case 'error-json':
      return result(text(JSON.stringify(output.value)), true);
    case 'execution-denied':
      return result(text(output.reason ?? 'the user did not allow this call'), true);
    case 'content':
      return result(
        output.value.flatMap((part): Part[] => {
          if (part.type === 'text') return text(part.text);
          if (part.type === 'file') return [mediaOf(part)];
          warnings.push({ type: 'unsupported', feature: 'custom content in a tool’s result' });
          return [];
        }),
      );
    default:
      return output satisfies never;
  }
}
