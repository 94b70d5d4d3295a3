/**
 * Where an answer of ours may depart from the SDKs' declarations, by definition in
 * `test/schemas/sdk.json`, with the reason. Everything else must conform.
 */
export interface Relaxed {
  /** Declared as required, may be missing. */
  readonly optional?: readonly string[];
  /** Declared as never null, may be null. */
  readonly nullable?: readonly string[];
  /** May hold a value the declaration does not list. */
  readonly any?: readonly string[];
  /** Not declared, may be there. */
  readonly undeclared?: readonly string[];
  readonly why: string;
}

export const RELAXED: Readonly<Record<string, Relaxed>> = {
  'openai.ResponseCustomToolCall': { undeclared: ['status'], why: 'the API sends it, as in every other item' },
  'anthropic.InvalidRequestErrorObject': {
    undeclared: ['details'],
    why: 'the API sends error.details.error_code; the SDK leaves it untyped',
  },
  'anthropic.ErrorResponse': { optional: ['request_id'], why: 'an error inside a stream has none of its own' },
  'openai.Response': {
    optional: ['output_text', 'access_programs'],
    nullable: ['usage'],
    undeclared: ['store'],
    why: 'the API echoes store, though the SDK does not say so; output_text is computed by the SDK and is never on the wire; access_programs came in autumn 2026 and is absent before; usage is null until the answer is over',
  },
};

/** More of the same for requests, where the API takes less than the SDK's type for an echoed answer declares. */
export const RELAXED_WHEN_ASKED: Readonly<Record<string, Relaxed>> = {
  'anthropic.MessageCreateParamsNonStreaming': {
    undeclared: ['temperature', 'top_p', 'top_k'],
    why: 'models up to 4.6 still take them under the API version 2023-06-01, which the request then names; the SDK no longer does',
  },
  'anthropic.MessageCreateParamsStreaming': { undeclared: ['temperature', 'top_p', 'top_k'], why: 'as above' },
};
