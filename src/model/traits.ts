/** What a request contains and on whose account it comes, as far as preferences may ask for it. */
export interface Traits {
  /** Of the question, about. */
  readonly inputTokens: number;
  /** Function and provider's tools. */
  readonly tools: boolean;
  readonly stream: boolean;
  /** Pictures, those in tool results included. */
  readonly images: number;
  /** `detail` of each picture that is named one; `auto` of the others. */
  readonly imageDetails: readonly string[];
  readonly pdfs: number;
  /** Pages of all PDFs together; undefined where one of them cannot be counted: it is elsewhere, or locked. */
  readonly pdfPages: number | undefined;
  readonly audio: boolean;
  /** Whether the answer must fit a JSON Schema strictly. */
  readonly strictSchema: boolean;
  /** Whether the model is asked to think: an effort above `none`, or thinking not switched off. */
  readonly thinking: boolean;
  readonly feature: string | undefined;
  readonly user: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** The first of the caller's `accept-language`, lower case, such as `de-at`. */
  readonly language: string | undefined;
}
