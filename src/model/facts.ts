/**
 * What is known of a model that changes what may be said to it. Codecs ask these instead of
 * comparing names; the table is in `catalogue/`.
 */
export interface ModelFacts {
  /** Whose rules apply. `other`: a compatible server, sent what Chat servers of 2024 understood. */
  readonly vendor: 'openai' | 'anthropic' | 'other';
  /** Longest prompt plus answer, in tokens. */
  readonly contextTokens?: number;
  /** Largest answer, reasoning included, in tokens. */
  readonly outputTokensMax?: number;
  /** Whether it reasons before it answers. */
  readonly reasons: boolean;
  /** Effort words it takes, weakest first; empty: it takes none. */
  readonly efforts: readonly string[];
  /** The effort it uses when none is asked for. */
  readonly effortDefault?: string;
  /** Which of Messages' `thinking.type` it takes. */
  readonly thinking: readonly ('adaptive' | 'enabled' | 'disabled' | 'between_tools')[];
  /** Temperature and top_p: taken; taken only with effort `none`; or refused. */
  readonly sampling: 'yes' | 'effortNone' | 'no';
  /** Whether stop sequences are taken. */
  readonly stop: boolean;
  /** Whether a tool call can be forced (`required`, a named tool). */
  readonly forcedToolChoice: boolean;
  /** Function tools on Chat Completions: yes; only with effort `none`; no. Otherwise they need Responses. */
  readonly toolsOnChat: 'yes' | 'effortNone' | 'no';
  /** Whether Chat Completions serves it at all. */
  readonly chat: boolean;
  /** Whether the answer may be begun by a trailing assistant turn. */
  readonly prefill: boolean;
  /** Whether Messages takes `role: system` inside the conversation. */
  readonly systemTurns: boolean;
  /** Whether a JSON Schema for the answer is taken natively. */
  readonly structuredOutput: boolean;
  /** Whether explicit cache breakpoints are taken. */
  readonly cacheMarks: boolean;
  /** Most pages of PDFs in one request; absent: not known, or limited by bytes alone. */
  readonly pdfPagesMax?: number;
  /** Shortest prompt that is cached, in tokens. */
  readonly cacheMinTokens?: number;
}
