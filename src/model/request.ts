import type { JsonObject } from './json.ts';
import type { CacheMark, Extra, Part } from './part.ts';

/** What is asked of a model, free of any one dialect. */
export interface ModelRequest {
  /** The public name the caller used; routing turns it into a target's own model id. */
  readonly model: string;
  /** The system prompt where it stands apart from the conversation: Messages' `system`, Responses' `instructions`. */
  readonly instructions?: readonly Part[];
  /** One per wire message or input item, in order: `turns[i]` is the caller's `messages[i]` or `input[i]`. */
  readonly turns: readonly Turn[];
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly output?: OutputFormat;
  readonly reasoning?: Reasoning;
  readonly sampling?: Sampling;
  readonly maxOutputTokens?: number;
  readonly settings?: Settings;
  /** Cache the whole prefix without saying where: Messages' top-level `cache_control`. */
  readonly cache?: CacheMark;
  readonly stream: boolean;
  readonly extra?: Extra;
}

/** One message as its sender framed it; neighbours with one role mean the same as one longer turn. */
export interface Turn {
  readonly role: 'system' | 'developer' | 'user' | 'assistant';
  readonly parts: readonly Part[];
  readonly extra?: Extra;
}

/** A tool the model may call. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments object; absent for a custom tool, and where the caller gave none. */
  readonly parameters?: JsonObject;
  /** Whether arguments must fit the schema; absent: the dialect's default (Chat and Messages no, Responses try). */
  readonly strict?: boolean;
  /** Set for a tool that takes free text; `format` is its grammar in Responses' flat form. */
  readonly custom?: { readonly format?: JsonObject };
  readonly cache?: CacheMark;
  readonly extra?: Extra;
}

/** Whether and which tools are to be called. */
export interface ToolChoice {
  /** Absent: the dialect's default (`auto` when there are tools). */
  readonly mode?: 'auto' | 'none' | 'required' | { readonly tool: string; readonly custom?: true };
  readonly parallel?: boolean;
  /** Only these of the tools may be called (OpenAI's `allowed_tools`). */
  readonly allowed?: readonly string[];
  readonly extra?: Extra;
}

export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | {
      readonly type: 'schema';
      readonly schema: JsonObject;
      readonly name?: string;
      readonly description?: string;
      readonly strict?: boolean;
    };

/** How hard to think, and whether it shows. */
export interface Reasoning {
  /** `budget` goes with `budgetTokens`; `adaptive`, `off`, `betweenTools` are Messages' `thinking.type`. OpenAI's effort `none` stays an effort. */
  readonly mode?: 'adaptive' | 'off' | 'betweenTools' | 'budget';
  readonly budgetTokens?: number;
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`. */
  readonly effort?: string;
  /** Whether thoughts are shown: Messages' `display` (`summarized`, `omitted`), Responses' `summary` (`auto`, `concise`, `detailed`). */
  readonly show?: string;
  readonly extra?: Extra;
}

/** How words are drawn; absent: as the model does by itself. */
export interface Sampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly stop?: readonly string[];
}

/** What surrounds the question: who pays attention, how soon, what is kept. Named after OpenAI's fields; two dialects know each. */
export interface Settings {
  /** `service_tier` in OpenAI's words; Messages' `standard_only` is `default`, its `speed: fast` is `fast`. */
  readonly tier?: string;
  readonly store?: boolean;
  readonly verbosity?: string;
  readonly metadata?: JsonObject;
  /** The end user, for abuse detection: OpenAI's `safety_identifier`, Messages' `metadata.user_id`. */
  readonly safetyId?: string;
  /** OpenAI's older `user`. */
  readonly user?: string;
  readonly cacheKey?: string;
  readonly cacheOptions?: JsonObject;
  readonly cacheRetention?: string;
}
