import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { dialectOf } from '../../src/dialects/registry.ts';
import { type Frame, sseDecoder } from '../../src/dialects/sse.ts';
import { HeadgateError } from '../../src/model/failure.ts';
import { fold } from '../../src/model/fold.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { run } from '../../src/model/machine.ts';
import type { DialectName, Part } from '../../src/model/part.ts';
import type { ModelReply } from '../../src/model/reply.ts';
import { inputTokens, outputTokens } from '../../src/model/usage.ts';
import { NAMES } from '../support/fixtures.ts';
import { grammarProblems } from '../support/grammar.ts';
import { type Recorded, recorded, sample } from '../support/recorded.ts';
import { type Answer, NO_REPLAY, type Rig, startRig } from '../support/replay.ts';
import { problemsOf } from '../support/sdk-types.ts';

const REQUEST = {
  'openai-chat': 'ChatCompletionCreateParams',
  'openai-responses': 'ResponseCreateParams',
  'anthropic-messages': 'MessageCreateParams',
} as const;
const REPLY = { 'openai-chat': 'ChatCompletion', 'openai-responses': 'Response', 'anthropic-messages': 'Message' } as const;

/** The least a client of a dialect asks. */
const question = (dialect: DialectName, stream: boolean) => ({
  ...(dialect === 'openai-responses' ? { input: 'Hi' } : { messages: [{ role: 'user', content: 'Hi' }] }),
  ...(dialect === 'anthropic-messages' && { max_tokens: 100 }),
  ...(stream && { stream }),
  ...(stream && dialect === 'openai-chat' && { stream_options: { include_usage: true } }),
});

const framesOf = (sse: string): Frame[] => run(sseDecoder(), [sse]);
const read = (dialect: DialectName, said: string, streams: boolean): ModelReply =>
  streams ? fold(run(dialectOf(dialect).decodeStream(), framesOf(said))) : dialectOf(dialect).decodeReply(JSON.parse(said) as Json);

/** What a reader of an answer would compare, whatever the dialect. */
function gist({ parts, finish, usage }: ModelReply): Json {
  const refused = finish.reason === 'refused' || parts.some(({ type }) => type === 'refusal');
  return {
    text: parts.map((part) => (part.type === 'text' || part.type === 'refusal' ? part.text : '')).join(''),
    calls: parts.flatMap((part) => (part.type === 'toolCall' ? [{ name: part.name, input: inputOf(part) }] : [])),
    finish: refused ? 'refused' : SAID_AS_STOP.has(finish.reason) ? 'stop' : finish.reason,
    tokens: usage ? [inputTokens(usage), outputTokens(usage), usage.tokens.cacheRead ?? 0, usage.reasoningTokens ?? 0] : [0, 0, 0, 0],
  };
}
const SAID_AS_STOP = new Set(['paused', 'other']);

function inputOf({ arguments: text, custom }: Extract<Part, { type: 'toolCall' }>): Json {
  if (custom) return { input: text };
  try {
    // Messages has objects only: a call without arguments is `{}` there.
    return (JSON.parse(text || '{}') as Json) ?? {};
  } catch {
    return text;
  }
}

/** What the recording says; undefined when it is of a call that failed, or broke off. */
function truthOf({ dialect, reply, sse, complete }: Recorded): { readonly said: string; readonly reply: ModelReply } | undefined {
  const said = sse ?? (reply && JSON.stringify(reply));
  if (said === undefined || (sse !== undefined && !complete)) return undefined;
  try {
    return { said, reply: read(dialect, said, sse !== undefined) };
  } catch (error) {
    if (error instanceof HeadgateError) return undefined;
    throw error;
  }
}

function* translatedProblems(caller: DialectName, answer: Answer, streams: boolean, truth: ModelReply): Generator<string> {
  if (answer.status !== 200 || !answer.ended) {
    yield `status ${answer.status}, ended ${answer.ended}: ${answer.body.slice(0, 200)}`;
    return;
  }
  yield* streams ? grammarProblems(caller, framesOf(answer.body)) : problemsOf(REPLY[caller], JSON.parse(answer.body) as Json);
  const [got, want] = [gist(read(caller, answer.body, streams)), gist(truth)];
  if (!isDeepStrictEqual(got, want)) yield `said ${JSON.stringify(got)}, not ${JSON.stringify(want)}`.slice(0, 500);
  if (truth.parts.some(({ type }) => type === 'opaque') && !answer.body.includes('"headgate"')) yield 'lost parts in silence';
}

/** Every text of a request that is words, not structure. */
function* wordsIn(value: Json, key = ''): Generator<string> {
  if (typeof value === 'string' && WORDS.has(key) && value.trim() !== '') yield value;
  else if (value !== null && typeof value === 'object')
    for (const [field, child] of Object.entries(value)) yield* wordsIn(child, Array.isArray(value) ? key : field);
}
const WORDS = new Set([
  'content',
  'text',
  'instructions',
  'input',
  'output',
  'system',
  'description',
  'call_id',
  'tool_call_id',
  'tool_use_id',
]);
const leavesOf = (value: Json): string =>
  typeof value === 'string' ? `${value}\0` : value !== null && typeof value === 'object' ? Object.values(value).map(leavesOf).join('') : '';

/** What the upstream does to an answer on its way, and whether anyone should notice. */
const FAULTS: readonly (readonly [fault: string, harmless: boolean])[] = [
  ['split7', true],
  ['crlf', true],
  ['gzip', true],
  ['noct', true],
  ['split3+crlf', true],
  ['gzip+split7', true],
  ['cut1', false],
  ['cut500', false],
  ['cut1900', false],
  ['stall300', false],
  ['gzip+cut200', false],
  ['status529', false],
  ['html', false],
  ['nojson', false],
];

describe('recorded answers of real providers, through the gateway', { skip: NO_REPLAY }, () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  for (const from of NAMES) {
    test(`${from}: relayed byte for byte, and told whole in both other dialects`, async () => {
      const problems: string[] = [];
      const cases = recorded(from).flatMap((each) => {
        const truth = truthOf(each);
        return truth ? [{ ...each, truth }] : [];
      });
      for (const { id, request, sse, truth } of sample(cases, 150)) {
        const streams = sse !== undefined;
        const { stream: _, ...asked } = request ?? question(from, streams);
        const relayed = await rig.ask(from, from, `replay-${id}`, streams ? { ...asked, stream: true } : asked);
        if (relayed.body !== truth.said) problems.push(`${id} relayed: ${relayed.status} ${relayed.body.slice(0, 200)}`);
        for (const caller of NAMES.filter((name) => name !== from)) {
          const answer = await rig.ask(caller, from, `replay-${id}`, question(caller, streams));
          for (const problem of translatedProblems(caller, answer, streams, truth.reply)) problems.push(`${id} to ${caller}: ${problem}`);
        }
      }
      assert.deepEqual(problems.slice(0, 20), []);
    });

    test(`${from}: recorded requests reach the other dialects as their SDKs declare them, no word lost in silence`, async () => {
      const problems: string[] = [];
      for (const { id, provider, request, failure } of sample(recorded(from), 120)) {
        // What a compatible server's callers add to a request is not for others.
        if (!request || failure || provider.startsWith('compat')) continue;
        for (const to of NAMES.filter((name) => name !== from)) {
          rig.replay.requests.length = 0;
          const answer = await rig.ask(from, to, 'replay-cat-plain_text', request, { 'x-headgate-on-loss': 'allow' });
          const sent = rig.replay.requests.at(-1)?.body;
          if (!sent) {
            // Our own refusal says what is wrong; nothing was sent.
            if (answer.status !== 400) problems.push(`${id} to ${to}: ${answer.status} ${answer.body.slice(0, 200)}`);
            continue;
          }
          problems.push(...problemsOf(REQUEST[to], sent).map((problem) => `${id} to ${to}: ${problem}`));
          const arrived = leavesOf(sent);
          const lost = [...wordsIn(request)].filter((words) => !arrived.includes(words));
          if (lost.length > 0 && answer.headers.get('x-headgate-losses') === '0')
            problems.push(`${id} to ${to}: lost in silence: ${lost[0]!.slice(0, 80)}`);
        }
      }
      assert.deepEqual(problems.slice(0, 20), []);
    });

    test(`${from}: recorded errors are errors of the caller's own SDK, with what the provider said`, async () => {
      const failed = recorded(from).flatMap(({ id, failure }) => (failure ? NAMES.map((caller) => ({ id, failure, caller })) : []));
      await all(failed, async ({ id, failure, caller }) => {
        const answer = await rig.ask(caller, from, `replay-${id}`, question(caller, false));
        const error = errorOf(caller, answer);
        // What goes wrong between the gateway and its provider is not the caller's doing.
        const denied = failure.status === 401 || failure.status === 403;
        const kind = denied ? 5 : Math.floor(failure.status / 100);
        assert.equal(Math.floor(answer.status / 100), kind, `${id} to ${caller}: ${answer.status}`);
        const message = (JSON.parse(failure.body) as { error?: { message?: string } } | null)?.error?.message;
        if (!denied && message) assert.ok(error.message.includes(message), `${id} to ${caller}: ${error.message}, not ${message}`);
      });
    });

    for (const [fault, harmless] of FAULTS) {
      test(`${from}: ${fault} ${harmless ? 'changes nothing' : 'is an explicit error'}, for every caller`, async () => {
        const cases = [true, false].flatMap((streams) => {
          const { id, truth } = longOne(from, streams);
          return NAMES.map((caller) => ({ id, truth, streams, caller }));
        });
        await all(cases, async ({ id, truth, streams, caller }) => {
          const answer = await rig.ask(caller, from, `replay-${id}+${fault}`, question(caller, streams));
          const label = `${id} to ${caller}: ${answer.status} ${answer.body.slice(-200)}`;
          assert.ok(answer.ended, label);
          if (harmless && caller === from) assert.equal(answer.body, fault.includes('crlf') && streams ? crlf(truth.said) : truth.said);
          else if (harmless) assert.deepEqual([...translatedProblems(caller, answer, streams, truth.reply)], [], label);
          else if (answer.status !== 200) assert.ok(errorOf(caller, answer).message.length > 0, label);
          else {
            assert.match(answer.body, /"error":/, label);
            assert.throws(() => read(caller, answer.body, true), HeadgateError, label);
          }
        });
      });
    }
  }
});

/** An answer of the vendor's own that no fault below leaves whole. */
function longOne(dialect: DialectName, streams: boolean) {
  for (const each of recorded(dialect)) {
    const truth = (each.sse !== undefined) === streams && !each.provider.startsWith('compat') ? truthOf(each) : undefined;
    if (truth && truth.said.length > 2000) return { id: each.id, truth };
  }
  throw new Error(`no recording of ${dialect} is long enough`);
}

const crlf = (text: string) => text.replaceAll('\n', '\r\n');

const all = <T>(list: readonly T[], work: (each: T) => Promise<void>) => Promise.all(list.map(work));

/** The error an official SDK would throw for the answer. */
function errorOf(caller: DialectName, { status, headers, body }: Answer): Error {
  const Sdk = caller === 'anthropic-messages' ? Anthropic.APIError : OpenAI.APIError;
  const json = JSON.parse(body) as JsonObject;
  assert.equal(typeof (json['error'] as JsonObject)['message'], 'string', body);
  return Sdk.generate(status, caller === 'anthropic-messages' ? json : (json as never), undefined, headers) as Error;
}
