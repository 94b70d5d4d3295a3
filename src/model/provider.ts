import type { DialectName } from './part.ts';

/** An address that speaks one or more dialects, with keys: plain data. */
export interface Provider {
  readonly name: string;
  /** Dialects it speaks, preferred first. */
  readonly dialects: readonly DialectName[];
  /** Without a trailing slash; dialect paths are appended: OpenAI's ends in `/v1`, Anthropic's does not. */
  readonly baseUrl: string;
  /** Tried in turn; empty: the provider takes none. */
  readonly keys: readonly string[];
  /** Sent with every request, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** HTTP proxy address the requests go through. */
  readonly proxy?: string;
  readonly connectMs: number;
  /** From the request's last byte to the answer's first. */
  readonly firstByteMs: number;
  /** Longest silence inside an answer. */
  readonly stallMs: number;
  /** Most connections held open at once. */
  readonly connectionsMax: number;
  /** Whether streams may be asked for usage (`stream_options.include_usage`); some compatible servers refuse the field. */
  readonly includeUsage: boolean;
  /** Whose model rules apply when the catalogue does not know a model. */
  readonly vendor: 'openai' | 'anthropic' | 'other';
}
