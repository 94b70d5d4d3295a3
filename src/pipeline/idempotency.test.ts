import assert from 'node:assert/strict';
import test from 'node:test';
import { inboundOf } from '../lanes/inbound.ts';
import type { Asking } from '../lanes/lane.ts';
import type { Attempt } from '../model/attempt.ts';
import type { Failure } from '../model/failure.ts';
import type { Sink } from '../model/sink.ts';
import { simulatedWorld } from '../world/simulated.ts';
import { createIdempotency } from './idempotency.ts';

const asking = (idempotencyKey: string, prompt = 'hi', key = 'ci'): Asking => ({
  inbound: inboundOf(
    'generate',
    'openai-chat',
    {},
    Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: prompt }] })),
  ),
  caller: { key },
  idempotencyKey,
});

/** Idempotency around calls whose answers the test gives by hand. */
function stage(limits: { windowMs?: number; bytesMax?: number } = {}) {
  const world = simulatedWorld();
  const calls: { asking: Asking; sink: Sink; left: boolean; done(failure?: Failure): void }[] = [];
  const idempotency = createIdempotency(world, { windowMs: 1000, bytesMax: 1_000_000, ...limits }, (asked, sink) => {
    const call = {
      asking: asked,
      sink,
      left: false,
      done(failure?: Failure) {
        const attempt = { ...(failure ? { failure } : { finish: { reason: 'stop' } }) } as Attempt;
        idempotency.settled({ callId: 'call_1', asking: asked, attempts: [attempt], overheadMs: 0 });
      },
    };
    calls.push(call);
    return { cancel: () => (call.left = true) };
  });
  return { world, calls, ask: (of: Asking) => hearing((sink) => idempotency.start(of, sink)) };
}

/** A caller, and what it hears; `slow` ones take one piece at a time. */
function hearing(start: (sink: Sink) => { cancel(): void }) {
  const heard: string[] = [];
  const reader = { takes: Number.POSITIVE_INFINITY, drained: () => {} };
  const running = start({
    head: (status, headers) => heard.push(`${status}${headers['x-headgate-idempotent-replay'] ? ' replay' : ''}`),
    write: (bytes) => {
      heard.push(Buffer.from(bytes).toString());
      reader.takes -= 1;
      return reader.takes > 0;
    },
    end: (bytes) => heard.push(`end ${bytes ? Buffer.from(bytes) : ''}`.trim()),
    fail: ({ kind, message }, headers) => heard.push(`fail ${kind}${headers['x-headgate-idempotent-replay'] ? ' replay' : ''}: ${message}`),
    onDrained: (work) => (reader.drained = work),
  });
  return { heard, reader, leave: () => running.cancel() };
}

const bytes = (text: string) => Buffer.from(text);

test('who asks again hears the same: what was said already, what follows, and all of it afterwards', () => {
  const { calls, ask } = stage();
  const first = ask(asking('k'));
  calls[0]!.sink.head(200, {});
  calls[0]!.sink.write(bytes('one '));
  const second = ask(asking('k'));
  assert.deepEqual(second.heard, ['200 replay', 'one ']);
  calls[0]!.sink.write(bytes('two '));
  calls[0]!.done();
  calls[0]!.sink.end(bytes('three'));
  const third = ask(asking('k'));
  assert.deepEqual(
    [first.heard, second.heard, third.heard],
    [
      ['200', 'one ', 'two ', 'end three'],
      ['200 replay', 'one ', 'two ', 'end three'],
      ['200 replay', 'end one two three'],
    ],
  );
  assert.equal(calls.length, 1);
});

test('another request under the key is refused; another caller’s key is its own', () => {
  const { calls, ask } = stage();
  ask(asking('k'));
  assert.deepEqual(ask(asking('k', 'other')).heard, ['fail reused: this idempotency key stands for another request: use a new one']);
  assert.deepEqual(ask(asking('k', 'other', 'somebody else')).heard, []);
  assert.equal(calls.length, 2);
});

test('one who leaves takes nothing from the others; with the last the call ends', () => {
  const { calls, ask } = stage();
  const [first, second] = [ask(asking('k')), ask(asking('k'))];
  calls[0]!.sink.head(200, {});
  first.leave();
  calls[0]!.sink.write(bytes('on'));
  assert.deepEqual([calls[0]!.left, first.heard, second.heard], [false, ['200'], ['200 replay', 'on']]);
  second.leave();
  second.leave();
  assert.equal(calls[0]!.left, true);
  ask(asking('k'));
  assert.equal(calls.length, 2);
});

const FAILED: readonly [string, Failure, boolean][] = [
  ['the provider’s refusal of the request is', { kind: 'invalid', message: 'no', status: 400 }, true],
  ['a refusal for safety is', { kind: 'filtered', message: 'no', status: 400 }, true],
  ['a refusal of our own is not', { kind: 'invalid', message: 'no' }, false],
  ['an overloaded provider is not', { kind: 'overloaded', message: 'no', status: 503 }, false],
  ['a limit is not', { kind: 'throttled', message: 'no', status: 429 }, false],
  ['a provider out of reach is not', { kind: 'unreachable', message: 'no' }, false],
  ['our key being wrong there is not', { kind: 'denied', message: 'no', status: 401 }, false],
];

for (const [what, failure, isKept] of FAILED) {
  test(`${what} kept as the answer`, () => {
    const { calls, ask } = stage();
    const [first, second] = [ask(asking('k')), ask(asking('k'))];
    calls[0]!.done(failure);
    calls[0]!.sink.fail(failure, {});
    assert.deepEqual([first.heard, second.heard], [[`fail ${failure.kind}: no`], [`fail ${failure.kind} replay: no`]]);
    const third = ask(asking('k'));
    assert.deepEqual([third.heard, calls.length], isKept ? [[`fail ${failure.kind} replay: no`], 1] : [[], 2]);
  });
}

test('an answer that was cut is not kept', () => {
  const { calls, ask } = stage();
  ask(asking('k'));
  calls[0]!.sink.head(200, {});
  calls[0]!.sink.write(bytes('half'));
  calls[0]!.done({ kind: 'interrupted', message: 'reset' });
  calls[0]!.sink.end(bytes('error'));
  ask(asking('k'));
  assert.equal(calls.length, 2);
});

test('when its window is over an answer is forgotten', () => {
  const { world, calls, ask } = stage({ windowMs: 1000 });
  ask(asking('k'));
  world.advance(5000);
  calls[0]!.done();
  calls[0]!.sink.head(200, {});
  calls[0]!.sink.end(bytes('x'));
  world.advance(999);
  assert.deepEqual(ask(asking('k')).heard, ['200 replay', 'end x']);
  world.advance(2);
  ask(asking('k'));
  assert.equal(calls.length, 2);
});

test('a reader who is behind holds up nobody, and hears it all in the end', () => {
  const { calls, ask } = stage();
  const [fast, slow] = [ask(asking('k')), ask(asking('k'))];
  slow.reader.takes = 1;
  const { sink } = calls[0]!;
  sink.head(200, {});
  assert.deepEqual([sink.write(bytes('a')), sink.write(bytes('b'))], [true, true]);
  calls[0]!.done();
  sink.end(bytes('c'));
  assert.deepEqual(
    [fast.heard, slow.heard],
    [
      ['200', 'a', 'b', 'end c'],
      ['200 replay', 'a'],
    ],
  );
  slow.reader.takes = 9;
  slow.reader.drained();
  assert.deepEqual(slow.heard, ['200 replay', 'a', 'b', 'end c']);
});

test('when all readers are behind the provider waits, until one of them has caught up', () => {
  const { calls, ask } = stage();
  const one = ask(asking('k'));
  one.reader.takes = 1;
  let resumed = 0;
  const { sink } = calls[0]!;
  sink.onDrained(() => (resumed += 1));
  sink.head(200, {});
  assert.equal(sink.write(bytes('a')), false);
  one.reader.takes = 9;
  one.reader.drained();
  assert.equal(resumed, 1);
});

test('kept answers stay within the memory given: the oldest go first', () => {
  const { calls, ask } = stage({ bytesMax: 10_000 });
  for (const key of ['a', 'b', 'c']) {
    ask(asking(key));
    calls.at(-1)!.done();
    calls.at(-1)!.sink.head(200, {});
    calls.at(-1)!.sink.end(Buffer.alloc(3000));
  }
  const again = ['c', 'b', 'a'].map((key) => ask(asking(key)).heard.length > 0);
  assert.deepEqual([again, calls.length], [[true, true, false], 4]);
});

test('an answer larger than all the memory given reaches its caller, is not held, and cannot be joined', () => {
  const { calls, ask } = stage({ bytesMax: 4000 });
  const first = ask(asking('k'));
  first.reader.takes = 1;
  const { sink } = calls[0]!;
  sink.head(200, {});
  assert.equal(sink.write(Buffer.alloc(3000)), false);
  assert.equal(sink.write(Buffer.alloc(3000)), false);
  assert.deepEqual(ask(asking('k')).heard, ['fail reused: the answer under this idempotency key is too large to be given twice']);
  first.reader.takes = 9;
  first.reader.drained();
  calls[0]!.done();
  sink.end();
  assert.equal(first.heard.slice(1).join('').length, 6000 + 'end'.length);
  ask(asking('k'));
  assert.equal(calls.length, 2);
});
