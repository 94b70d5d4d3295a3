import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { dialectOf } from '../../src/dialects/registry.ts';
import { fold, unfold } from '../../src/model/fold.ts';
import { run } from '../../src/model/machine.ts';
import { ALL_PAIRS, asked, eventsOf, framesOf, replyCases, streamCases } from '../support/cases.ts';
import { lawfulEvents } from '../support/events.ts';
import { NAMES } from '../support/fixtures.ts';
import { grammarProblems } from '../support/grammar.ts';
import { law } from '../support/law.ts';
import { orderProblems } from '../support/order.ts';

const RUNS = 400;

for (const name of NAMES) {
  const dialect = dialectOf(name);

  law(`events of ${name} streams come in order and end once`, function* () {
    for (const { name: label, wire } of streamCases(name))
      yield* orderProblems(eventsOf(name, wire)).map((problem) => `${label}: ${problem}`);
  });

  law(`a ${name} stream broken off anywhere still ends once, as a failure`, function* () {
    for (const { name: label, wire } of streamCases(name, 5)) {
      const frames = framesOf(wire);
      const whole = eventsOf(name, wire);
      for (let length = 0; length < frames.length; length += Math.ceil(frames.length / 40)) {
        const events = run(dialect.decodeStream(), frames.slice(0, length));
        yield* orderProblems(events).map((problem) => `${label}, first ${length} frames: ${problem}`);
        const end = events.at(-1);
        // A format may have said everything a few frames before its last.
        if (end?.type === 'finish' && JSON.stringify(end.finish) !== JSON.stringify(whole.findLast(({ type }) => type === 'finish'))) {
          if (frames.length - length > 3) yield `${label}: finished after ${length} of ${frames.length} frames`;
        }
      }
    }
  });

  test(`${name} can be written from any lawful events, and what is written is lawful`, () => {
    fc.assert(
      fc.property(lawfulEvents(), (events) => {
        const frames = run(dialect.encodeStream(asked(name)), events);
        assert.deepEqual(grammarProblems(name, frames), []);
        const again = run(dialect.decodeStream(), frames);
        assert.deepEqual(orderProblems(again), []);
        assert.equal(again.at(-1)?.type, events.at(-1)?.type);
      }),
      { numRuns: RUNS, seed: 7 },
    );
  });

  test(`${name} frames are written as soon as they can be: a prefix of the events writes a prefix of the frames`, () => {
    fc.assert(
      fc.property(lawfulEvents(), fc.nat(30), (events, length) => {
        const write = (some: typeof events) => {
          const encoder = dialect.encodeStream(asked(name));
          return some.flatMap((event) => encoder.push(event));
        };
        const prefix = write(events.slice(0, length));
        assert.deepEqual(write(events).slice(0, prefix.length), prefix);
      }),
      { numRuns: RUNS / 4, seed: 7 },
    );
  });

  test(`text written as a ${name} stream is all there when it is read again`, () => {
    fc.assert(
      fc.property(lawfulEvents({ whole: true }), (events) => {
        fc.pre(!events.some((event) => event.type === 'open' && event.part.type === 'refusal'));
        const again = fold(run(dialect.decodeStream(), run(dialect.encodeStream(asked(name)), events)));
        assert.equal(textOf(again.parts), textOf(fold(events).parts));
      }),
      { numRuns: RUNS / 4, seed: 7 },
    );
  });
}

const textOf = (parts: ReturnType<typeof fold>['parts']): string => parts.map((part) => (part.type === 'text' ? part.text : '')).join('');

for (const [from, to] of ALL_PAIRS) {
  law(`${from} answers become lawful ${to} streams`, function* () {
    const { decodeReply } = dialectOf(from);
    const { encodeStream } = dialectOf(to);
    for (const { name: label, wire } of replyCases(from, 150)) {
      yield* grammarProblems(to, run(encodeStream(asked(to)), unfold(decodeReply(wire)))).map((problem) => `${label}: ${problem}`);
    }
    for (const { name: label, wire } of streamCases(from, 80)) {
      yield* grammarProblems(to, run(encodeStream(asked(to)), eventsOf(from, wire))).map((problem) => `${label}: ${problem}`);
    }
  });
}
