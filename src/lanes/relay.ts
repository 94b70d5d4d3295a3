import type { Observer } from '../dialects/dialect.ts';
import { dialectOf } from '../dialects/registry.ts';
import type { JsonObject } from '../model/json.ts';
import type { Inbound, Outbound, Way } from './lane.ts';
import { streamedAnswer, wholeAnswer } from './relayed-answer.ts';
import { splice } from './scan.ts';
import { isUnsaid, sniffedAnswer } from './sniffed-answer.ts';
import { isEventStream, translatedAnswer } from './translated-answer.ts';

/**
 * Caller and target speak the same dialect: the request's bytes go out as they came, but for the
 * model's name and, in a Chat stream, the wish for usage; the answer's bytes come back as they came,
 * with an observer reading over their shoulder.
 */
export function relay(inbound: Inbound, way: Way): Outbound {
  const dialect = dialectOf(way.target.dialect);
  const counting = inbound.operation === 'count';
  const asksForUsage = dialect.name === 'openai-chat' && inbound.head.stream && way.includeUsage && !wantsUsage(inbound);
  return {
    path: counting ? dialect.countPath! : dialect.path,
    headers: inbound.headers,
    body: splice(inbound.body, [...renamed(inbound, way.target.model), ...(asksForUsage ? [withUsage(inbound)] : [])]),
    losses: way.losses ?? [],
    answer(contentType) {
      if (counting) return wholeAnswer(dialect, countObserver(), contentType);
      const answerOf = (streams: boolean) => {
        // A server that answers in the other form than asked: told to the caller in the form it can read.
        if (streams !== inbound.head.stream) return translatedAnswer(inbound, way, { wire: {}, losses: [], headers: {} }, streams);
        return streams ? streamedAnswer(dialect, contentType, asksForUsage) : wholeAnswer(dialect, dialect.observe(false), contentType);
      };
      return isUnsaid(inbound, contentType) ? sniffedAnswer(inbound, answerOf) : answerOf(isEventStream(contentType));
    },
    failure: (answer, nowMs) => dialect.decodeFailure(answer, nowMs),
  };
}

/** The edit that puts the target's own name for the model in the caller's body; none when they agree. */
export function renamed({ head }: Inbound, model: string) {
  const span = head.spans['model'];
  return span && head.model !== model ? [{ span, with: JSON.stringify(model) }] : [];
}

function streamOptions({ head, body }: Inbound): JsonObject {
  const span = head.spans['stream_options'];
  const options = span && (JSON.parse(body.toString('utf8', span[0], span[1])) as JsonObject | null);
  return typeof options === 'object' && options !== null ? options : {};
}

const wantsUsage = (inbound: Inbound) => streamOptions(inbound)['include_usage'] === true;

function withUsage(inbound: Inbound) {
  const options = JSON.stringify({ ...streamOptions(inbound), include_usage: true });
  const span = inbound.head.spans['stream_options'];
  if (span) return { span, with: options };
  const afterBrace = inbound.body.indexOf('{') + 1;
  return { span: [afterBrace, afterBrace] as const, with: `"stream_options":${options},` };
}

/** Counting is free: its answer used nothing. */
const countObserver = (): Observer => ({
  see: () => 'end',
  finish: { reason: 'stop' },
  usage: { tokens: {} },
  servedModel: undefined,
  failure: undefined,
});
