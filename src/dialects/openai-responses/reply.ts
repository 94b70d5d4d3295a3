import { HeadgateError } from '../../model/failure.ts';
import { unfold } from '../../model/fold.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Encoded } from '../../model/loss.ts';
import type { ModelReply } from '../../model/reply.ts';
import type { Asked } from '../dialect.ts';
import { decodeEchoes } from './echoes.ts';
import { failedResponse } from './failure.ts';
import { decodeFinish, saidIn } from './finish.ts';
import { decodeOutputItem } from './output-items.ts';
import { writer } from './stream/writer.ts';
import { decodeUsage } from './usage.ts';

/** A whole response. Throws the failure it tells of, and `broken` when it is no response. */
export function decodeReply(wire: Json): ModelReply {
  const failure = failedResponse(wire);
  if (failure) throw new HeadgateError(failure);
  const response = wire as JsonObject;
  const output = response['output'] as readonly Json[];
  return sound(() => {
    const { id, model, createdS } = decodeHead(response);
    const usage = decodeUsage(response);
    const extra = decodeEchoes(response);
    return {
      id,
      model,
      ...(createdS !== undefined && { createdS }),
      parts: output.flatMap((item, i) => decodeOutputItem(item, `output[${i}]`)),
      finish: decodeFinish(response, saidIn(output.filter(isObject))),
      ...(usage && { usage }),
      ...(extra && { extra }),
    };
  });
}

/** Who answers and when: known from the first event of a stream. */
export function decodeHead(response: JsonObject): { id: string; model: string; createdS?: number } {
  const { id, model, created_at: createdS } = response;
  return {
    id: typeof id === 'string' ? id : '',
    model: typeof model === 'string' ? model : '',
    ...(typeof createdS === 'number' && { createdS }),
  };
}

/** Runs a decoder of answers: what it finds wrong is the provider's doing, not the caller's. */
export function sound<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.failure.kind !== 'invalid') throw error;
    throw new HeadgateError(
      { kind: 'broken', message: `the provider's answer is not a response: ${error.failure.message}` },
      { cause: error },
    );
  }
}

/** A whole response: what the last event of the stream that spells it would carry. */
export function encodeReply(reply: ModelReply, asked: Asked): Encoded<JsonObject> {
  const writing = writer(asked);
  let wire: JsonObject = {};
  for (const event of unfold(reply)) {
    for (const written of writing.push(event)) {
      const response = written['response'];
      if (isObject(response)) wire = response;
    }
  }
  return { wire, losses: writing.losses };
}
