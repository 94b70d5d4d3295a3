import type { Asked } from '../dialects/dialect.ts';
import { readArguments } from '../dialects/exact.ts';
import type { Loss } from '../model/loss.ts';
import type { ProviderOptions, WrittenCall } from '../model/make-call.ts';
import type { ModelEvent } from '../model/reply.ts';
import type { ModelRequest } from '../model/request.ts';
import type { Inbound, Way, Writer } from './lane.ts';

/** A request of a caller in process: nothing needs decoding, and its bytes are written only when somebody counts or compares them. */
export function canonicalInbound(request: ModelRequest, providerOptions?: ProviderOptions, maxVisibleTokens?: number): Inbound {
  let body: Buffer | undefined;
  return {
    operation: 'generate',
    dialect: 'canonical',
    headers: {},
    get body() {
      body ??= Buffer.from(JSON.stringify(providerOptions ? { ...request, providerOptions } : request));
      return body;
    },
    head: {
      model: request.model,
      stream: request.stream,
      maxOutputTokens: request.maxOutputTokens,
      hasTools: (request.tools?.length ?? 0) > 0,
      account: {},
      effort: request.reasoning?.effort,
      spans: {},
    },
    ...(providerOptions && { providerOptions }),
    ...(maxVisibleTokens !== undefined && { maxVisibleTokens }),
    decode: () => request,
  };
}

/** The request that a written call holds. */
export function canonicalFrom(body: string): Inbound {
  const { request, providerOptions, maxVisibleTokens } = readArguments(body) as unknown as WrittenCall;
  return canonicalInbound(request, providerOptions, maxVisibleTokens);
}

/** What stands on the lines of an answer to such a caller: its events; and before the first what was lost on the way there, before the end what has been since. */
export type Line = ModelEvent | { readonly type: 'losses'; readonly losses: readonly Loss[] };

/**
 * An answer to such a caller is JSON, one event a line, so that whatever holds, keeps or replays answers need not
 * know it from others. As in event streams, a line with a colon first is a comment, and empty ones say nothing.
 */
export const lineOf = (line: Line): Buffer => Buffer.from(`${JSON.stringify(line)}\n`);

/** The lines of a piece of an answer, in which they stand whole. */
export function readLines(piece: Uint8Array): Line[] {
  const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString();
  const lines: Line[] = [];
  for (const line of text.split('\n')) if (line !== '' && line[0] !== ':') lines.push(readArguments(line) as never);
  return lines;
}

/** Hands events through as they are. */
export function writeLines({ losses }: Asked, { holdsThoughts = false }: Pick<Way, 'holdsThoughts'>): Writer {
  const noted: Loss[] = [];
  let content = false;
  let begun = false;
  return {
    *push(event) {
      content ||= (event.type === 'open' && !(holdsThoughts && event.part.type === 'reasoning')) || event.type === 'finish';
      if (!begun && losses.length > 0) yield { type: 'bytes', bytes: lineOf({ type: 'losses', losses }), content: false };
      begun = true;
      const over = event.type === 'finish';
      if (over && noted.length > 0) yield { type: 'bytes', bytes: lineOf({ type: 'losses', losses: noted }), content };
      yield { type: 'bytes', bytes: lineOf(event), content };
      if (!over) return;
      yield { type: 'end', finish: event.finish, ...(event.usage && { usage: event.usage }), losses: noted };
    },
    cut: (failure) => lineOf({ type: 'fail', failure }),
    note: (loss) => void noted.push(loss),
  };
}
