import type { Json, JsonObject } from '../../model/json.ts';
import { blocksOf, objectsOf } from './rule.ts';

/** A block, and where the vendor says it is. */
export interface Place {
  readonly block: JsonObject;
  readonly at: string;
  readonly section: 'tools' | 'system' | 'messages';
  /** Whether it is the assistant's and stands with calls or thoughts: recorded turns hold blank text there. */
  readonly besideCalls?: boolean;
}

/** Every block that can be marked for caching, in the order the vendor renders them. */
export function* places(wire: JsonObject): Generator<Place> {
  for (const [index, block] of objectsOf(wire['tools']).entries()) yield { block, at: `tools.${index}`, section: 'tools' };
  for (const [index, block] of blocksOf(wire['system'] === '' ? undefined : wire['system']).entries()) {
    yield { block, at: `system.${index}`, section: 'system' };
  }
  for (const [message, { role, content }] of objectsOf(wire['messages']).entries()) {
    const besideCalls = role === 'assistant' && blocksOf(content).some(({ type }) => type !== 'text');
    for (const [index, block] of blocksOf(content).entries()) {
      const at = `messages.${message}.content.${index}`;
      if (block['type'] === 'tool_result') {
        for (const [nth, inner] of blocksOf(innerBlocks(block)).entries()) {
          yield { block: inner, at: `${at}.tool_result.content.${nth}`, section: 'messages' };
        }
      }
      yield { block, at, section: 'messages', besideCalls };
    }
  }
}

/** A result may be an empty string; as a list it is held to the rules of blocks. */
const innerBlocks = (result: JsonObject): Json | undefined => (typeof result['content'] === 'string' ? undefined : result['content']);
