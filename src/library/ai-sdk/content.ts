import type { LanguageModelV4Content, LanguageModelV4FinishReason, LanguageModelV4Source, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Citation, Part } from '../../model/part.ts';
import type { Finish } from '../../model/reply.ts';
import { cacheWriteTokens, inputTokens, outputTokens, type Usage } from '../../model/usage.ts';
import { metadataOf } from './metadata.ts';

/** One part of an answer as the AI SDK's content; `id` tells its sources from those of other parts. */
export function contentOf(part: Part, id: string): LanguageModelV4Content[] {
  const { extra } = part;
  switch (part.type) {
    case 'text': {
      const { text, citations = [] } = part;
      const kept = metadataOf({ extra, citations: citations.length > 0 ? citations : undefined });
      return [{ type: 'text', text, ...kept }, ...sourcesOf(citations, id)];
    }
    case 'refusal':
      return [{ type: 'text', text: part.text, ...metadataOf({ extra, refusal: true }) }];
    case 'reasoning':
      return [{ type: 'reasoning', text: part.text, ...metadataOf({ extra, seal: part.seal }) }];
    case 'toolCall':
      return [
        {
          type: 'tool-call',
          toolCallId: part.id,
          toolName: part.name,
          input: part.custom ? JSON.stringify(part.arguments) : part.arguments || '{}',
          ...metadataOf({ extra, custom: part.custom }),
        },
      ];
    case 'media': {
      const { source, mediaType } = part;
      if ('base64' in source) return [{ type: 'file', mediaType, data: { type: 'data', data: source.base64 } }];
      if ('url' in source) return [{ type: 'file', mediaType, data: { type: 'url', url: new URL(source.url) } }];
      return [custom(part)];
    }
    case 'toolResult':
    case 'opaque':
      return [custom(part)];
    default:
      return part satisfies never;
  }
}

/** A part the AI SDK has no word for: it keeps it, and gives it back as it was. */
const custom = (part: Part): LanguageModelV4Content => ({ type: 'custom', kind: 'headgate.part', ...metadataOf({ part }) });

/** The web pages cited. */
export const sourcesOf = (citations: readonly Citation[], id: string): LanguageModelV4Source[] =>
  citations.flatMap((citation, index) =>
    citation.type === 'url'
      ? [
          {
            type: 'source',
            sourceType: 'url',
            id: `${id}-${index}`,
            url: citation.url,
            ...(citation.title !== undefined && { title: citation.title }),
          },
        ]
      : [],
  );

const REASONS = {
  stop: 'stop',
  length: 'length',
  toolCalls: 'tool-calls',
  refused: 'content-filter',
  paused: 'other',
  other: 'other',
} as const satisfies Record<Finish['reason'], LanguageModelV4FinishReason['unified']>;

export const finishReasonOf = ({ reason, wire }: Finish): LanguageModelV4FinishReason => ({ unified: REASONS[reason], raw: wire });

/** Tokens by kind; undefined where the provider did not say. */
export function usageOf(usage: Usage | undefined): LanguageModelV4Usage {
  if (!usage) {
    const unknown = undefined;
    return {
      inputTokens: { total: unknown, noCache: unknown, cacheRead: unknown, cacheWrite: unknown },
      outputTokens: { total: unknown, text: unknown, reasoning: unknown },
    };
  }
  const { tokens, reasoningTokens = 0, wire } = usage;
  const { cacheRead = 0 } = tokens;
  const cacheWrite = cacheWriteTokens(usage);
  const input = inputTokens(usage);
  const output = outputTokens(usage);
  return {
    inputTokens: { total: input, noCache: input - cacheRead - cacheWrite, cacheRead, cacheWrite },
    outputTokens: { total: output, text: output - reasoningTokens, reasoning: reasoningTokens },
    ...(wire && { raw: wire as never }),
  };
}
