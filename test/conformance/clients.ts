import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { ChatAnthropic } from '@langchain/anthropic';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { type AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, isStepCount, jsonSchema, type LanguageModel, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { fetchAt } from './way.ts';

/** A program of the kind people point at a gateway: an official SDK or a framework, unmodified. */
export interface Client {
  readonly name: string;
  /** One question, one answer. */
  ask(url: string, model: string, prompt: string, stream: boolean): Promise<string>;
  /** A tool loop of two rounds: calls, all results, the final words. */
  loop(url: string, model: string, prompt: string, stream: boolean): Promise<Loop>;
}

export interface Loop {
  /** The cities asked for, in order. */
  readonly cities: readonly string[];
  readonly text: string;
}

const description = 'The temperature in a city, in degrees Celsius.';
const parameters = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
  additionalProperties: false as const,
};
const weather = (city: string) => `${city.length} degrees in ${city}`;
const cityOf = (json: string) => (JSON.parse(json) as { city: string }).city;
const key = 'no-key-needed';

const openaiAt = (url: string) => new OpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: key, maxRetries: 0 });
const anthropicAt = (url: string) => new Anthropic({ baseURL: url, fetch: fetchAt(url), apiKey: key, maxRetries: 0 });

const openaiChat: Client = {
  name: 'openai chat',
  async ask(url, model, prompt, stream) {
    const body = { model, messages: [{ role: 'user' as const, content: prompt }] };
    const { chat } = openaiAt(url);
    const done = stream ? await chat.completions.stream(body).finalChatCompletion() : await chat.completions.create(body);
    return done.choices[0]!.message.content ?? '';
  },
  async loop(url, model, prompt, stream) {
    const { chat } = openaiAt(url);
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: prompt }];
    const cities: string[] = [];
    for (;;) {
      const body = { model, messages, tools: [{ type: 'function' as const, function: { name: 'weather', description, parameters } }] };
      const done = stream ? await chat.completions.stream(body).finalChatCompletion() : await chat.completions.create(body);
      const { message } = done.choices[0]!;
      messages.push(message);
      if (!message.tool_calls?.length) return { cities, text: message.content ?? '' };
      for (const call of message.tool_calls) {
        if (call.type !== 'function') throw new Error('not a function call');
        const city = cityOf(call.function.arguments);
        cities.push(city);
        messages.push({ role: 'tool', tool_call_id: call.id, content: weather(city) });
      }
    }
  },
};

const openaiResponses: Client = {
  name: 'openai responses',
  async ask(url, model, prompt, stream) {
    const { responses } = openaiAt(url);
    const body = { model, input: prompt };
    const done = stream ? await responses.stream(body).finalResponse() : await responses.create(body);
    return done.output_text;
  },
  async loop(url, model, prompt, stream) {
    const { responses } = openaiAt(url);
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: prompt }];
    const cities: string[] = [];
    for (;;) {
      const body = { model, input, tools: [{ type: 'function' as const, name: 'weather', description, parameters, strict: true }] };
      const done = stream ? await responses.stream(body).finalResponse() : await responses.create(body);
      const calls = (done.output as OpenAI.Responses.ResponseOutputItem[]).filter((item) => item.type === 'function_call');
      if (calls.length === 0) return { cities, text: done.output_text };
      input.push(...(done.output as OpenAI.Responses.ResponseInputItem[]));
      for (const call of calls) {
        const city = cityOf(call.arguments);
        cities.push(city);
        input.push({ type: 'function_call_output', call_id: call.call_id, output: weather(city) });
      }
    }
  },
};

const anthropicMessages: Client = {
  name: 'anthropic',
  async ask(url, model, prompt, stream) {
    const { messages } = anthropicAt(url);
    const body = { model, max_tokens: 2000, messages: [{ role: 'user' as const, content: prompt }] };
    const done = stream ? await messages.stream(body).finalMessage() : await messages.create(body);
    return textOf(done);
  },
  async loop(url, model, prompt, stream) {
    const { messages } = anthropicAt(url);
    const turns: Anthropic.MessageParam[] = [{ role: 'user', content: prompt }];
    const cities: string[] = [];
    for (;;) {
      const body = { model, max_tokens: 2000, messages: turns, tools: [{ name: 'weather', description, input_schema: parameters }] };
      const done = stream ? await messages.stream(body).finalMessage() : await messages.create(body);
      const calls = done.content.filter((block) => block.type === 'tool_use');
      if (calls.length === 0) return { cities, text: textOf(done) };
      turns.push({ role: 'assistant', content: done.content });
      const results = calls.map(({ id, input }): Anthropic.ToolResultBlockParam => {
        const { city } = input as { city: string };
        cities.push(city);
        return { type: 'tool_result', tool_use_id: id, content: weather(city) };
      });
      turns.push({ role: 'user', content: results });
    }
  },
};

const textOf = ({ content }: Anthropic.Message) => content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');

function vercel(name: string, modelAt: (url: string, model: string) => LanguageModel): Client {
  const run = async (url: string, model: string, prompt: string, stream: boolean, cities?: string[]) => {
    const options = {
      model: modelAt(url, model),
      prompt,
      maxRetries: 0,
      stopWhen: isStepCount(4),
      ...(cities && {
        tools: {
          weather: tool({
            description,
            inputSchema: jsonSchema<{ city: string }>(parameters),
            execute: async ({ city }) => {
              cities.push(city);
              return weather(city);
            },
          }),
        },
      }),
    };
    if (!stream) return (await generateText(options)).text;
    const failures: unknown[] = [];
    const running = streamText({ ...options, onError: ({ error }) => void failures.push(error) });
    const text = await running.text;
    if (failures.length > 0) throw failures[0];
    return text;
  };
  return {
    name,
    ask: run,
    async loop(url, model, prompt, stream) {
      const cities: string[] = [];
      const text = await run(url, model, prompt, stream, cities);
      return { cities, text };
    },
  };
}

function langchain(name: string, modelAt: (url: string, model: string) => BaseChatModel): Client {
  const weatherTool = langchainTool(({ city }: { city: string }) => weather(city), { name: 'weather', description, schema: parameters });
  const say = async (model: Pick<BaseChatModel, 'invoke' | 'stream'>, messages: BaseMessage[], stream: boolean) => {
    if (!stream) return (await model.invoke(messages)) as AIMessage;
    let whole: AIMessage | undefined;
    for await (const piece of await model.stream(messages))
      whole = whole ? (whole as never as { concat(m: unknown): AIMessage }).concat(piece) : (piece as never as AIMessage);
    if (!whole) throw new Error('the stream was empty');
    return whole;
  };
  return {
    name,
    ask: async (url, model, prompt, stream) => (await say(modelAt(url, model), [new HumanMessage(prompt)], stream)).text,
    async loop(url, model, prompt, stream) {
      const bound = modelAt(url, model).bindTools!([weatherTool]) as never as BaseChatModel;
      const messages: BaseMessage[] = [new HumanMessage(prompt)];
      const cities: string[] = [];
      for (;;) {
        const said = await say(bound, messages, stream);
        messages.push(said);
        if (!said.tool_calls?.length) return { cities, text: said.text };
        for (const call of said.tool_calls) {
          const city = call.args['city'] as string;
          cities.push(city);
          messages.push(new ToolMessage({ tool_call_id: call.id!, content: weather(city) }));
        }
      }
    },
  };
}

export const CLIENTS: readonly Client[] = [
  openaiChat,
  openaiResponses,
  anthropicMessages,
  vercel('ai sdk, openai chat', (url, model) => createOpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: key }).chat(model)),
  vercel('ai sdk, openai responses', (url, model) =>
    createOpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: key }).responses(model),
  ),
  vercel('ai sdk, anthropic', (url, model) => createAnthropic({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: key })(model)),
  langchain(
    'langchain, openai',
    (url, model) => new ChatOpenAI({ model, apiKey: key, maxRetries: 0, configuration: { baseURL: `${url}/v1`, fetch: fetchAt(url) } }),
  ),
  langchain(
    'langchain, anthropic',
    (url, model) =>
      new ChatAnthropic({
        model,
        apiKey: key,
        maxRetries: 0,
        maxTokens: 2000,
        anthropicApiUrl: url,
        clientOptions: { fetch: fetchAt(url) },
      }),
  ),
];
