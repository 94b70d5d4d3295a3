import type { OutgoingRequest } from '../model/exchange.ts';
import type { Failure } from '../model/failure.ts';
import type { LineAnswer } from './answer.ts';
import type { Answered } from './exchange.ts';

/** A request to a batch API, but for whose it is. */
export type BatchRequest = Pick<OutgoingRequest, 'method' | 'path' | 'headers'> & { readonly body?: Uint8Array };

/** A line on its way: by which name the vendor knows it, and what it asks. */
export interface VendorLine {
  readonly name: string;
  readonly body: Buffer;
  /** Features of the vendor's that it needs, with commas between. */
  readonly betas?: string | undefined;
}

/** What a vendor says of a batch of ours. */
export interface BatchStatus {
  readonly id: string;
  /** `failed`: refused as a whole after it was taken. */
  readonly state: 'running' | 'ended' | 'failed';
  /** What becomes of lines of which nothing is said. */
  readonly rest: 'cancelled' | 'expired' | 'errored';
  /** Where results are, in turn; empty until it has ended. */
  readonly results: readonly string[];
  /** Why it failed, line by line where that is told: places in the batch, from 0. */
  readonly errors: readonly { readonly line?: number; readonly message: string }[];
  /** Requests in it, as far as told; and whose it is, where it could be said when it was made. */
  readonly lines: number;
  readonly token?: string;
  readonly createdMs: number;
}

/** What of a result line is told: its name and what became of it. */
export interface VendorResult {
  readonly name: string;
  readonly outcome: LineAnswer | 'cancelled' | 'expired';
}

/** How one vendor's batch API is spoken to: requests made and answers read, nothing sent. */
export interface BatchVendor {
  /** Most lines and bytes of one batch. */
  readonly linesMax: number;
  readonly bytesMax: number;
  /** Whether lines of a batch must share a model. */
  readonly oneModel: boolean;
  /** Uploads the lines as a file first; absent: they go with the creation. */
  readonly upload?: (lines: readonly VendorLine[], endpoint: string, token: string) => BatchRequest;
  uploadedId?(answer: Answered): string;
  /** Finds the file of that token in a page of files; where the next page is. */
  readonly files?: { request(after: string | undefined): BatchRequest; read(answer: Answered, token: string): Page<string> };
  create(input: {
    readonly lines: readonly VendorLine[];
    readonly fileId: string | undefined;
    readonly endpoint: string;
    readonly token: string;
  }): BatchRequest;
  status(id: string): BatchRequest;
  readStatus(answer: Answered): BatchStatus;
  cancel(id: string): BatchRequest;
  /** Batches, newest first. */
  list(after: string | undefined): BatchRequest;
  readList(answer: Answered): Page<BatchStatus>;
  results(place: string): BatchRequest;
  /** Throws where a line is none. */
  readResult(line: Buffer): VendorResult;
  failure(answer: Answered, nowMs: number): Failure;
}

export interface Page<T> {
  readonly found: readonly T[];
  /** Names the last one; absent: there are no more. */
  readonly next?: string;
}
