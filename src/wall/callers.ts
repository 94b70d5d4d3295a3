import type { Vendor } from './texts.ts';

/** What a program that called through an official SDK is left with. */
export type Outcome =
  | {
      readonly type: 'answer';
      readonly text: string;
      readonly model: string | undefined;
      /** How the answer says that it ended; undefined: it does not, it only stops. */
      readonly finish: string | undefined;
      readonly usage: { readonly input: number; readonly output: number } | undefined;
    }
  | {
      readonly type: 'error';
      readonly status: number | undefined;
      readonly message: string;
      /** The gateway said so; else it is what the SDK says about what it could not read, or about a broken connection. */
      readonly told: boolean;
    }
  /** Neither an end nor an error in the time given. */
  | { readonly type: 'hang' };

/** Asks a model one question, streaming, and tells how the program fared. Never rejects. */
export type Ask = (model: string, signal: AbortSignal) => Promise<Outcome>;

/** Where the gateway is, and the key it wants. */
interface Address {
  /** Without `/v1`. */
  readonly url: string;
  readonly key: string;
}

/** The package each vendor's programs use. */
export const SDKS: Readonly<Record<Vendor, string>> = { openai: 'openai', anthropic: '@anthropic-ai/sdk' };

const PROMPT = 'Say sixty words.';

/** A caller through the vendor's official SDK, its own tries switched off. Rejects, saying how to install it, when the SDK is not there. */
export const callerOf = (vendor: Vendor, address: Address): Promise<Ask> => (vendor === 'openai' ? openai(address) : anthropic(address));

async function openai({ url, key }: Address): Promise<Ask> {
  const { default: OpenAI } = await import('openai').catch(missing('openai'));
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  return (model, signal) =>
    outcome(OpenAI, async () => {
      const stream = await client.chat.completions.create(
        { model, stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: PROMPT }] },
        { signal },
      );
      let text = '';
      let served: string | undefined;
      let finish: string | undefined;
      let usage: { input: number; output: number } | undefined;
      for await (const chunk of stream) {
        served = chunk.model || served;
        text += chunk.choices[0]?.delta.content ?? '';
        finish = chunk.choices[0]?.finish_reason ?? finish;
        if (chunk.usage) usage = { input: chunk.usage.prompt_tokens, output: chunk.usage.completion_tokens };
      }
      return { type: 'answer', text, model: served, finish, usage };
    });
}

async function anthropic({ url, key }: Address): Promise<Ask> {
  const { default: Anthropic } = await import('@anthropic-ai/sdk').catch(missing('@anthropic-ai/sdk'));
  const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
  return (model, signal) =>
    outcome(Anthropic, async () => {
      const stream = await client.messages.create(
        { model, stream: true, max_tokens: 1000, messages: [{ role: 'user', content: PROMPT }] },
        { signal },
      );
      let text = '';
      let served: string | undefined;
      let finish: string | undefined;
      let usage: { input: number; output: number } | undefined;
      for await (const event of stream) {
        if (event.type === 'message_start') {
          served = event.message.model;
          usage = { input: event.message.usage.input_tokens, output: event.message.usage.output_tokens };
        } else if (event.type === 'content_block_delta') text += event.delta.type === 'text_delta' ? event.delta.text : '';
        else if (event.type === 'message_delta') {
          finish = event.delta.stop_reason ?? finish;
          // Its counts are those of the whole answer: the prompt's may be known only here.
          usage = { input: event.usage.input_tokens ?? usage?.input ?? 0, output: event.usage.output_tokens };
        }
      }
      return { type: 'answer', text, model: served, finish, usage };
    });
}

async function outcome({ APIError, APIConnectionError }: Errors, ask: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await ask();
  } catch (error) {
    const told = error instanceof APIError && !(error instanceof APIConnectionError);
    const { status, message, error: body } = error as Error & { status?: number; error?: { error?: { message?: string } } };
    // Anthropic's SDK gives the whole body for a message.
    return { type: 'error', status, message: (told && body?.error?.message) || message, told };
  }
}

/** The classes of an SDK by which its programs tell what happened. */
interface Errors {
  readonly APIError: new (...args: never[]) => Error;
  readonly APIConnectionError: new (...args: never[]) => Error;
}

const missing = (name: string) => (): never => {
  throw new Error(`the wall calls through the official SDK ${name}, which is not installed: npm install ${name}`);
};
