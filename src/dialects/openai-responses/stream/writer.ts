import type { JsonObject } from '../../../model/json.ts';
import type { Loss } from '../../../model/loss.ts';
import { chain, type Machine } from '../../../model/machine.ts';
import type { Finish, ModelEvent } from '../../../model/reply.ts';
import { oneAtATime } from '../../../model/sequence.ts';
import type { Usage } from '../../../model/usage.ts';
import type { Asked } from '../../dialect.ts';
import { Losses, report } from '../../losses.ts';
import { echoesOf, finalEchoes } from '../echoes.ts';
import { errorEvent } from '../failure.ts';
import { without } from '../fields.ts';
import { encodeFinish, saidIn } from '../finish.ts';
import { encodeTier, encodeUsage } from '../usage.ts';
import { itemIds } from './item-ids.ts';
import { type OutputWriter, outputWriter } from './output-writer.ts';

/** Writes events of the format, numbered from 0; the last one carries the whole response. */
export interface Writer extends Machine<ModelEvent, JsonObject> {
  readonly losses: Loss[];
}

/**
 * Canonical events to events of the format. The official SDK checks their order strictly, so parts
 * go out one at a time; nothing goes out after the end.
 */
export function writer(asked: Asked): Writer {
  const losses = new Losses('openai-responses');
  const asEchoes = echoesOf(asked.request);
  let sequence = 0;
  let head: { id: string; created_at: number; model: string } | undefined;
  let output: OutputWriter | undefined;
  let own: JsonObject = {};
  let usage: Usage | undefined;
  let over = false;

  const numbered = (type: string, fields: JsonObject): JsonObject => ({ type, sequence_number: sequence++, ...fields });

  const response = (status: string, items: readonly JsonObject[], echoes: JsonObject, fields: JsonObject): JsonObject => ({
    id: head!.id,
    object: 'response',
    created_at: head!.created_at,
    status,
    error: null,
    incomplete_details: null,
    ...echoes,
    model: head!.model,
    output: items,
    usage: null,
    ...fields,
  });

  function* start(event: Partial<Extract<ModelEvent, { type: 'start' }>>): Generator<JsonObject> {
    const ids = itemIds(event.id ?? '', asked.nowS);
    head = { id: ids.response, created_at: event.createdS ?? asked.nowS, model: event.model ?? '' };
    output = outputWriter(ids, losses, numbered);
    own = losses.extra('', event.extra, ANSWER_IMPACTS);
    usage = event.usage;
    for (const type of ['response.created', 'response.in_progress'])
      yield numbered(type, { response: response('in_progress', [], asEchoes, {}) });
  }

  function* finish(event: Extract<ModelEvent, { type: 'finish' }>): Generator<JsonObject> {
    own = { ...own, ...losses.extra('', event.extra, ANSWER_IMPACTS) };
    usage = event.usage ?? usage;
    const said = saidIn(output!.items());
    const { status, incomplete } = encodeFinish(event.finish, said);
    const { echoes, counted } = finalEchoes(own, asEchoes);
    noteFinish(event.finish, status, losses);
    yield* output!.end(event.finish.reason === 'length');
    yield numbered(status === 'incomplete' ? 'response.incomplete' : 'response.completed', {
      response: {
        ...response(status, output!.items(), echoes, {
          ...(incomplete !== undefined && { incomplete_details: { reason: incomplete } }),
          ...(usage && { usage: { ...encodeUsage(usage), ...counted } }),
          ...(own['echo'] === undefined && encodeTier(usage?.tier, losses)),
        }),
        ...without(own, 'echo'),
        ...report([...asked.losses, ...losses.list]),
      },
    });
  }

  function* write(event: ModelEvent): Generator<JsonObject> {
    if (over || event.type === 'opaque') return;
    if (event.type === 'fail') {
      over = true;
      yield errorEvent(event.failure, sequence++);
      return;
    }
    if (event.type === 'start') {
      if (!head) yield* start(event);
      return;
    }
    if (!head) yield* start({});
    if (event.type === 'finish') {
      over = true;
      yield* finish(event);
    } else yield* output!.write(event);
  }

  const machine = chain(oneAtATime(), { push: (event: ModelEvent) => [...write(event)], end: () => [] });
  return { ...machine, losses: losses.list };
}

/** Further choices are words never shown. */
const ANSWER_IMPACTS = { choices: 'content' } as const;

function noteFinish({ reason, wire, stop }: Finish, status: string, losses: Losses): void {
  if (stop !== undefined) losses.dropped('finish.stop', stop, 'none', 'openai-responses does not name stop sequences');
  if (status !== 'completed') return;
  if (reason === 'paused') losses.changed('finish.reason', reason, 'behavior', 'openai-responses knows no pause: it says completed');
  if (reason === 'other') losses.changed('finish.wire', wire ?? null, 'none', 'openai-responses has no such ending: it says completed');
}
