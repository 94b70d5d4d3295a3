import { report } from '../dialects/losses.ts';
import { dialectOf } from '../dialects/registry.ts';
import { failureOf } from '../model/failure.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Loss } from '../model/loss.ts';
import { callersDialect } from './callers-dialect.ts';
import { estimateTokens } from './estimate.ts';
import type { AnswerMachine, Inbound, Outbound, Way } from './lane.ts';
import { encodeFor } from './translate.ts';

/**
 * Counts a request's tokens at the provider that would answer it, whatever its dialect; where the
 * provider has no way to count, estimates, and says so.
 */
export function translateCount(inbound: Inbound, way: Way): Outbound {
  const target = dialectOf(way.target.dialect);
  const encoded = encodeFor(inbound, way);
  const wire: JsonObject = { ...encoded.wire, model: way.target.model };
  const counts = target.countPath !== undefined && target.countRequest !== undefined && target.decodeCount !== undefined;
  const losses = counts ? encoded.losses : [...encoded.losses, estimated];
  const answerWith = (tokens: number) =>
    Buffer.from(JSON.stringify({ ...callersDialect(inbound).encodeCount?.(tokens), ...report(losses) }));
  return {
    path: target.countPath ?? target.path,
    headers: encoded.headers,
    body: Buffer.from(JSON.stringify(counts ? target.countRequest?.(wire) : wire)),
    losses,
    ...(!counts && { local: answerWith(estimateTokens(wire)) }),
    answer: () => countAnswer(inbound, (body) => answerWith(target.decodeCount?.(body) ?? 0)),
    failure: (answer, nowMs) => target.decodeFailure(answer, nowMs),
  };
}

const estimated: Loss = {
  path: 'count',
  value: null,
  kind: 'changed',
  impact: 'cost',
  note: 'the provider cannot count; this is an estimate of one token for every four bytes of text',
};

function countAnswer(inbound: Inbound, encode: (body: Json) => Buffer): AnswerMachine {
  const chunks: Buffer[] = [];
  return {
    contentType: 'application/json',
    servedModel: undefined,
    usage: undefined,
    push(chunk) {
      chunks.push(chunk);
      return [];
    },
    end() {
      try {
        const bytes = encode(JSON.parse(Buffer.concat(chunks).toString()) as Json);
        return [
          { type: 'bytes', bytes, content: true },
          { type: 'end', finish: { reason: 'stop' }, usage: { tokens: {} }, losses: [] },
        ];
      } catch (error) {
        return [{ type: 'fail', failure: failureOf(error) }];
      }
    },
    cut: (failure) => Buffer.from(callersDialect(inbound).encodeFailure(failure).body),
  };
}
