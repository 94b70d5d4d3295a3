/** A request as it came off the wire. */
export interface SimulatedRequest {
  readonly method: string;
  /** With any query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Set when it is a line of a batch, and nobody waits for its answer. */
  readonly customId?: string;
}
