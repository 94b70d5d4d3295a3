import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { HeadgateError } from '../../../model/failure.ts';
import { fold, unfold } from '../../../model/fold.ts';
import { chain, run } from '../../../model/machine.ts';
import type { ModelEvent, ModelReply } from '../../../model/reply.ts';
import type { Asked, Sighting } from '../../dialect.ts';
import { sseDecoder, sseText } from '../../sse.ts';
import { openaiChat } from '../index.ts';

const { decodeReply, decodeStream, encodeReply, encodeStream, observe } = openaiChat;

interface Recording {
  readonly name: string;
  readonly sse?: string;
  // biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
  readonly body?: any;
}

const fixture = (file: string): Recording =>
  file.endsWith('.sse')
    ? { name: path.basename(file), sse: readFileSync(file, 'utf8') }
    : { name: path.basename(file), body: JSON.parse(readFileSync(file, 'utf8')) };
// What a fixture becomes in another dialect (`NAME.to.DIALECT.json`) stands beside it.
const fixtures = globSync('fixtures/openai-chat/{reply,stream}/*', { exclude: ['**/*.to.*'] }).map(fixture);

const recordings = '../shared/recorded';
const recorded: Recording[] = existsSync(recordings)
  ? (JSON.parse(readFileSync(`${recordings}/index.json`, 'utf8')) as { file: string; endpoint: string; status: number }[])
      .filter(({ endpoint, status }) => endpoint === 'chat/completions' && status < 400)
      .map(({ file }) => {
        const { sse_text: sse, response_body: body } = JSON.parse(readFileSync(`${recordings}/${file}`, 'utf8'));
        return { name: file, ...(sse === undefined ? { body } : { sse }) };
      })
  : [];

const eventsOf = (sse: string): ModelEvent[] => run(chain(sseDecoder(), decodeStream()), [sse]);
const asked = (functions: boolean): Asked => ({
  nowS: 1_790_000_000,
  request: {
    model: 'm',
    turns: [],
    stream: true,
    extra: { 'openai-chat': { stream_options: { include_usage: true }, ...(functions && { functions: null }) } },
  },
  losses: [],
});

/** The reply a recording holds, or the failure it comes to. */
function heard({ sse, body }: Recording): ModelReply | HeadgateError {
  try {
    return sse === undefined ? decodeReply(body) : fold(eventsOf(sse));
  } catch (error) {
    assert.ok(error instanceof HeadgateError);
    return error;
  }
}

/** Up to what is written down in docs/dialects/openai-chat.md, and what streams cannot carry. */
function normal({ usage, parts, ...reply }: ModelReply, streamed: boolean) {
  return JSON.parse(
    JSON.stringify({
      ...reply,
      id: reply.id.startsWith('chatcmpl-') ? reply.id : `chatcmpl-${reply.id}`,
      createdS: reply.createdS || 1_790_000_000,
      finish: reply.finish.reason,
      usage: usage && [usage.tokens, usage.reasoningTokens],
      parts: parts.map((part) => {
        if (part.type === 'toolCall') return { ...part, arguments: part.arguments || '{}' };
        if (part.type === 'text' && streamed) return { ...part, citations: undefined };
        if (part.type === 'reasoning' && streamed) return { ...part, extra: undefined };
        return part;
      }),
    }),
  );
}

test('an answer survives its way through the canonical form, whole and streamed', () => {
  assert.ok(fixtures.length > 40);
  for (const recording of [...fixtures, ...recorded]) {
    const reply = heard(recording);
    // Ended without a word that Chat has: said as `stop`, and told; see reply/encode.test.ts.
    if (reply instanceof HeadgateError || reply.finish.reason === 'other') continue;
    assert.deepEqual(fold(unfold(reply)), reply, recording.name);
    const functions = reply.finish.wire === 'function_call';
    const { wire, losses } = encodeReply(reply, asked(functions));
    assert.deepEqual(
      losses.filter(({ impact }) => impact !== 'none'),
      [],
      recording.name,
    );
    assert.deepEqual(normal(decodeReply(wire), false), normal(reply, false), recording.name);
    const { extra: _, ...again } = normal(
      fold(
        eventsOf(
          run(encodeStream(asked(functions)), unfold(reply))
            .map(sseText)
            .join(''),
        ),
      ),
      true,
    );
    const { extra: __, ...before } = normal(reply, true);
    assert.deepEqual(again, before, recording.name);
  }
});

test('a stream adds up to the answer it streams', () => {
  const pairs = globSync('fixtures/openai-chat/stream/*.json', { exclude: ['**/*.to.*'] });
  assert.ok(pairs.length > 15);
  for (const file of pairs) {
    const { usage, ...reply } = decodeReply(fixture(file).body);
    const { usage: streamedUsage, ...streamed } = fold(eventsOf(fixture(file.replace('.json', '.sse')).sse!));
    assert.deepEqual(streamed, reply, file);
    assert.deepEqual(streamedUsage?.tokens, usage?.tokens, file);
  }
});

test('a stream means the same wherever it is cut', () => {
  for (const { name, sse } of fixtures) {
    if (!sse) continue;
    const whole = eventsOf(sse);
    for (const size of [1, 7, 64]) {
      const pieces: string[] = Array.from({ length: Math.ceil(sse.length / size) }, (_, i) => sse.slice(i * size, (i + 1) * size));
      assert.deepEqual(run(chain(sseDecoder(), decodeStream()), pieces), whole, name);
    }
  }
});

test('watching tells what decoding tells', () => {
  for (const recording of [...fixtures, ...recorded]) {
    const observer = observe(recording.sse !== undefined);
    const sightings =
      recording.sse === undefined ? [observer.see(Buffer.from(JSON.stringify(recording.body)))] : watched(recording.sse, observer.see);
    const reply = heard(recording);
    if (reply instanceof HeadgateError) {
      // A stream that just ends shows no failure of its own: that it was not finished shows in `finish`.
      assert.deepEqual(
        [observer.failure ?? reply.failure, observer.failure ? observer.finish : undefined],
        [reply.failure, undefined],
        recording.name,
      );
      continue;
    }
    assert.deepEqual(
      [observer.finish, observer.usage, observer.servedModel ?? ''],
      [reply.finish, reply.usage, reply.model],
      recording.name,
    );
    assert.equal(sightings.includes('fail'), false, recording.name);
    assert.ok(sightings.at(-1) === 'end' || !recording.sse?.includes('[DONE]'), recording.name);
  }
});

test('content is seen in the event where decoding first finds some', () => {
  for (const { name, sse } of [...fixtures, ...recorded]) {
    if (sse === undefined) continue;
    const decoder = chain(sseDecoder(), decodeStream());
    const first = blocksOf(sse).findIndex((block) => decoder.push(`${block}\n\n`).some(({ type }) => type === 'open' || type === 'fail'));
    const seen = watched(sse, observe(true).see).findIndex((sighting) => sighting === 'content' || sighting === 'fail');
    // Calls that wait for their name, and what is only added up, are content to a relay at once.
    assert.ok(first < 0 || (seen >= 0 && seen <= first), name);
  }
});

const blocksOf = (sse: string): string[] => sse.split(/\r?\n\r?\n/).filter((block) => block.trim() !== '');
const watched = (sse: string, see: (bytes: Buffer) => Sighting): Sighting[] => blocksOf(sse).map((block) => see(Buffer.from(block)));
