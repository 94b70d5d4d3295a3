import type { DialectName, Part } from '../model/part.ts';
import type { ModelRequest, Turn } from '../model/request.ts';

/**
 * Keeps the thoughts of answers that went to callers whose dialect has no place for them (Chat), so
 * that they can be put back when the caller returns the tool results: models with preserved thinking
 * answer 400 or reason afresh without them. Kept by the id of the answer's first tool call, whole, so
 * that what goes back is in the order and the bytes it came in. In memory, bounded, per owner.
 */
export interface Vault {
  /** Keeps the answer if it holds sealed thoughts and calls a tool. */
  keep(owner: string, parts: readonly Part[], nowS: number): void;
  /** The request with every assistant turn that was kept restored to what the model wrote. */
  restore(owner: string, request: ModelRequest, by: DialectName, nowS: number): ModelRequest;
}

/** `bytesMax` bounds the text kept (default 64 MiB), `keepS` its age (default an hour, the longest cache lifetime in common use). */
export function createVault({ bytesMax = 64 * 1024 * 1024, keepS = 3600 } = {}): Vault {
  const kept = new Map<string, { readonly parts: readonly Part[]; readonly untilS: number; readonly bytes: number }>();
  let bytes = 0;

  function forget(key: string): void {
    bytes -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  }

  return {
    keep(owner, parts, nowS) {
      const call = parts.find((part) => part.type === 'toolCall');
      if (!call || !parts.some((part) => part.type === 'reasoning' && part.seal)) return;
      const key = keyOf(owner, call.id);
      forget(key);
      const size = JSON.stringify(parts).length;
      kept.set(key, { parts, untilS: nowS + keepS, bytes: size });
      bytes += size;
      for (const [oldest, { untilS }] of kept) {
        if (bytes <= bytesMax && untilS >= nowS) break;
        forget(oldest);
      }
    },
    restore(owner, request, by, nowS) {
      if (kept.size === 0) return request;
      const turns = request.turns.map((turn) => {
        const call = turn.role === 'assistant' ? turn.parts.find((part) => part.type === 'toolCall') : undefined;
        const found = call && kept.get(keyOf(owner, call.id));
        return found && found.untilS >= nowS && sealedBy(found.parts, by) && sameWords(turn, found.parts)
          ? { ...turn, parts: found.parts }
          : turn;
      });
      return { ...request, turns };
    },
  };
}

const keyOf = (owner: string, callId: string) => `${owner}\n${callId}`;

const sealedBy = (parts: readonly Part[], by: DialectName) => parts.every((part) => part.type !== 'reasoning' || part.seal?.by === by);

/** Whether the caller sent back what it was given: a caller that edited its history means the edit. */
function sameWords(turn: Turn, parts: readonly Part[]): boolean {
  if (turn.parts.some((part) => part.type === 'reasoning' && part.seal)) return false;
  return wordsOf(turn.parts) === wordsOf(parts);
}

const wordsOf = (parts: readonly Part[]) =>
  JSON.stringify([
    parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''),
    parts.flatMap((part) => (part.type === 'toolCall' ? [[part.id, part.name, part.arguments || '{}']] : [])),
  ]);
