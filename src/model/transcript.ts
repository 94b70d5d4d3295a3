/** What a caller sent and saw of one call, kept only where the operator asks for it. */
export interface Transcript {
  readonly callId: string;
  /** When its end was told, milliseconds since 1970. */
  readonly endedMs: number;
  /** Body of the request as the caller sent it, and of the answer as it was given; both may be cut. */
  readonly request: string;
  readonly answer: string;
  /** How long they were, in bytes, before they were cut. */
  readonly requestBytes: number;
  readonly answerBytes: number;
}
