import type { UsageRecord } from '../../accounting/record.ts';
import { formatUsd, type Money } from '../../model/money.ts';
import { cacheWriteTokens, inputTokens, outputTokens } from '../../model/usage.ts';
import { COMMON, type Conventions } from './conventions.ts';
import { spanIdOf, type TraceContext, traceIdOf } from './trace-context.ts';
import { type Attribute, attributes, nanoseconds, type Span } from './wire.ts';

/** A call that is over, as it is told in a trace. */
export interface TracedCall {
  /** One for each attempt, in order; at least one. */
  readonly records: readonly UsageRecord[];
  /** In the conventions' words: `chat`, `embeddings`. */
  readonly operation: string;
  readonly parent: TraceContext | undefined;
}

/**
 * A span for the call and a child for each attempt. Tokens stand on the attempts, whose sum they are, so
 * that adding up a trace counts none twice. Nobody's words are in it.
 */
export function spansOf({ records, operation, parent }: TracedCall, conventions: Conventions): Span[] {
  const first = records[0]!;
  const last = records.at(-1)!;
  const traceId = parent?.traceId ?? traceIdOf(first.callId);
  const call: Span = {
    traceId,
    spanId: spanIdOf(first.callId, 0),
    ...(parent && { parentSpanId: parent.spanId }),
    ...(parent?.state !== undefined && { traceState: parent.state }),
    name: `${operation} ${first.requestedModel}`,
    kind: 2,
    startTimeUnixNano: nanoseconds(first.endedAtMs - first.durationMs),
    endTimeUnixNano: nanoseconds(last.endedAtMs),
    attributes: attributes({
      [COMMON.operation]: operation,
      [COMMON.requestModel]: last.requestedModel,
      [COMMON.responseModel]: last.model,
      ...errorOf(last),
      'headgate.call_id': last.callId,
      'headgate.key': last.key,
      'headgate.feature': last.feature,
      'headgate.user': last.user,
      'headgate.attempts': BigInt(records.length),
      'headgate.cost_usd': usd(records),
      'headgate.priced': records.every(({ cost }) => cost !== null),
    }),
    status: statusOf(last),
  };
  return [call, ...records.map((record) => attemptSpan(record, operation, call, conventions))];
}

function attemptSpan(record: UsageRecord, operation: string, call: Span, conventions: Conventions): Span {
  return {
    traceId: call.traceId,
    spanId: spanIdOf(record.callId, record.attempt),
    parentSpanId: call.spanId,
    ...(call.traceState !== undefined && { traceState: call.traceState }),
    name: `${operation} ${record.model}`,
    kind: 3,
    startTimeUnixNano: nanoseconds(record.endedAtMs - record.durationMs),
    endTimeUnixNano: nanoseconds(record.endedAtMs),
    attributes: [...genAi(record, operation, conventions), ...own(record)],
    status: statusOf(record),
  };
}

function genAi(record: UsageRecord, operation: string, names: Conventions): Attribute[] {
  const { cacheRead = 0 } = record.tokens;
  const counted = record.measured !== 'nothing';
  const tokens = (name: string | undefined, count: number) => (name !== undefined && counted ? { [name]: BigInt(count) } : {});
  return attributes({
    [COMMON.operation]: operation,
    [names.provider]: providerOf(record),
    [COMMON.requestModel]: record.requestedModel,
    [COMMON.responseModel]: record.model,
    ...tokens(COMMON.inputTokens, inputTokens(record)),
    ...tokens(names.cacheRead, cacheRead),
    ...tokens(names.cacheWrite, cacheWriteTokens(record)),
    ...tokens(COMMON.outputTokens, outputTokens(record)),
    ...tokens(names.reasoning, record.reasoningTokens ?? 0),
    ...(names.firstChunkAttribute !== undefined &&
      record.firstContentMs !== undefined && { [names.firstChunkAttribute]: record.firstContentMs / 1000 }),
    ...errorOf(record),
  });
}

const own = (record: UsageRecord): Attribute[] =>
  attributes({
    'headgate.provider': record.provider,
    'headgate.attempt': BigInt(record.attempt),
    'headgate.reason': record.reason,
    'headgate.tier': record.tier,
    'headgate.measured': record.measured,
    'headgate.cost_usd': usd([record]),
    'headgate.priced': record.cost !== null,
  });

/** Whose API it is, in the conventions' words: of a compatible server, the one it is compatible with. */
export const providerOf = ({ dialectOut }: Pick<UsageRecord, 'dialectOut'>) =>
  dialectOut === 'anthropic-messages' ? 'anthropic' : 'openai';

const errorOf = ({ outcome }: UsageRecord) => (outcome === 'ok' ? {} : { [COMMON.error]: outcome });
const statusOf = ({ outcome }: UsageRecord) => ({ code: outcome === 'ok' ? 0 : 2 }) as const;

const usd = (records: readonly UsageRecord[]) => Number(formatUsd(records.reduce((sum, { costFloor }) => sum + costFloor, 0n) as Money));
