import type { ModelFacts } from '../../../model/facts.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { CacheMark } from '../../../model/part.ts';
import type { Losses } from '../../losses.ts';
import { encodeMark } from '../cache-mark.ts';

/** Puts cache marks where Chat takes them: on content parts. Marks on tools and calls wait for the next one. */
export interface Marks {
  /** The wire part with its own mark, or with one that waited. */
  put(part: JsonObject, cache: CacheMark | undefined, path: string): JsonObject;
  /** A mark on something that cannot carry one. */
  later(cache: CacheMark | undefined, path: string): void;
  /** No more parts come. */
  end(): void;
}

/** Marks for one request; a model without breakpoints gets none, and each is told as a loss of money. */
export function createMarks({ cacheMarks }: ModelFacts, losses: Losses): Marks {
  let waiting: { readonly cache: CacheMark; readonly path: string } | undefined;

  function settle(note: string): void {
    if (waiting) losses.dropped(waiting.path, waiting.cache, 'cost', note);
    waiting = undefined;
  }

  return {
    put(part, cache, path) {
      if (!cacheMarks) {
        if (cache) losses.dropped(`${path}.cache`, cache, 'cost', 'the model takes no cache breakpoints');
        return part;
      }
      if (cache) {
        settle('the next part is marked itself');
        return { ...part, ...encodeMark(cache, `${path}.cache`, losses) };
      }
      if (!waiting) return part;
      const moved = waiting;
      waiting = undefined;
      losses.changed(moved.path, moved.cache, 'cost', `openai-chat marks content only: moved to ${path}`);
      return { ...part, ...encodeMark(moved.cache, moved.path, losses) };
    },
    later(cache, path) {
      if (!cache) return;
      if (waiting) settle('a later mark takes its place');
      if (cacheMarks) waiting = { cache, path: `${path}.cache` };
      else losses.dropped(`${path}.cache`, cache, 'cost', 'the model takes no cache breakpoints');
    },
    end: () => settle('openai-chat marks content only, and none follows'),
  };
}
