import type { Failure } from './failure.ts';
import type { Json } from './json.ts';
import type { Citation, DialectName, Extra, Part, Seal } from './part.ts';
import type { Usage } from './usage.ts';

/** A whole answer. Equal, by law, to the fold of the events that would have streamed it. */
export interface ModelReply {
  readonly id: string;
  /** The model that served it, in the provider's words. */
  readonly model: string;
  /** Unix seconds, where the wire says. */
  readonly createdS?: number;
  readonly parts: readonly Part[];
  readonly finish: Finish;
  readonly usage?: Usage;
  readonly extra?: Extra;
}

/** How an answer properly ended. */
export interface Finish {
  readonly reason: 'stop' | 'length' | 'toolCalls' | 'refused' | 'paused' | 'other';
  /** The provider's own word for it. */
  readonly wire?: string;
  /** The stop sequence that ended it, where the wire says (Messages). */
  readonly stop?: string;
}

/** One step of an answer being written. Parts open, grow and close; indices count from 0. */
export type ModelEvent =
  | {
      readonly type: 'start';
      readonly id: string;
      readonly model: string;
      readonly createdS?: number;
      readonly usage?: Usage;
      readonly extra?: Extra;
    }
  | { readonly type: 'open'; readonly index: number; readonly part: Part }
  | { readonly type: 'delta'; readonly index: number; readonly text: string }
  | { readonly type: 'amend'; readonly index: number; readonly with: Amendment }
  | { readonly type: 'close'; readonly index: number }
  | { readonly type: 'finish'; readonly finish: Finish; readonly usage?: Usage; readonly extra?: Extra }
  | { readonly type: 'fail'; readonly failure: Failure }
  /** Something only one dialect understands that belongs to no part, such as a ping or tomorrow's event. */
  | { readonly type: 'opaque'; readonly dialect: DialectName; readonly wire: Json };

/** What may still be learnt about an open part besides more text. `citation` adds one; the others replace. */
export interface Amendment {
  readonly seal?: Seal;
  readonly citation?: Citation;
  readonly extra?: Extra;
}
