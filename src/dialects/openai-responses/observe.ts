import { type Failure, failureOf } from '../../model/failure.ts';
import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Finish } from '../../model/reply.ts';
import type { Usage } from '../../model/usage.ts';
import type { Observer, Sighting } from '../dialect.ts';
import { isWholeEvent } from '../whole-event.ts';
import { failedResponse, failureOfEvent } from './failure.ts';
import { decodeFinish, type Said, saidIn } from './finish.ts';
import { decodeUsage } from './usage.ts';

/**
 * Watches a relayed answer. Of most events the type is enough; parsed are the first and the last
 * (they carry the response), errors, and items that may be calls or refusals.
 */
export function observe(streaming: boolean): Observer {
  let finish: Finish | undefined;
  let usage: Usage | undefined;
  let servedModel: string | undefined;
  let failure: Failure | undefined;
  let said: Said = { called: false, refused: false };

  function fail(what: Failure): Sighting {
    failure = what;
    return 'fail';
  }

  function meet({ model }: JsonObject): void {
    if (typeof model === 'string' && model !== '') servedModel = model;
  }

  function note(items: readonly Json[]): void {
    const { called, refused } = saidIn(items.filter(isObject));
    said = { called: said.called || called, refused: said.refused || refused };
  }

  function conclude(response: JsonObject, failed: boolean): Sighting {
    const output = isList(response['output']) ? response['output'] : [];
    const why = failedResponse({ ...response, output, ...(failed && { status: 'failed' }) });
    if (why) return fail(why);
    note(output);
    finish = decodeFinish(response, said);
    usage = decodeUsage(response);
    meet(response);
    return 'end';
  }

  function seeBody(bytes: Buffer): Sighting {
    const wire = readJson(bytes.toString()) ?? null;
    const why = failedResponse(wire);
    return why ? fail(why) : conclude(wire as JsonObject, false);
  }

  function seeEvent(bytes: Buffer): Sighting {
    // Nothing counts after the end.
    if (finish || failure) return 'preamble';
    const type = typeOf(bytes);
    if (type === undefined || PARSED.has(type) || !isWholeEvent(bytes)) return seeWhole(bytes);
    if (type.endsWith('.delta')) {
      if (type === 'response.refusal.delta') said = { ...said, refused: true };
      return 'content';
    }
    if (ITEM.has(type)) return seeItem(bytes, type);
    if (type.endsWith('.done')) return 'content';
    return !KNOWN.has(type) && bytes.includes('"error"') ? seeWhole(bytes) : 'preamble';
  }

  function seeItem(bytes: Buffer, type: string): Sighting {
    if (TELLING.some((needle) => bytes.includes(needle))) {
      const event = readJson(dataOf(bytes));
      if (isObject(event) && isObject(event['item'])) note([event['item']]);
    }
    return type === 'response.output_item.done' ? 'content' : 'preamble';
  }

  function seeWhole(bytes: Buffer): Sighting {
    const data = dataOf(bytes);
    if (data === '' || data === '[DONE]') return 'preamble';
    const event = readJson(data);
    if (event === undefined)
      return fail({ kind: 'broken', message: `the provider sent an event that is no JSON (${data.length} characters)` });
    if (!isObject(event)) return 'preamble';
    const type = event['type'] ?? typeOf(bytes);
    const response = isObject(event['response']) ? event['response'] : undefined;
    if (type === 'error' || (isObject(event['error']) && !response)) return fail(failureOfEvent(event));
    if (response && typeof type === 'string' && TERMINAL.has(type)) return conclude(response, type === 'response.failed');
    if (response) meet(response);
    if (isObject(event['item'])) note([event['item']]);
    return typeof type === 'string' && /\.(delta|done)$/.test(type) ? 'content' : 'preamble';
  }

  return {
    see(bytes) {
      try {
        return streaming ? seeEvent(bytes) : seeBody(bytes);
      } catch (error) {
        return fail(failureOf(error));
      }
    },
    get finish() {
      return finish;
    },
    get usage() {
      return usage;
    },
    get servedModel() {
      return servedModel;
    },
    get failure() {
      return failure;
    },
  };
}

const TERMINAL = new Set(['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled']);
const PARSED = new Set([...TERMINAL, 'response.created', 'error']);
const ITEM = new Set(['response.output_item.added', 'response.output_item.done']);
/** Events of every answer that never carry an error, so that their bytes need not be searched for one. */
const KNOWN = new Set(['response.in_progress', 'response.queued', 'response.content_part.added', 'response.output_text.annotation.added']);
/** An item without these words is neither a call of the caller's tools nor a refusal. */
const TELLING = ['"function_call"', '"custom_tool_call"', '"refusal"'];

/** The event's type, from its `event:` line or from the start of its data, where every known server writes it. */
function typeOf(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, 160);
  return (/^event: ?(\S+)/m.exec(start) ?? /^data: ?\{\s*"type"\s*:\s*"([^"]+)"/m.exec(start))?.[1];
}

/** The data of an event, its lines joined. */
const dataOf = (bytes: Buffer): string =>
  bytes
    .toString()
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
    .join('\n');

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
