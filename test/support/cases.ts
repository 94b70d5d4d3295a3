import type { Asked } from '../../src/dialects/dialect.ts';
import { dialectOf } from '../../src/dialects/registry.ts';
import { type Frame, sseDecoder } from '../../src/dialects/sse.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { run } from '../../src/model/machine.ts';
import type { DialectName } from '../../src/model/part.ts';
import type { ModelEvent } from '../../src/model/reply.ts';
import { NAMES, replies, requests, streams } from './fixtures.ts';
import { type Recorded, recorded, sample } from './recorded.ts';

/** One wire value to try a law on, and what to call it when the law fails. */
export interface Case<T> {
  readonly name: string;
  readonly wire: T;
  /** A fixture of ours, not a recording: nothing about it may be excused. */
  readonly ours: boolean;
  /** Recorded from a server that is only like the dialect's own vendor. */
  readonly compatible: boolean;
  /** What was asked, of a recorded answer. */
  readonly request?: JsonObject;
}

/** The field no answer is without. */
const ANSWER: Readonly<Record<DialectName, string>> = {
  'openai-chat': 'choices',
  'openai-responses': 'output',
  'anthropic-messages': 'content',
};

/** Every ordered pair of two different dialects. */
export const PAIRS: readonly (readonly [from: DialectName, to: DialectName])[] = NAMES.flatMap((from) =>
  NAMES.filter((to) => to !== from).map((to) => [from, to] as const),
);
/** Every ordered pair, each with itself too. */
export const ALL_PAIRS: readonly (readonly [from: DialectName, to: DialectName])[] = NAMES.flatMap((from) =>
  NAMES.map((to) => [from, to] as const),
);

/** Request bodies: all fixtures, and about `count` of the recorded requests that were answered with 2xx. */
export const requestCases = (dialect: DialectName, count = Infinity): Case<JsonObject>[] => [
  ...requests(dialect).map(({ name, wire }) => ({ name: `${dialect}/request/${name}`, wire, ours: true, compatible: false })),
  ...taken(dialect, count, ({ request, failure }) => (failure ? undefined : request)),
];

/** Whole answers: all fixtures, and about `count` of the recorded ones. */
export const replyCases = (dialect: DialectName, count = Infinity): Case<JsonObject>[] => [
  ...replies(dialect).map(({ name, wire, kind }) => ({ name: `${dialect}/${kind}/${name}`, wire, ours: true, compatible: false })),
  // A body that says the call failed, or nothing, is no answer, whatever its status was.
  ...taken(dialect, count, ({ reply }) => (reply && !reply['error'] && ANSWER[dialect] in reply ? reply : undefined)),
];

/** Streams: all fixtures, and about `count` of the recorded ones that ran to their end. */
export const streamCases = (dialect: DialectName, count = Infinity): Case<string>[] => [
  ...streams(dialect).map(({ name, wire }) => ({ name: `${dialect}/stream/${name}`, wire, ours: true, compatible: false })),
  ...taken(dialect, count, ({ sse, complete }) => (complete ? sse : undefined)),
];

export const framesOf = (sse: string): Frame[] => run(sseDecoder(), [sse]);
export const eventsOf = (dialect: DialectName, sse: string): ModelEvent[] => run(dialectOf(dialect).decodeStream(), framesOf(sse));

/** What a caller of a dialect asked: nothing special, but to see the usage of a stream, unless `request` says. */
export const asked = (dialect: DialectName, request?: JsonObject): Asked => ({
  nowS: 1_700_000_000,
  losses: [],
  request: request
    ? dialectOf(dialect).decodeRequest(request)
    : {
        model: 'public-name',
        turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
        stream: true,
        ...(dialect === 'openai-chat' && { extra: { 'openai-chat': { stream_options: { include_usage: true } } } }),
      },
});

function taken<T>(dialect: DialectName, count: number, pick: (recording: Recorded) => T | undefined): Case<T>[] {
  const found = recorded(dialect).flatMap((recording) => {
    const wire = pick(recording);
    return wire === undefined
      ? []
      : [
          {
            name: `${dialect}/recorded/${recording.id} (${recording.provider})`,
            wire,
            ours: false,
            compatible: recording.provider.startsWith('compat'),
            ...(recording.request && { request: recording.request }),
          },
        ];
  });
  return count === Infinity ? found : sample(found, count);
}
