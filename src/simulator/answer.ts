/** An answer and how it goes: what is written when, and how it ends. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** From the request to the head, in milliseconds. */
  readonly headMs: number;
  /** The head never comes: the connection ends, or not, before it. */
  readonly headless?: true;
  readonly writes: readonly Write[];
  readonly end: 'end' | 'reset' | 'stall';
}

export interface Write {
  /** From the write before it, or the head, in milliseconds. */
  readonly afterMs: number;
  readonly bytes: Uint8Array;
}

/** Something an endpoint says, before faults and timing: its body in pieces that belong together, such as the events of a stream. */
export interface Said {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly (string | Uint8Array)[];
  readonly streamed: boolean;
  /** The error event of the format, for a stream that fails on the way. */
  readonly inStreamError?: (kind: 'overloaded' | 'error', sequence: number) => string;
}

export const jsonSaid = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Said => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  pieces: [JSON.stringify(body)],
  streamed: false,
});
