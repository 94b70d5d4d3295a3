import type { Running } from '../../model/sink.ts';
import { authenticated } from '../authenticated.ts';
import { callerOf } from '../caller.ts';
import { NativeSink } from '../native-sink.ts';
import type { DoorRooms, Outlet, RequestHead } from '../rooms.ts';
import { guessDialect } from '../routes.ts';
import { anthropicBatches } from './anthropic-batches.ts';
import { deferredCalls } from './deferred-calls.ts';
import type { Once } from './once.ts';
import { openaiBatches } from './openai-batches.ts';
import { openaiFiles } from './openai-files.ts';
import type { BatchRoute } from './route.ts';
import { NO_LEDGER, told } from './told.ts';

const ROUTES: readonly BatchRoute[] = [...openaiFiles, ...openaiBatches, ...anthropicBatches, ...deferredCalls];

/** Takes a body as it comes. */
export type Feed = (body: AsyncIterable<Uint8Array>) => Running;

/**
 * Takes a request for files or batches: what takes its body as it comes; `answered` when the answer has been given;
 * undefined: it is for something else.
 */
export function enterBatches(head: RequestHead, outlet: Outlet, rooms: DoorRooms, once: Once): Feed | 'answered' | undefined {
  const [path = '', query = ''] = head.target.split('?', 2);
  const found = routesAt(path);
  if (found.length === 0) return undefined;
  const matched = found.find(({ route }) => route.method === head.method);
  const spoken = guessDialect(head);
  // Both vendors have files at one path.
  const foreign = spoken === 'anthropic-messages' && found[0]!.route.dialect === 'openai-chat';
  const sink = new NativeSink(outlet, (foreign ? undefined : found[0]!.route.dialect) ?? spoken, rooms.world);
  if (foreign) {
    sink.refuse({ status: 404, message: 'files are kept for OpenAI’s batches only: send pictures and documents inside the message' });
    return 'answered';
  }
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
    sink.refuse(NO_LEDGER);
    return 'answered';
  }
  return (body) =>
    told(sink, () =>
      matched.route.run({
        ...batches,
        head,
        caller: callerOf(caller, head.headers, {}),
        once,
        nowMs: rooms.world.now(),
        depthMax: rooms.limits.depthMax,
        id: matched.id,
        query: new URLSearchParams(query),
        body,
      }),
    );
}

/** Programs differ in whether their base address ends in `/v1`, and whether it names the vendor. */
function routesAt(path: string): { readonly route: BatchRoute; readonly id: string }[] {
  const below = /^(?:\/openai|\/anthropic)?(?:\/v1)?(\/(?:files|batches|messages\/batches|deferred)(?:\/.*)?)$/.exec(
    path.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1'),
  )?.[1];
  if (below === undefined || /^\/(?:files|batches|deferred)/.test(path)) return [];
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
