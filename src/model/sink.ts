import type { Failure } from './failure.ts';

/**
 * Where an answer goes: an HTTP response, a `fetch` Response, an iterator. Either `fail`, or `head`
 * then any number of `write`s and one `end`.
 */
export interface Sink {
  head(status: number, headers: Readonly<Record<string, string>>): void;
  /** False when the reader is behind: nothing more should be written before `drained` is called back. */
  write(bytes: Uint8Array): boolean;
  end(bytes?: Uint8Array): void;
  /** Refuses before `head`, natively to the caller's dialect. `headers` are the call's own (`x-headgate-…`). */
  fail(failure: Failure, headers: Readonly<Record<string, string>>): void;
  /** Registers who wants to hear that the reader has caught up. */
  onDrained(work: () => void): void;
}

/** A call under way. */
export interface Running {
  /** The caller left: stops the attempt under way and books what was spent. */
  cancel(): void;
}
