import { dialectOf } from '../../src/dialects/registry.ts';
import type { Frame } from '../../src/dialects/sse.ts';
import { FAILURES, type FailureKind, failureOf } from '../../src/model/failure.ts';
import { unfold } from '../../src/model/fold.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { run } from '../../src/model/machine.ts';
import type { DialectName } from '../../src/model/part.ts';
import { ALL_PAIRS, asked, eventsOf, framesOf, replyCases, requestCases, streamCases } from '../support/cases.ts';
import { ANYTHING, CLAUDE, COMPATIBLE, REASONER } from '../support/facts.ts';
import { NAMES } from '../support/fixtures.ts';
import { law } from '../support/law.ts';
import { problemsOf } from '../support/sdk-types.ts';

const TYPES: Readonly<
  Record<DialectName, { readonly request: string; readonly reply: string; readonly event: string; readonly error: string }>
> = {
  'openai-chat': { request: 'ChatCompletionCreateParams', reply: 'ChatCompletion', event: 'ChatCompletionChunk', error: 'OpenAIError' },
  'openai-responses': { request: 'ResponseCreateParams', reply: 'Response', event: 'ResponseStreamEvent', error: 'OpenAIError' },
  'anthropic-messages': { request: 'MessageCreateParams', reply: 'Message', event: 'RawMessageStreamEvent', error: 'AnthropicError' },
};

for (const [from, to] of ALL_PAIRS) {
  // Between two dialects every field is ours to answer for; within one, what the source said goes back even when the SDK does not
  // know it. A recorded request with words of a compatible server's own proves nothing.
  const exact = from !== to;

  law(`${from} requests become what the SDK sends as ${to}`, function* () {
    for (const { name: label, wire, ours } of requestCases(from, 200)) {
      if ((!ours || !exact) && problemsOf(TYPES[from].request, wire).length > 0) continue;
      for (const facts of [ANYTHING, CLAUDE, REASONER, COMPATIBLE]) {
        const out = attempt(() => dialectOf(to).encodeRequest(dialectOf(from).decodeRequest(wire), facts).wire);
        if (out) yield* problemsOf(TYPES[to].request, out, { exact }).map((problem) => `${label} for ${facts.vendor}: ${problem}`);
      }
    }
  });

  law(`${from} answers become what the SDK declares as ${to}`, function* () {
    for (const { name: label, wire, compatible } of replyCases(from, 200)) {
      if (compatible) continue;
      if (!exact && problemsOf(TYPES[from].reply, wire).length > 0) continue;
      const reply = dialectOf(from).decodeReply(wire);
      yield* problemsOf(TYPES[to].reply, dialectOf(to).encodeReply(reply, asked(to)).wire, { exact }).map(
        (problem) => `${label}: ${problem}`,
      );
      yield* framed(to, label, run(dialectOf(to).encodeStream(asked(to)), unfold(reply)), exact);
    }
  });

  law(`${from} streams become what the SDK declares as ${to}`, function* () {
    for (const { name: label, wire, compatible } of streamCases(from, 60)) {
      if (compatible) continue;
      if (!exact && foreign(from, label, wire)) continue;
      yield* framed(to, label, run(dialectOf(to).encodeStream(asked(to)), eventsOf(from, wire)), exact);
    }
  });
}

for (const name of NAMES) {
  const { encodeFailure, frameFailure, encodeCount } = dialectOf(name);

  law(`${name} failures of every kind are errors the SDK knows, whole and in a stream`, function* () {
    for (const kind of Object.keys(FAILURES) as FailureKind[]) {
      const failure = { kind, message: `it is ${kind}` };
      const { body, status } = encodeFailure(failure);
      if (status < 400) yield `${kind}: status ${status}`;
      yield* problemsOf(TYPES[name].error, JSON.parse(known(body)), { exact: true }).map((problem) => `${kind}: ${problem}`);
      const frame = JSON.parse(known(frameFailure(failure, 3).data)) as JsonObject;
      yield* frameProblems(name, frame).map((problem) => `${kind} in a stream: ${problem}`);
    }
  });

  if (encodeCount) {
    law(`${name} counts are what the SDK declares`, () =>
      problemsOf(name === 'openai-responses' ? 'ResponseInputTokens' : 'MessageTokensCount', encodeCount(12), { exact: true }),
    );
  }
}

/** Anthropic answers `request_too_large` to what is too large; the SDK goes by the status and does not declare the word. */
const known = (body: string): string => body.replace('"request_too_large"', '"invalid_request_error"');

/** Whether a stream is not what the SDK declares before we touch it. */
function foreign(name: DialectName, label: string, sse: string): boolean {
  try {
    return [...framed(name, label, framesOf(sse), false)].length > 0;
  } catch {
    return true;
  }
}

function* framed(name: DialectName, label: string, frames: readonly Frame[], exact: boolean): Generator<string> {
  for (const { data } of frames) {
    if (data === '[DONE]') continue;
    const wire = JSON.parse(data) as JsonObject;
    const kind = (wire['type'] ?? 'chunk') as string;
    const problems =
      wire['error'] !== undefined ? frameProblems(name, wire) : kind === 'ping' ? [] : problemsOf(TYPES[name].event, wire, { exact });
    yield* problems.map((problem) => `${label}: ${kind}: ${problem}`);
  }
}

/** An error in a running stream: as a body says it, but that Responses gives it a type and a number of its own. */
const frameProblems = (name: DialectName, wire: JsonObject): string[] =>
  name === 'openai-responses'
    ? [...problemsOf('ResponseStreamEvent', wire), ...problemsOf('OpenAIError', { error: wire['error'] as Json })]
    : problemsOf(TYPES[name].error, wire);

/** What was made, or nothing when it was refused; anything else is a bug. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (failureOf(error).kind === 'broken') throw error;
    return undefined;
  }
}
