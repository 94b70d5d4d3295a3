import { isDeepStrictEqual } from 'node:util';
import { dialectOf } from '../../src/dialects/registry.ts';
import { run } from '../../src/model/machine.ts';
import type { ModelEvent } from '../../src/model/reply.ts';
import { asked } from '../support/cases.ts';
import { failures, NAMES } from '../support/fixtures.ts';
import { grammarProblems } from '../support/grammar.ts';
import { law } from '../support/law.ts';
import { recorded } from '../support/recorded.ts';

for (const name of NAMES) {
  const { decodeFailure, encodeFailure, frameFailure } = dialectOf(name);
  const answers = () => [
    ...failures(name).map(({ name: label, wire, meant }) => ({ label, wire, meant })),
    ...recorded(name).flatMap(({ id, failure }) => (failure ? [{ label: id, wire: failure, meant: undefined }] : [])),
  ];

  law(`${name} failures say what to do about them`, function* () {
    for (const { label, wire, meant } of answers()) {
      const failure = decodeFailure(wire);
      if (meant && failure.kind !== meant) yield `${label}: ${failure.kind}, expected ${meant}`;
      if (failure.status !== wire.status) yield `${label}: status ${wire.status} became ${failure.status}`;
      if (!failure.message) yield `${label}: no message`;
      // What only waiting or another provider can cure must not look like the caller's doing, nor the other way round.
      if (!meant && wire.status >= 500 !== ['broken', 'overloaded', 'slow'].includes(failure.kind))
        yield `${label}: status ${wire.status} became ${failure.kind}`;
    }
  });

  law(`${name} failures reach callers of the same dialect word for word`, function* () {
    for (const { label, wire } of answers()) {
      const failure = decodeFailure(wire);
      // What a provider says of our keys is not for callers.
      if (failure.kind === 'denied') continue;
      if (failure.wire && !isDeepStrictEqual(JSON.parse(encodeFailure(failure).body), JSON.parse(wire.body)))
        yield `${label}: ${encodeFailure(failure).body}`;
    }
  });

  law(`${name} failures reach callers of every dialect, before and inside a stream`, function* () {
    for (const { label, wire } of answers()) {
      const failure = decodeFailure(wire);
      if (failure.kind === 'denied') continue;
      for (const to of NAMES) {
        const { body, status } = dialectOf(to).encodeFailure(failure);
        if (status < 400) yield `${label} as ${to}: status ${status}`;
        const told = dialectOf(to).decodeFailure({ status, headers: {}, body });
        // Some clients know a failure by the words it begins with.
        if (!told.message.endsWith(failure.message)) yield `${label} as ${to}: says ${told.message}`;
        const events: ModelEvent[] = [
          { type: 'start', id: 'a', model: 'm' },
          { type: 'fail', failure },
        ];
        const frames = run(dialectOf(to).encodeStream(asked(to)), events);
        yield* grammarProblems(to, frames).map((problem) => `${label} as ${to}: ${problem}`);
        const last = dialectOf(to).decodeStream().push(dialectOf(to).frameFailure(failure, 0)).at(-1);
        if (last?.type !== 'fail' || !last.failure.message.endsWith(failure.message))
          yield `${label} as ${to}: the frame says ${JSON.stringify(last)}`;
      }
    }
  });

  law(`${name} streams that a relay must end are ended where they stand`, function* () {
    const frame = frameFailure({ kind: 'interrupted', message: 'the provider went away' }, 0);
    yield* grammarProblems(name, [frame]);
  });
}
