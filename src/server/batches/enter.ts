import { failureOf } from '../../model/failure.ts';
import type { Running } from '../../model/sink.ts';
import { DatabaseError } from '../../store/database.ts';
import { authenticated } from '../authenticated.ts';
import { callerOf } from '../caller.ts';
import { NativeSink } from '../native-sink.ts';
import type { DoorRooms, Outlet, RequestHead } from '../rooms.ts';
import { anthropicBatches } from './anthropic-batches.ts';
import { openaiBatches } from './openai-batches.ts';
import { openaiFiles } from './openai-files.ts';
import type { BatchAnswer, BatchRoute } from './route.ts';

const ROUTES: readonly BatchRoute[] = [...openaiFiles, ...openaiBatches, ...anthropicBatches];

/** Takes a body as it comes. */
export type Feed = (body: AsyncIterable<Uint8Array>) => Running;

/**
 * Takes a request for files or batches: what takes its body as it comes; `answered` when the answer has been given;
 * undefined: it is for something else.
 */
export function enterBatches(head: RequestHead, outlet: Outlet, rooms: DoorRooms): Feed | 'answered' | undefined {
  const [path = '', query = ''] = head.target.split('?', 2);
  const found = routesAt(path);
  if (found.length === 0) return undefined;
  const matched = found.find(({ route }) => route.method === head.method);
  const sink = new NativeSink(outlet, found[0]!.route.dialect, rooms.world);
  if (!matched) {
    const allowed = found.map(({ route }) => route.method).join(', ');
    sink.refuse({ status: 405, message: `${path.slice(0, 200)} takes ${allowed}, not ${head.method}`, headers: { allow: allowed } });
    return 'answered';
  }
  const caller = authenticated(head.headers, rooms.authenticate);
  if ('kind' in caller) {
    rooms.refused?.(caller.kind);
    sink.deny(caller);
    return 'answered';
  }
  const { batches } = rooms;
  if (!batches) {
    sink.refuse({
      status: 501,
      message: 'batches are kept in the ledger, and this gateway keeps none: remove "ledger: off" from its configuration',
    });
    return 'answered';
  }
  return (body) => {
    let left = false;
    const work = async () => {
      const ask = { ...batches, head, caller: callerOf(caller, head.headers, {}), id: matched.id, query: new URLSearchParams(query), body };
      await tell(await matched.route.run(ask), sink, () => left);
    };
    work().catch((error: unknown) => {
      if (!left) sink.fail(error instanceof DatabaseError ? UNKEPT : failureOf(error), {});
    });
    return {
      cancel() {
        left = true;
      },
    };
  };
}

const UNKEPT = { kind: 'overloaded', message: 'the ledger cannot be reached at the moment' } as const;

/** Programs differ in whether their base address ends in `/v1`, and whether it names the vendor. */
function routesAt(path: string): { readonly route: BatchRoute; readonly id: string }[] {
  const below = /^(?:\/openai|\/anthropic)?(?:\/v1)?(\/(?:files|batches|messages\/batches)(?:\/.*)?)$/.exec(
    path.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1'),
  )?.[1];
  if (below === undefined || path.startsWith('/files') || path.startsWith('/batches')) return [];
  const segments = below.split('/');
  return ROUTES.flatMap((route) => {
    const wanted = route.path.split('/');
    if (wanted.length !== segments.length) return [];
    let id = '';
    for (const [index, segment] of wanted.entries()) {
      if (segment === '{id}') id = segments[index]!;
      else if (segment !== segments[index]) return [];
    }
    return [{ route, id }];
  });
}

async function tell(answer: BatchAnswer, sink: NativeSink, left: () => boolean): Promise<void> {
  if (left()) return;
  if ('json' in answer) {
    sink.head(200, { 'content-type': 'application/json' });
    return sink.end(Buffer.from(JSON.stringify(answer.json)));
  }
  let drained = () => {};
  sink.onDrained(() => drained());
  let begun = false;
  for await (const piece of answer.pieces) {
    if (left()) return;
    // Said only now: what fails before the first piece is still an error of its own.
    if (!begun) sink.head(200, { 'content-type': answer.contentType });
    begun = true;
    if (sink.write(typeof piece === 'string' ? Buffer.from(piece) : piece)) continue;
    await new Promise<void>((resolve) => {
      drained = resolve;
    });
  }
  if (!begun) sink.head(200, { 'content-type': answer.contentType });
  sink.end();
}
