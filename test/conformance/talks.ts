import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { LossNote } from '../../src/dialects/losses.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { fetchAt } from './way.ts';

/** A tool as every dialect's caller can offer it. */
export interface OfferedTool {
  readonly name: string;
  readonly schema?: JsonObject;
  readonly strict?: boolean;
}

/** What one answer said, in words that are the same for every dialect, and as the SDK gave it. */
export interface Answer {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** The words of its thoughts, and the proofs on them. */
  readonly thoughts: readonly string[];
  readonly seals: readonly string[];
  /** `finish_reason`, `stop_reason`, or the status with its details. */
  readonly finish: string;
  readonly losses: readonly LossNote[];
  readonly wire: object;
}

/** A conversation by one official SDK, whose history is what the SDK gave, unchanged. */
export interface Talk {
  say(text: string): void;
  /** Results of the last answer's calls. */
  give(results: readonly { readonly id: string; readonly text: string; readonly isError?: boolean }[]): void;
  /** Asks and remembers the answer. `more` are fields of the caller's own dialect. */
  ask(model: string, more?: object): Promise<Answer>;
  /** The messages or items so far, to be tampered with. */
  readonly history: JsonObject[];
}

export interface TalkOptions {
  readonly stream?: boolean;
  readonly tools?: readonly OfferedTool[];
  readonly headers?: Readonly<Record<string, string>>;
}

export const openaiAt = (url: string) => new OpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k', maxRetries: 0 });
export const anthropicAt = (url: string) => new Anthropic({ baseURL: url, fetch: fetchAt(url), apiKey: 'k', maxRetries: 0 });

/** A conversation as each dialect's own SDK leads it. */
export const TALKS: Readonly<Record<DialectName, (url: string, options?: TalkOptions) => Talk>> = {
  'openai-chat': chatTalk,
  'openai-responses': responsesTalk,
  'anthropic-messages': messagesTalk,
};

const ANY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };

function chatTalk(url: string, { stream = false, tools, headers = {} }: TalkOptions = {}): Talk {
  const { chat } = openaiAt(url);
  const messages: OpenAI.ChatCompletionMessageParam[] = [];
  return {
    history: messages as unknown as JsonObject[],
    say: (content) => void messages.push({ role: 'user', content }),
    give: (results) => messages.push(...results.map(({ id, text }) => ({ role: 'tool' as const, tool_call_id: id, content: text }))),
    async ask(model, more) {
      const body = {
        model,
        messages,
        ...(tools && {
          tools: tools.map(({ name, schema = ANY, strict }) => ({
            type: 'function' as const,
            function: { name, parameters: schema, ...(strict !== undefined && { strict }) },
          })),
        }),
        ...more,
      };
      const done: OpenAI.ChatCompletion = stream
        ? await chat.completions.stream(body, { headers }).finalChatCompletion()
        : await chat.completions.create(body, { headers });
      const { message, finish_reason: finish } = done.choices[0]!;
      messages.push(message);
      const calls = (message.tool_calls ?? []).map((call) =>
        call.type === 'function'
          ? { id: call.id, name: call.function.name, arguments: call.function.arguments }
          : { id: call.id, name: call.custom.name, arguments: call.custom.input },
      );
      return { text: message.content ?? '', calls, thoughts: [], seals: [], finish, losses: lossesOf(done), wire: done };
    },
  };
}

function responsesTalk(url: string, { stream = false, tools, headers = {} }: TalkOptions = {}): Talk {
  const { responses } = openaiAt(url);
  const input: OpenAI.Responses.ResponseInputItem[] = [];
  return {
    history: input as unknown as JsonObject[],
    say: (content) => void input.push({ role: 'user', content }),
    give: (results) =>
      void input.push(...results.map(({ id, text }) => ({ type: 'function_call_output' as const, call_id: id, output: text }))),
    async ask(model, more) {
      const body = {
        model,
        input,
        ...(tools && {
          tools: tools.map(({ name, schema = ANY, strict = true }) => ({ type: 'function' as const, name, parameters: schema, strict })),
        }),
        ...more,
      };
      const done: OpenAI.Responses.Response = stream
        ? await responses.stream(body, { headers }).finalResponse()
        : await responses.create(body, { headers });
      input.push(...(done.output as OpenAI.Responses.ResponseInputItem[]));
      const of = <T extends string>(type: T) => done.output.filter((item): item is Extract<typeof item, { type: T }> => item.type === type);
      return {
        text: done.output_text,
        calls: [
          ...of('function_call').map((call) => ({ id: call.call_id, name: call.name, arguments: call.arguments })),
          ...of('custom_tool_call').map((call) => ({ id: call.call_id, name: call.name, arguments: call.input })),
        ],
        thoughts: of('reasoning').map(({ summary }) => summary.map(({ text }) => text).join('\n\n')),
        seals: of('reasoning').flatMap(({ encrypted_content: seal }) => seal ?? []),
        finish: [done.status, done.incomplete_details?.reason].filter(Boolean).join('/'),
        losses: lossesOf(done),
        wire: done,
      };
    },
  };
}

function messagesTalk(url: string, { stream = false, tools, headers = {} }: TalkOptions = {}): Talk {
  const client = anthropicAt(url);
  const messages: Anthropic.MessageParam[] = [];
  return {
    history: messages as unknown as JsonObject[],
    say: (content) => void messages.push({ role: 'user', content }),
    give: (results) =>
      void messages.push({
        role: 'user',
        content: results.map(({ id, text, isError }) => ({
          type: 'tool_result' as const,
          tool_use_id: id,
          content: text,
          ...(isError && { is_error: true }),
        })),
      }),
    async ask(model, more) {
      const body: Anthropic.MessageCreateParamsNonStreaming = {
        model,
        max_tokens: 4000,
        messages,
        ...(tools && {
          tools: tools.map(({ name, schema = ANY, strict }) => ({
            name,
            input_schema: schema as unknown as Anthropic.Tool.InputSchema,
            ...(strict !== undefined && { strict }),
          })),
        }),
        ...more,
      };
      const done = stream
        ? await client.messages.stream(body, { headers }).finalMessage()
        : await client.messages.create(body, { headers });
      messages.push({ role: 'assistant', content: done.content });
      const of = <T extends string>(type: T) =>
        done.content.filter((block): block is Extract<typeof block, { type: T }> => block.type === type);
      return {
        text: of('text')
          .map(({ text }) => text)
          .join(''),
        calls: of('tool_use').map(({ id, name, input }) => ({ id, name, arguments: JSON.stringify(input) })),
        thoughts: of('thinking').map(({ thinking }) => thinking),
        seals: [...of('thinking').map(({ signature }) => signature), ...of('redacted_thinking').map(({ data }) => data)],
        finish: done.stop_reason ?? '',
        losses: lossesOf(done),
        wire: done,
      };
    },
  };
}

/** The report inside an answer. */
export const lossesOf = (wire: object): readonly LossNote[] => (wire as { headgate?: { losses: LossNote[] } }).headgate?.losses ?? [];
