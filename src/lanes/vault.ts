import { restoreId } from '../dialects/ids.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { DialectName, Part } from '../model/part.ts';
import type { ModelRequest, Turn } from '../model/request.ts';

/**
 * Keeps of translated answers what their callers count on somebody keeping. In memory, bounded, per owner.
 *
 * Chat has no place for thoughts, but models with preserved thinking answer 400 or reason afresh when
 * tool results come back without them: kept by the id of the answer's first tool call, whole, so that
 * what goes back is in the order and the bytes it came in. Responses callers may send an item they were
 * given as an `item_reference` (the Vercel AI SDK does, unless told not to): kept by the item's id.
 */
export interface Vault {
  /** Keeps the answer if it holds sealed thoughts and calls a tool. */
  keep(owner: string, parts: readonly Part[], nowS: number): void;
  /** The request with every assistant turn that was kept restored to what the model wrote. */
  restore(owner: string, request: ModelRequest, by: DialectName, nowS: number): ModelRequest;
  /** Keeps the output items of a Responses answer that have an id. */
  keepItems(owner: string, items: readonly Json[], nowS: number): void;
  /** An item as it was given. */
  item(owner: string, id: string, nowS: number): JsonObject | undefined;
}

/** `bytesMax` bounds the text kept (default 64 MiB), `keepS` its age (default an hour, the longest cache lifetime in common use). */
export function createVault({ bytesMax = 64 * 1024 * 1024, keepS = 3600 } = {}): Vault {
  const kept = new Map<string, { readonly what: readonly Part[] | JsonObject; readonly untilS: number; readonly bytes: number }>();
  let bytes = 0;

  function forget(key: string): void {
    bytes -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  }

  function put(key: string, what: readonly Part[] | JsonObject, nowS: number): void {
    forget(key);
    const size = JSON.stringify(what).length;
    kept.set(key, { what, untilS: nowS + keepS, bytes: size });
    bytes += size;
    for (const [oldest, { untilS }] of kept) {
      if (bytes <= bytesMax && untilS >= nowS) break;
      forget(oldest);
    }
  }

  const get = (key: string, nowS: number) => {
    const found = kept.get(key);
    return found && found.untilS >= nowS ? found.what : undefined;
  };

  return {
    keep(owner, parts, nowS) {
      const call = parts.find((part) => part.type === 'toolCall');
      if (call && parts.some((part) => part.type === 'reasoning' && part.seal)) put(callKey(owner, call.id), parts, nowS);
    },
    restore(owner, request, by, nowS) {
      if (kept.size === 0) return request;
      const turns = request.turns.map((turn) => {
        const call = turn.role === 'assistant' ? turn.parts.find((part) => part.type === 'toolCall') : undefined;
        const parts = call && (get(callKey(owner, call.id), nowS) as readonly Part[] | undefined);
        return parts && sealedBy(parts, by) && sameWords(turn, parts) ? { ...turn, parts } : turn;
      });
      return { ...request, turns };
    },
    keepItems(owner, items, nowS) {
      for (const item of items as readonly JsonObject[]) if (typeof item['id'] === 'string') put(itemKey(owner, item['id']), item, nowS);
    },
    item: (owner, id, nowS) => get(itemKey(owner, id), nowS) as JsonObject | undefined,
  };
}

// A caller may know a call by an id that had to be fitted to its format.
const callKey = (owner: string, callId: string) => `${owner}\ncall\n${restoreId(callId)}`;
const itemKey = (owner: string, id: string) => `${owner}\nitem\n${id}`;

const sealedBy = (parts: readonly Part[], by: DialectName) => parts.every((part) => part.type !== 'reasoning' || part.seal?.by === by);

/** Whether the caller sent back what it was given: a caller that edited its history means the edit. */
function sameWords(turn: Turn, parts: readonly Part[]): boolean {
  if (turn.parts.some((part) => part.type === 'reasoning' && part.seal)) return false;
  return wordsOf(turn.parts) === wordsOf(parts);
}

const wordsOf = (parts: readonly Part[]) =>
  JSON.stringify([
    parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''),
    parts.flatMap((part) => (part.type === 'toolCall' ? [[restoreId(part.id), part.name, part.arguments || '{}']] : [])),
  ]);
