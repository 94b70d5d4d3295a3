import type { Asked, EncodedRequest } from '../dialects/dialect.ts';
import { readWire } from '../dialects/exact.ts';
import { dialectOf } from '../dialects/registry.ts';
import { sseDecoder, sseText } from '../dialects/sse.ts';
import { failureOf } from '../model/failure.ts';
import { fold, unfold } from '../model/fold.ts';
import { isList, type Json, type JsonObject } from '../model/json.ts';
import type { Machine } from '../model/machine.ts';
import type { ModelEvent } from '../model/reply.ts';
import type { Usage } from '../model/usage.ts';
import { callersDialect } from './callers-dialect.ts';
import { writeLines } from './canonical.ts';
import { writtenText } from './estimate.ts';
import type { AnswerMachine, Delivery, Inbound, Way, Writer } from './lane.ts';
import { pieces } from './pieces.ts';
import { asCallerKnowsThem } from './tools.ts';

export const isEventStream = (contentType: string) => /^text\/event-stream\b/i.test(contentType);

/** What callers are told a stream is. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/**
 * An answer of the target's dialect, streamed or whole, in the caller's dialect, streamed or whole:
 * read into events, written from events. An error inside the reading machinery is an answer that
 * broke, never a crash.
 */
export function translatedAnswer(inbound: Inbound, way: Way, encoded: EncodedRequest, streams: boolean): AnswerMachine {
  const request = inbound.decode();
  const { joint } = way;
  const asked: Asked = { nowS: way.nowS, request, losses: encoded.losses };
  const events = asCallerKnowsThem(encoded);
  const read = streams ? readStream(way) : readWhole(way);
  const keepItems = (wire: JsonObject) => isList(wire['output']) && way.vault.keepItems(way.owner, wire['output'], way.nowS);
  const passage = joint?.passage(`${way.target.provider}/${way.target.model}`);
  const writer = () =>
    inbound.dialect === 'canonical'
      ? writeLines(asked, way)
      : inbound.head.stream
        ? writeStream(inbound, asked, way, keepItems)
        : writeWhole(inbound, asked, keepItems);
  const write = joint ? joint.writer(writer) : writer();
  const keeps = inbound.dialect === 'openai-chat';
  const seen: ModelEvent[] = [];
  const written = writtenText();
  let servedModel: string | undefined;
  let usage: Usage | undefined;
  let over = false;

  function* deliver(incoming: readonly ModelEvent[]): Generator<Delivery> {
    for (const event of incoming) {
      if (over) return;
      if (event.type === 'start') servedModel = event.model;
      if (event.type === 'start' || event.type === 'finish') usage = event.usage ?? usage;
      if (event.type === 'delta') written.add(Buffer.byteLength(event.text));
      if (event.type === 'fail') {
        over = true;
        yield { type: 'fail', failure: event.failure };
        return;
      }
      if (keeps) seen.push(event);
      if (passage) for (const passed of passage.push(event)) yield* write.push(passed);
      else yield* write.push(event);
      if (event.type === 'finish') {
        over = true;
        if (keeps && event.finish.reason === 'toolCalls') way.vault.keep(way.owner, fold(seen).parts, way.nowS);
      }
    }
  }

  /** Runs a step of the machinery; what it throws is a failure of the answer. */
  function guarded(step: () => readonly ModelEvent[]): Delivery[] {
    if (over) return [];
    const deliveries: Delivery[] = [];
    try {
      for (const delivery of deliver(step())) deliveries.push(delivery);
    } catch (error) {
      over = true;
      deliveries.push({ type: 'fail', failure: failureOf(error) });
    }
    return deliveries;
  }

  return {
    contentType: inbound.head.stream ? EVENT_STREAM : 'application/json',
    get servedModel() {
      return servedModel;
    },
    get usage() {
      return usage;
    },
    get writtenTokens() {
      return written.tokens;
    },
    push: (chunk) => guarded(() => read.push(chunk).flatMap((event) => events.push(event))),
    end: () => guarded(() => [...read.end().flatMap((event) => events.push(event)), ...events.end()]),
    cut: (failure) => write.cut(failure),
  };
}

function readStream({ target }: Way): Machine<Buffer, ModelEvent> {
  const text = new TextDecoder();
  const frames = sseDecoder();
  const events = dialectOf(target.dialect).decodeStream();
  const read = (more: string) => frames.push(more).flatMap((frame) => events.push(frame));
  return {
    push: (chunk) => read(text.decode(chunk, { stream: true })),
    end: () => [...read(text.decode()), ...frames.end().flatMap((frame) => events.push(frame)), ...events.end()],
  };
}

function readWhole({ target }: Way): Machine<Buffer, ModelEvent> {
  const kept = pieces();
  return {
    push(chunk) {
      kept.add(chunk);
      return [];
    },
    end() {
      try {
        return [...unfold(dialectOf(target.dialect).decodeReply(parsed(kept.joined())))];
      } catch (error) {
        return [{ type: 'fail', failure: failureOf(error) }];
      }
    },
  };
}

function parsed(body: Buffer): Json {
  try {
    return readWire(body.toString());
  } catch {
    return null;
  }
}

/** `keepItems` hears of whole Responses answers: their items may be referred to later. */
function writeStream(inbound: Inbound, asked: Asked, { holdsThoughts = false }: Way, keepItems: (wire: JsonObject) => void): Writer {
  const encoder = callersDialect(inbound).encodeStream(asked);
  let content = false;
  const text = (event: ModelEvent) => encoder.push(event).map(sseText).join('');
  return {
    *push(event) {
      content ||= (event.type === 'open' && !(holdsThoughts && event.part.type === 'reasoning')) || event.type === 'finish';
      const frames = event.type === 'finish' ? [...encoder.push(event), ...encoder.end()] : encoder.push(event);
      if (event.type === 'finish' && inbound.dialect === 'openai-responses') {
        const last = frames.at(-1);
        if (last) keepItems((JSON.parse(last.data) as { response: JsonObject }).response);
      }
      const bytes = frames.map(sseText).join('');
      if (bytes) yield { type: 'bytes', bytes: Buffer.from(bytes), content };
      if (event.type === 'finish')
        yield { type: 'end', finish: event.finish, ...(event.usage && { usage: event.usage }), losses: encoder.losses };
    },
    cut: (failure) => Buffer.from(text({ type: 'fail', failure })),
    note: (loss) => void encoder.losses.push(loss),
  };
}

function writeWhole(inbound: Inbound, asked: Asked, keepItems: (wire: JsonObject) => void): Writer {
  const dialect = callersDialect(inbound);
  const events: ModelEvent[] = [];
  return {
    *push(event) {
      events.push(event);
      if (event.type !== 'finish') return;
      const { wire, losses } = dialect.encodeReply(fold(events), asked);
      if (inbound.dialect === 'openai-responses') keepItems(wire);
      yield { type: 'bytes', bytes: Buffer.from(JSON.stringify(wire)), content: true };
      yield { type: 'end', finish: event.finish, ...(event.usage && { usage: event.usage }), losses };
    },
    cut: (failure) => Buffer.from(dialect.encodeFailure(failure).body),
    note() {},
  };
}
