import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate, type Headgate } from '../../src/headgate.ts';
import type { Exchange, Network, OutgoingRequest, Receiver } from '../../src/model/exchange.ts';
import type { Notice } from '../../src/model/notice.ts';

/** A provider whose answers wait until they are let go, each with the usage it is told. */
export interface HeldProvider {
  readonly network: Network;
  /** Requests that wait for an answer, oldest first. */
  readonly waiting: {
    readonly request: OutgoingRequest;
    answer(outputTokens: number): void;
    fail(status: number): void /** Writes the first words of a stream that goes on. */;
    begin(words: string): void;
  }[];
}

export function heldProvider(): HeldProvider {
  const waiting: HeldProvider['waiting'] = [];
  const send = (request: OutgoingRequest, receiver: Receiver): Exchange => {
    const entry = {
      request,
      answer: (outputTokens: number) => finish(200, completion(modelIn(request), outputTokens)),
      fail: (status: number) => finish(status, { error: { message: 'no', type: 'server_error', param: null, code: null } }),
      begin,
    };
    function begin(words: string): void {
      const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: modelIn(request) };
      receiver.onHead(200, { 'content-type': 'text/event-stream' });
      const choices = [{ index: 0, delta: { role: 'assistant', content: words }, finish_reason: null }];
      receiver.onData(Buffer.from(`data: ${JSON.stringify({ ...chunk, choices })}\n\n`));
    }
    function finish(status: number, body: object): void {
      waiting.splice(waiting.indexOf(entry), 1);
      receiver.onHead(status, { 'content-type': 'application/json', 'x-ratelimit-limit-requests': '30000' });
      receiver.onData(Buffer.from(JSON.stringify(body)));
      receiver.onEnd();
    }
    waiting.push(entry);
    return { asked: true, abort: () => void waiting.splice(waiting.indexOf(entry), 1), pause() {}, resume() {} };
  };
  return { network: { send }, waiting };
}

const modelIn = ({ body = Buffer.alloc(0) }: OutgoingRequest) => (JSON.parse(Buffer.from(body).toString()) as { model: string }).model;

const completion = (model: string, outputTokens: number) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model,
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 0, completion_tokens: outputTokens, total_tokens: outputTokens },
});

export interface Gateway {
  readonly headgate: Headgate;
  readonly provider: HeldProvider;
  readonly notices: Notice[];
  /** Asks for an answer of at most so many tokens of a model whose output costs $1 a thousand, and whose input is free. */
  ask(
    outputTokensMax: number,
    more?: { model?: string; headers?: Record<string, string>; path?: string; body?: object; signal?: AbortSignal },
  ): Promise<Response>;
  /** Resolves once so many requests wait at the provider. */
  arrived(count: number): Promise<void>;
  /** What budgets have spent and set aside, in tokens, once everything booked is written and nothing is kept ready. */
  sums(): Promise<Record<string, readonly [spent: number, held: number]>>;
}

/** A provider of the configuration, without its closing brace. */
export const PROVIDER = '{ dialect: openai-chat, vendor: openai, baseUrl: http://localhost/v1, apiKey: k';

/** A gateway, on a ledger in memory unless told; `rules` are lines of its configuration. */
export async function gateway(t: TestContext, rules: string, ledger = '{ file: ":memory:", journal: off }'): Promise<Gateway> {
  const read = readConfig(
    `
ledger: ${ledger}
${rules.includes('providers:') ? '' : `providers: { p: ${PROVIDER} }, q: ${PROVIDER} } }`}
prices: { p/m: { input: $0, output: $1000 }, q/m: { input: $0, output: $100 }, q/other: { input: $0, output: $1000 } }
defaults: { retry: { tries: 1 } }
${rules}`,
    {},
  );
  if ('problems' in read) assert.fail(read.problems.map(({ message }) => message).join('\n'));
  const provider = heldProvider();
  const notices: Notice[] = [];
  const headgate = await createHeadgate(read.config, { network: provider.network, onNotice: (notice) => notices.push(notice) });
  t.after(() => headgate.close());
  return {
    headgate,
    provider,
    notices,
    ask: (outputTokensMax, { model = 'p/m', headers = {}, path = '/v1/chat/completions', body = {}, signal } = {}) =>
      headgate.fetch(`http://headgate${path}`, {
        method: 'POST',
        headers,
        ...(signal && { signal }),
        body: JSON.stringify({ model, max_tokens: outputTokensMax, messages: [{ role: 'user', content: 'hi' }], ...body }),
      }),
    async arrived(count) {
      while (provider.waiting.length < count) await new Promise((resolve) => setImmediate(resolve));
    },
    async sums() {
      await headgate.ledger!.flush();
      const tokens = (money: bigint) => Number(money) / 1e9;
      const standings = await headgate.budgets();
      return Object.fromEntries(
        standings.map(({ budget, value, spent, held }) => [`${budget}${value && ` [${value}]`}`, [tokens(spent), tokens(held)]]),
      );
    },
  };
}
