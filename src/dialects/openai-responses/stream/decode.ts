import { failureOf, HeadgateError } from '../../../model/failure.ts';
import { isList, isObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { Machine } from '../../../model/machine.ts';
import type { ModelEvent } from '../../../model/reply.ts';
import type { Frame } from '../../sse.ts';
import { decodeEchoes } from '../echoes.ts';
import { failedResponse, failureOfEvent } from '../failure.ts';
import { decodeFinish } from '../finish.ts';
import { decodeHead, sound } from '../reply.ts';
import { decodeUsage } from '../usage.ts';
import { outputReader } from './output-reader.ts';

/**
 * Frames to events. Items are read from their deltas and settled by their `output_item.done`; the
 * terminal event brings usage and echoes. A stream that stops before one was cut.
 */
export function decodeStream(): Machine<Frame, ModelEvent> {
  const output = outputReader();
  let started = false;
  let over = false;

  function* start(response: JsonObject): Generator<ModelEvent> {
    if (started) return;
    started = true;
    yield { type: 'start', ...decodeHead(response) };
  }

  function* fail(failure: Extract<ModelEvent, { type: 'fail' }>['failure']): Generator<ModelEvent> {
    over = true;
    yield { type: 'fail', failure };
  }

  function* finish(response: JsonObject, failed: boolean): Generator<ModelEvent> {
    const items = isList(response['output']) ? response['output'] : [];
    const failure = failedResponse({ ...response, output: items, ...(failed && { status: 'failed' }) });
    if (failure) return yield* fail(failure);
    yield* start(response);
    yield* output.end(items);
    over = true;
    const usage = decodeUsage(response);
    const extra = decodeEchoes(response);
    yield { type: 'finish', finish: decodeFinish(response, output.said()), ...(usage && { usage }), ...(extra && { extra }) };
  }

  function* read(event: JsonObject): Generator<ModelEvent> {
    const type = String(event['type']);
    const response = isObject(event['response']) ? event['response'] : undefined;
    if (type === 'error' || (isObject(event['error']) && !response)) return yield* fail(failureOfEvent(event));
    if (type === 'keepalive') return;
    if (response) {
      if (TERMINAL.has(type)) yield* finish(response, type === 'response.failed');
      else if (PREAMBLE.has(type)) yield* start(response);
      else yield opaque(event);
      return;
    }
    if (!output.reads(event)) return yield opaque(event);
    yield* start({});
    yield* output.read(event, type);
  }

  function* push(frame: Frame): Generator<ModelEvent> {
    if (over || frame.data === '[DONE]' || frame.data === '') return;
    try {
      yield* sound(() => [...read(parsed(frame))]);
    } catch (error) {
      yield* fail(failureOf(error));
    }
  }

  function* end(): Generator<ModelEvent> {
    if (!over) yield* fail({ kind: 'interrupted', message: 'the provider closed the stream before the response was finished' });
  }

  return { push: (frame) => [...push(frame)], end: () => [...end()] };
}

const PREAMBLE = new Set(['response.created', 'response.queued', 'response.in_progress']);
const TERMINAL = new Set(['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled']);

const opaque = (wire: Json): ModelEvent => ({ type: 'opaque', dialect: 'openai-responses', wire });

function readJson(data: string): Json {
  try {
    return JSON.parse(data) as Json;
  } catch (error) {
    const failure = { kind: 'broken', message: `the provider sent an event that is no JSON (${data.length} characters)` } as const;
    throw new HeadgateError(failure, { cause: error });
  }
}

/** The event of a frame; a server that leaves `type` out of the data has said it in the `event:` line. */
function parsed({ event, data }: Frame): JsonObject {
  const wire = readJson(data);
  if (!isObject(wire)) return { type: event ?? 'unknown', data: wire };
  return 'type' in wire || event === undefined ? wire : { type: event, ...wire };
}
