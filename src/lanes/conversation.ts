import { hash } from 'node:crypto';
import type { Asking } from './lane.ts';
import { elementsIn, type Spans, scan } from './scan.ts';

const BEGINNING = new Set(['system', 'instructions', 'tools', 'messages', 'input', 'prompt_cache_key']);

/** Turns that tell one conversation from another, instructions among them: the later ones grow. */
const TURNS = 2;

/**
 * Tells which conversation a call goes on with, as a digest: calls of one key whose tools, instructions and first
 * turns are the same bytes, or that name the same `prompt_cache_key`. Providers cache by just that beginning.
 */
export function conversationOf({ inbound, caller }: Pick<Asking, 'inbound' | 'caller'>): string {
  return hash('sha256', [caller.key, inbound.head.model, ...beginning(inbound)].join('\n'), 'base64url');
}

function beginning({ dialect, body, decode }: Asking['inbound']): readonly string[] {
  if (dialect === 'canonical') {
    const { instructions, tools, turns, settings } = decode();
    return settings?.cacheKey === undefined ? [JSON.stringify([instructions, tools, turns.slice(0, TURNS)])] : [settings.cacheKey];
  }
  const spans = scan(body, BEGINNING) ?? {};
  const text = (span: Spans[string]) => (span ? body.toString('latin1', span[0], span[1]) : '');
  if (spans['prompt_cache_key']) return [text(spans['prompt_cache_key'])];
  const turns = elementsIn(body, spans['messages'] ?? spans['input'], TURNS);
  return [text(spans['system'] ?? spans['instructions']), text(spans['tools']), ...turns.map(text)];
}
