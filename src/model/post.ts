/**
 * Sends a body to an address of the operator's and says what came back; any status is an answer. Rejects
 * when none came in time. For exporters and alerts; calls to providers go through `Network`.
 */
export type Post = (letter: Letter) => Promise<PostAnswer>;

/** A body on its way to an address. */
export interface Letter {
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** 10,000 ms unless told. */
  readonly timeoutMs?: number;
}

/** What came back. */
export interface PostAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its first 64 KB. */
  readonly body: string;
}
