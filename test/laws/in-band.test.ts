import { isDeepStrictEqual } from 'node:util';
import type { Asked } from '../../src/dialects/dialect.ts';
import { type LossNote, notesOf } from '../../src/dialects/losses.ts';
import { dialectOf } from '../../src/dialects/registry.ts';
import { unfold } from '../../src/model/fold.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { Loss } from '../../src/model/loss.ts';
import { run } from '../../src/model/machine.ts';
import type { DialectName } from '../../src/model/part.ts';
import { ALL_PAIRS, asked, replyCases } from '../support/cases.ts';
import { law } from '../support/law.ts';

/** Losses of the way there: one a caller may notice, one nobody would. */
const THERE: readonly Loss[] = [
  { path: 'sampling.topK', value: 40, kind: 'dropped', impact: 'behavior', note: 'there is no top_k' },
  { path: 'turns[0].extra.id', value: 'x', kind: 'dropped', impact: 'none', note: 'ids are not sent' },
];
const askedWith = (dialect: DialectName): Asked => ({ ...asked(dialect), losses: THERE });

for (const [from, to] of ALL_PAIRS) {
  law(`callers of ${to} are told in the answer what the way from ${from} and back lost`, function* () {
    for (const { name, wire } of replyCases(from, 60)) {
      const reply = dialectOf(from).decodeReply(wire);
      const whole = dialectOf(to).encodeReply(reply, askedWith(to));
      const expected = sorted(notesOf([...THERE, ...whole.losses]));
      if (!isDeepStrictEqual(sorted(reportsIn(whole.wire)), expected))
        yield `${name}: the answer reports ${pathsOf(reportsIn(whole.wire))}, lost was ${pathsOf(expected)}`;

      const encoder = dialectOf(to).encodeStream(askedWith(to));
      const frames = run(encoder, unfold(reply)).filter(({ data }) => data !== '[DONE]');
      const streamed = frames.flatMap(({ data }) => reportsIn(JSON.parse(data) as JsonObject));
      const lost = sorted(notesOf([...THERE, ...encoder.losses]));
      if (!isDeepStrictEqual(sorted(streamed), lost)) yield `${name}: the stream reports ${pathsOf(streamed)}, lost was ${pathsOf(lost)}`;
    }
  });
}

/** The reports on a body or in an event, wherever its format puts them. */
const reportsIn = (wire: JsonObject): LossNote[] =>
  [wire, wire['message'], wire['response']].flatMap((place) => {
    const { losses = [] } = ((place as JsonObject | undefined)?.['headgate'] ?? {}) as { losses?: LossNote[] };
    return losses;
  });

const sorted = (notes: readonly LossNote[]): LossNote[] => notes.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
const keyOf = ({ path, note, kind, impact }: LossNote): string => [path, note, kind, impact].join('\n');
const pathsOf = (notes: readonly LossNote[]): string => notes.map(({ path }) => path).join(', ') || 'nothing';
