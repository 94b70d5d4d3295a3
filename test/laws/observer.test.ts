import { isDeepStrictEqual } from 'node:util';
import type { Observer } from '../../src/dialects/dialect.ts';
import { dialectOf } from '../../src/dialects/registry.ts';
import { failureOf } from '../../src/model/failure.ts';
import type { Json } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import type { ModelEvent } from '../../src/model/reply.ts';
import { framesOf, replyCases, streamCases } from '../support/cases.ts';
import { failures, NAMES } from '../support/fixtures.ts';
import { differences } from '../support/json.ts';
import { law } from '../support/law.ts';

for (const name of NAMES) {
  law(`the observer of ${name} streams knows what the decoder knows`, function* () {
    for (const { name: label, wire } of [...streamCases(name), ...cut(name)]) {
      const observer = dialectOf(name).observe(true);
      const sightings = blocksOf(wire).map((block) => observer.see(block));
      const ends = sightings.filter((sighting) => sighting === 'end' || sighting === 'fail').length;
      const decoded = decodedOf(name, wire);
      yield* compared(label, decoded, seen(observer));
      if (decoded.ends !== undefined && ends !== decoded.ends) yield `${label}: the observer saw ${ends} ends, the decoder ${decoded.ends}`;
    }
  });

  law(`the observer of whole ${name} answers knows what the decoder knows`, function* () {
    const bodies = [
      ...replyCases(name).map(({ name: label, wire }) => ({ label, text: JSON.stringify(wire) })),
      ...failures(name).map(({ name: label, wire }) => ({ label: `${name}/failure/${label}`, text: wire.body })),
      { label: 'an empty body', text: '' },
      { label: 'half a body', text: '{"id":"x","model":' },
      { label: 'a list', text: '[]' },
    ];
    for (const { label, text } of bodies) {
      const observer = dialectOf(name).observe(false);
      const sighting = observer.see(Buffer.from(text));
      const decoded = knownOfBody(name, text);
      yield* compared(label, decoded, seen(observer));
      if (sighting !== (decoded.failure ? 'fail' : 'end')) yield `${label}: the observer saw ${sighting}`;
    }
  });
}

/** Every fixture stream that has a middle, broken off there. */
const cut = (name: DialectName) =>
  streamCases(name, 5).map(({ name: label, wire }) => {
    const middle = wire.indexOf('\n\n', wire.length / 2);
    return { name: `${label}, first half`, wire: middle < 0 ? wire : wire.slice(0, middle + 2) };
  });

interface Known {
  readonly finish?: unknown;
  readonly usage?: unknown;
  readonly servedModel?: unknown;
  readonly failure?: unknown;
}

const seen = ({ finish, usage, servedModel, failure }: Observer): Known => ({ finish, usage, servedModel, failure });

/**
 * What the decoder says. An observer is never told that the stream is over, so a failure the decoder
 * concludes from that is none to it; a finish is, since its word was said before.
 */
function decodedOf(name: DialectName, sse: string): Known & { readonly ends?: number } {
  const decoder = dialectOf(name).decodeStream();
  const events = framesOf(sse).flatMap((frame) => decoder.push(frame));
  const ended = events.some(({ type }) => type === 'finish' || type === 'fail');
  if (ended) return { ...known(events), ends: 1 };
  return known([...events, ...decoder.end().filter(({ type }) => type !== 'fail')]);
}

function known(events: readonly ModelEvent[]): Known {
  const of = <T extends ModelEvent['type']>(type: T) =>
    events.find((event): event is Extract<ModelEvent, { type: T }> => event.type === type);
  const [start, finish, fail] = [of('start'), of('finish'), of('fail')];
  return { finish: finish?.finish, usage: finish?.usage, servedModel: start?.model || undefined, failure: fail?.failure };
}

function knownOfBody(name: DialectName, text: string): Known {
  try {
    const { finish, usage, model } = dialectOf(name).decodeReply(JSON.parse(text) as Json);
    return { finish, usage, servedModel: model || undefined };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

/** Usage of a stream that did not finish is whatever was seen so far: only the observer keeps it. */
function* compared(label: string, decoded: Known, observed: Known): Generator<string> {
  const settled = decoded.finish !== undefined;
  for (const field of ['finish', 'usage', 'servedModel', 'failure'] as const) {
    if (field === 'usage' && !settled) continue;
    if (field === 'failure') {
      const [left, right] = [kindOf(decoded), kindOf(observed)];
      if (left !== right) yield `${label}: failure ${left} was observed as ${right}`;
    } else if (!isDeepStrictEqual(decoded[field], observed[field])) {
      yield* differences(decoded[field] as Json, observed[field] as Json).map((difference) => `${label}: ${field} ${difference}`);
    }
  }
}

const kindOf = ({ failure }: Known) => (failure as { kind: string } | undefined)?.kind;

/** The lines of each event, without the blank line, as a relay cuts them. */
const blocksOf = (sse: string): Buffer[] =>
  sse
    .split(/\r\n\r\n|\n\n|\r\r/)
    .filter((block) => block.trim() !== '')
    .map((block) => Buffer.from(block));
