/** Tokens as Chat Completions counts them. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number };
}

/** What one chunk of a Chat Completions stream says, as far as a terminal shows it. */
export interface Step {
  readonly text?: string;
  readonly usage?: Usage;
  /** Why it ended, as OpenAI says it. */
  readonly finish?: string;
  readonly failure?: string;
}

/** Reads a Chat Completions stream. One that ends without its `[DONE]` ends with a failure: half an answer must not pass for a whole one. */
export async function* deltas(body: ReadableStream<Uint8Array>): AsyncGenerator<Step> {
  const decoder = new TextDecoder();
  let buffer = '';
  for await (const bytes of body) {
    buffer += decoder.decode(bytes, { stream: true });
    const lines = buffer.split('\n');
    buffer = lines.pop()!;
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      const data = line.slice(5).trim();
      if (data === '[DONE]') return;
      yield stepOf(JSON.parse(data) as Chunk);
    }
  }
  yield { failure: 'the connection closed before its end' };
}

interface Chunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null; readonly refusal?: string | null };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: Usage | null;
  readonly error?: { readonly message?: string };
}

function stepOf({ choices, usage, error }: Chunk): Step {
  const delta = choices?.[0]?.delta;
  const text = delta?.content ?? delta?.refusal;
  const finish = choices?.[0]?.finish_reason;
  return {
    ...(text && { text }),
    ...(usage && { usage }),
    ...(finish && { finish }),
    ...(error && { failure: error.message ?? 'no reason given' }),
  };
}
