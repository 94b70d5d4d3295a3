import type { Dialect, Observer } from '../dialects/dialect.ts';
import { sseText } from '../dialects/sse.ts';
import { isWholeEvent } from '../dialects/whole-event.ts';
import type { Failure } from '../model/failure.ts';
import type { DialectName } from '../model/part.ts';
import { estimateBodyTokens, writtenEvents } from './estimate.ts';
import { eventCutter } from './events.ts';
import type { AnswerMachine, Delivery, End } from './lane.ts';
import { pieces } from './pieces.ts';
import { EVENT_STREAM, isEventStream } from './translated-answer.ts';

/** An answer in one piece: kept until it is whole, so that one that breaks off can still be asked for again. */
export function wholeAnswer(dialect: Dialect, observer: Observer, contentType: string): AnswerMachine {
  const kept = pieces();
  return {
    // OpenAI's SDK hands over as a string what is not called JSON (measured on 7.57).
    contentType: /json/i.test(contentType) ? contentType : 'application/json',
    get servedModel() {
      return observer.servedModel;
    },
    get usage() {
      return observer.usage;
    },
    get writtenTokens() {
      return estimateBodyTokens(kept.joined());
    },
    push(chunk) {
      kept.add(chunk);
      return [];
    },
    end() {
      const body = kept.joined();
      if (observer.see(body) === 'fail') return [{ type: 'fail', failure: observer.failure! }];
      return [{ type: 'bytes', bytes: body, content: true }, endOf(observer)];
    },
    cut: (failure) => Buffer.from(dialect.encodeFailure(failure).body),
  };
}

const endOf = ({ finish, usage }: Observer): End => ({
  type: 'end',
  finish: finish ?? { reason: 'other' },
  ...(usage && { usage }),
  losses: [],
});

/**
 * An answer as a stream: whole events go on as they came, read in passing. `hideUsage`: the event of usage that we asked for, and
 * the caller did not, stays here.
 */
export function streamedAnswer(dialect: Dialect, contentType: string, hideUsage: boolean): AnswerMachine {
  const cutter = eventCutter();
  const observer = dialect.observe(true);
  const written = writtenEvents();
  let begun = false;
  let sent = 0;
  /** The provider's own error event, to be passed on as it came. */
  let errorEvent: Buffer | undefined;
  let over = false;
  let whole: End | undefined;

  function* take(bytes: Buffer, ends: readonly number[]): Generator<Delivery> {
    let from = 0;
    let unsent = 0;
    for (const end of ends) {
      const event = bytes.subarray(from, end);
      const known = observer.usage;
      const sighting = observer.see(event);
      sent += 1;
      if (sighting === 'fail') {
        // Its own error goes on as it came; what cannot be read as an event at all stays here.
        if (observer.failure!.wire) errorEvent = event;
        over = true;
        if (from > unsent) yield { type: 'bytes', bytes: bytes.subarray(unsent, from), content: begun };
        yield { type: 'fail', failure: observer.failure! };
        return;
      }
      if (hideUsage && observer.usage !== known && isUsageOnly(event)) {
        if (from > unsent) yield { type: 'bytes', bytes: bytes.subarray(unsent, from), content: begun };
        unsent = end;
      }
      begun ||= sighting !== 'preamble';
      if (sighting === 'content' && saysMore(event, dialect.name)) written.add(event.length);
      from = end;
      if (sighting === 'end') {
        // Not the last byte: some servers end Responses with Chat's `[DONE]` as well. Ours is to pass on, not to tidy up.
        whole = endOf(observer);
        const rest = cutter.rest();
        yield { type: 'bytes', bytes: bytes.subarray(unsent), content: true };
        if (rest.length > 0) yield { type: 'bytes', bytes: rest, content: true };
        return;
      }
    }
    if (from > unsent)
      yield { type: 'bytes', bytes: unsent === 0 && from === bytes.length ? bytes : bytes.subarray(unsent, from), content: begun };
  }

  return {
    contentType: isEventStream(contentType) ? contentType : EVENT_STREAM,
    get servedModel() {
      return observer.servedModel;
    },
    get usage() {
      return observer.usage;
    },
    // What the provider reports at the end of an answer is better than any estimate.
    get writtenTokens() {
      const told = observer.usage && (observer.finish || dialect.name === 'openai-chat');
      return told ? undefined : written.tokens;
    },
    get whole() {
      return whole;
    },
    push(chunk) {
      if (over) return [];
      if (whole) return [{ type: 'bytes', bytes: chunk, content: true }];
      const events = cutter.push(chunk);
      return events ? [...take(events.bytes, events.ends)] : [];
    },
    end() {
      if (over) return [];
      if (whole) return [whole];
      const rest = cutter.rest();
      // A server may forget the last blank line; an event cut in two is told from that by its data.
      const deliveries = rest.includes('data:') && isWholeEvent(rest) ? [...take(Buffer.concat([rest, BLANK]), [rest.length + 2])] : [];
      if (over) return deliveries;
      if (whole) return [...deliveries, whole];
      const { lastFrame } = dialect;
      if (lastFrame && observer.finish)
        return [...deliveries, { type: 'bytes', bytes: Buffer.from(sseText(lastFrame)), content: true }, endOf(observer)];
      return [...deliveries, { type: 'fail', failure: brokenOff }];
    },
    cut: (failure) => errorEvent ?? Buffer.from(sseText(dialect.frameFailure(failure, sent))),
  };
}

/** Whether an event adds to what was said: OpenAI's Responses say it all again when a part is done, and seals are no words. */
function saysMore(event: Buffer, dialect: DialectName): boolean {
  if (dialect === 'openai-chat') return true;
  const name = event.toString('latin1', 0, NAME_BYTES);
  return name.includes('delta') && !(event.length > SEAL_BYTES && event.includes('signature_delta'));
}

/** An event's name stands at its beginning. */
const NAME_BYTES = 120;
const SEAL_BYTES = 300;

const BLANK = Buffer.from('\n\n');

const brokenOff: Failure = { kind: 'interrupted', message: 'the provider closed the stream before finishing' };

/** Whether a Chat event carries usage and nothing else: the one we asked for and the caller did not. */
function isUsageOnly(event: Buffer): boolean {
  const data = /^data: ?(.*)$/m.exec(event.toString())?.[1];
  const chunk = JSON.parse(data ?? 'null') as { choices?: unknown[] } | null;
  return chunk?.choices?.length === 0;
}
