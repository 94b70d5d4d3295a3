import type { Failure } from '../../model/failure.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Finish } from '../../model/reply.ts';
import type { Usage } from '../../model/usage.ts';
import type { Observer, Sighting } from '../dialect.ts';
import { sseDecoder } from '../sse.ts';
import { isWholeEvent } from '../whole-event.ts';
import { failureOfError, isError } from './failure.ts';
import { decodeFinish } from './finish.ts';
import { decodeUsage, mergeUsage } from './usage.ts';

/**
 * Reads a Messages answer on its way past. Of a stream, only the few events that say who answers, why
 * it ended and what it used are parsed; the many that carry content are told by their first bytes.
 */
export function observe(streaming: boolean): Observer {
  const seen: Seen = { finish: undefined, usage: undefined, servedModel: undefined, failure: undefined };
  const see = streaming ? seeEvent(seen) : (bytes: Buffer) => seeBody(bytes, seen);
  return {
    see,
    get finish() {
      return seen.finish;
    },
    get usage() {
      return seen.usage;
    },
    get servedModel() {
      return seen.servedModel;
    },
    get failure() {
      return seen.failure;
    },
  };
}

interface Seen {
  finish: Finish | undefined;
  usage: Usage | undefined;
  servedModel: string | undefined;
  failure: Failure | undefined;
}

const CONTENT = Buffer.from('event: content_block_');
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const STOP = Buffer.from('event: message_stop');

const startsWith = (bytes: Buffer, start: Buffer) =>
  bytes.length >= start.length && bytes.compare(start, 0, start.length, 0, start.length) === 0;

function seeEvent(seen: Seen): (bytes: Buffer) => Sighting {
  let content = false;
  let over = false;
  let reported: JsonObject | undefined;
  let ending: JsonObject = {};

  const tell = (usage: Json | undefined) => {
    if (!isObject(usage)) return;
    reported = reported ? mergeUsage(reported, usage) : usage;
    seen.usage = decodeUsage(reported);
  };
  const fail = (failure: Failure): Sighting => {
    over = true;
    seen.failure = failure;
    return 'fail';
  };
  const beside = (): Sighting => (content ? 'content' : 'preamble');

  function read(wire: JsonObject | undefined): Sighting {
    if (!wire) return fail({ kind: 'broken', message: 'the provider sent a stream event that is not a JSON object' });
    switch (wire['type']) {
      case 'content_block_start':
      case 'content_block_delta':
      case 'content_block_stop':
        content = true;
        return 'content';
      case 'message_start': {
        const message = wire['message'];
        if (!isObject(message) || seen.servedModel !== undefined) return beside();
        seen.servedModel = typeof message['model'] === 'string' ? message['model'] : undefined;
        tell(message['usage']);
        return beside();
      }
      case 'message_delta': {
        const { delta } = wire;
        if (isObject(delta)) ending = { ...ending, ...delta };
        if (isObject(delta) && isText(ending['stop_reason'])) seen.finish = decodeFinish(ending['stop_reason'], ending['stop_sequence']);
        tell(wire['usage']);
        content = true;
        return 'content';
      }
      case 'message_stop':
        over = true;
        seen.finish ??= decodeFinish(ending['stop_reason'], ending['stop_sequence']);
        return 'end';
      case 'error':
        return fail(isError(wire) ? failureOfError(wire) : { kind: 'broken', message: 'the provider sent an error without saying which' });
      default:
        return beside();
    }
  }

  return (bytes) => {
    if (over) return beside();
    if (startsWith(bytes, CONTENT) && isWholeEvent(bytes)) {
      content = true;
      return 'content';
    }
    if (startsWith(bytes, STOP)) return read({ type: 'message_stop' });
    const frame = sseDecoder().push(`${bytes.toString().trimEnd()}\n\n`)[0];
    // A comment, or another format's end.
    if (!frame || frame.data === '[DONE]') return beside();
    return read(parsed(frame.data));
  };
}

function seeBody(bytes: Buffer, seen: Seen): Sighting {
  const wire = parsed(bytes.toString());
  if (isError(wire)) {
    seen.failure = failureOfError(wire);
    return 'fail';
  }
  if (wire?.['type'] !== 'message') {
    seen.failure = { kind: 'broken', message: 'the answer is no Messages message: type must be "message"' };
    return 'fail';
  }
  seen.servedModel = typeof wire['model'] === 'string' ? wire['model'] : undefined;
  seen.finish = decodeFinish(wire['stop_reason'], wire['stop_sequence']);
  if (isObject(wire['usage'])) seen.usage = decodeUsage(wire['usage']);
  return 'end';
}

function parsed(text: string): JsonObject | undefined {
  try {
    const wire = JSON.parse(text) as Json;
    return isObject(wire) ? wire : undefined;
  } catch {
    return undefined;
  }
}
