/** When a second attempt is made beside one that is late. */
export interface Hedge {
  /** Share of calls, 0 to 1, that have their first content by the time a call counts as late. */
  readonly share: number;
  /** No earlier than this, in milliseconds, and at this while too few calls are known. */
  readonly afterMsMin: number;
}
