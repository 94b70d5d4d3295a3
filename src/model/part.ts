import type { Json, JsonObject } from './json.ts';

/** A wire format an API speaks. The vendor is elsewhere: many vendors speak `openai-chat`. */
export type DialectName = 'anthropic-messages' | 'openai-chat' | 'openai-responses';

/** What a caller speaks; `canonical`: it calls in process, in the words of this folder. No provider speaks that. */
export type CallerDialect = DialectName | 'canonical';

/**
 * Fields only one dialect knows, kept verbatim under its name. A codec writes its own back and
 * reports the others as losses; a caller may fill them in to reach a vendor's newest option.
 */
export type Extra = { readonly [D in DialectName]?: JsonObject };

/**
 * Opaque proof a provider wants returned unchanged: a thinking signature, encrypted reasoning.
 * `redacted` marks one whose thought was never readable (Messages' `redacted_thinking`).
 */
export interface Seal {
  readonly by: DialectName;
  readonly data: string;
  readonly redacted?: true;
}

/** One piece of a turn, in order. A concept is a part once two dialects can say it. */
export type Part = PartBody & { readonly cache?: CacheMark; readonly extra?: Extra };

export type PartBody =
  | { readonly type: 'text'; readonly text: string; readonly citations?: readonly Citation[] }
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string; readonly seal?: Seal }
  | Media
  | ToolCall
  | {
      readonly type: 'toolResult';
      readonly callId: string;
      readonly content: readonly Part[];
      readonly isError?: boolean;
      /** Set when it answers a custom (free-text) tool. */
      readonly custom?: true;
    }
  | { readonly type: 'opaque'; readonly dialect: DialectName; readonly wire: Json };

/** An image, a document or a sound. */
export interface Media {
  readonly type: 'media';
  /** A MIME type such as `image/png` or `application/pdf`; `image/*`, `audio/*` or a bare `*` + `/*` when the wire does not say. */
  readonly mediaType: string;
  readonly source: MediaSource;
  /** File name or title, for documents. */
  readonly name?: string;
  /** How closely to look at an image: `auto`, `low`, `high`, `original`. */
  readonly detail?: string;
}

/** A call of a tool, as the model made it. */
export interface ToolCall {
  readonly type: 'toolCall';
  readonly id: string;
  readonly name: string;
  /** JSON text exactly as the model wrote it, even when broken; for a custom tool, its free text. */
  readonly arguments: string;
  /** Set when the tool takes free text instead of a JSON object. */
  readonly custom?: true;
}

export type MediaSource =
  | { readonly url: string }
  | { readonly base64: string }
  /** A plain-text document given as text. */
  | { readonly text: string }
  | { readonly fileId: string; readonly dialect: DialectName };

/** Where an answer's statement comes from. Only web pages can be said by more than one dialect. */
export type Citation =
  | {
      readonly type: 'url';
      readonly url: string;
      readonly title?: string;
      /** Character offsets into the part's text, end exclusive, where the wire gives them. */
      readonly start?: number;
      readonly end?: number;
      /** The passage cited, where the wire gives it. */
      readonly quote?: string;
      readonly extra?: Extra;
    }
  | { readonly type: 'opaque'; readonly dialect: DialectName; readonly wire: Json };

/** Everything up to and including this part is worth caching, for at least `ttlMinutes` (absent: the vendor's default). */
export interface CacheMark {
  readonly ttlMinutes?: number;
}
