import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { DialectName } from '../../src/model/part.ts';

/** What a caller's program got out of a stream so far. */
export interface Got {
  /** Everything it was told to add, piece by piece in order: each is what it belongs to, and the text. */
  readonly said: (readonly [what: string, text: string])[];
  /** How the answer said it ended, for each choice. */
  readonly ends: string[];
  /** Why the SDK raised, if it did. */
  raised?: unknown;
}

/** Reads a stream with each dialect's official SDK, to its end or until it raises. */
export const READERS: Readonly<Record<DialectName, (at: At, model: string) => Promise<Got>>> = {
  'openai-chat': (at, model) =>
    read(async (got) => {
      const stream = await openai(at).chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] }, at);
      for await (const { choices } of stream) {
        for (const { index, delta, finish_reason } of choices) {
          const { content, refusal, tool_calls = [] } = delta;
          if (content) got.said.push([`${index}`, content]);
          if (refusal) got.said.push([`${index} refusal`, refusal]);
          for (const call of tool_calls)
            got.said.push([`${index} call ${call.index}`, `${call.function?.name ?? ''}${call.function?.arguments ?? ''}`]);
          if (finish_reason) got.ends.push(`${index} ${finish_reason}`);
        }
      }
    }),
  'openai-responses': (at, model) =>
    read(async (got) => {
      const stream = await openai(at).responses.create({ model, stream: true, input: 'hi' }, at);
      for await (const event of stream) {
        if ('delta' in event && typeof event.delta === 'string') got.said.push([event.type, event.delta]);
        if (event.type === 'response.completed' || event.type === 'response.incomplete') got.ends.push(event.response.status ?? '');
        if (event.type === 'response.failed') throw new Error(event.response.error?.message);
      }
    }),
  'anthropic-messages': (at, model) =>
    read(async (got) => {
      const client = new Anthropic({ baseURL: at.url, apiKey: 'k', maxRetries: 0, ...(at.fetch && { fetch: at.fetch }) });
      const stream = await client.messages.create(
        { model, max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'hi' }] },
        at,
      );
      let ends: string | undefined;
      for await (const event of stream) {
        if (event.type === 'content_block_delta') got.said.push([`${event.index} ${event.delta.type}`, textOf(event.delta)]);
        if (event.type === 'message_delta') ends = event.delta.stop_reason ?? undefined;
        if (event.type === 'message_stop' && ends) got.ends.push(ends);
      }
    }),
};

/** Where a gateway is, and how it is reached. */
export interface At {
  readonly url: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly signal?: AbortSignal;
}

async function read(reading: (got: Got) => Promise<void>): Promise<Got> {
  const got: Got = { said: [], ends: [] };
  try {
    await reading(got);
  } catch (error) {
    got.raised = error;
  }
  return got;
}

const openai = ({ url, fetch }: At) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0, ...(fetch && { fetch }) });

function textOf(delta: Anthropic.RawContentBlockDelta): string {
  switch (delta.type) {
    case 'text_delta':
      return delta.text;
    case 'thinking_delta':
      return delta.thinking;
    case 'input_json_delta':
      return delta.partial_json;
    default:
      return '';
  }
}
