import type { Segment } from '../../model/caching.ts';
import { type Difference, differenceOf } from './difference.ts';

/** Why beginnings that should be the same are not. */
export interface Churn extends Difference {
  /** Questions looked at, and how many of them began as none of the latest did. */
  readonly questions: number;
  readonly misses: number;
  /** Of those, how many parted at this place. */
  readonly here: number;
  /** Tokens of a beginning, about: what is read afresh each time. */
  readonly tokens: number;
}

/** Finds beginnings that change with every question although little in them does. */
export interface ChurnWatch {
  /** A question of a kind begins with these; `digest` is theirs. */
  note(kind: string, segments: readonly Segment[], digest: string, tokens: number): void;
  /** Kinds whose beginnings change too often to be cached. */
  found(): ReadonlyMap<string, Churn>;
}

/** Beginnings of a kind that are compared; so many prompts in turn are no churn. */
const LATEST = 20;
const KINDS_MAX = 200;
/** Texts of a kind's last beginning are held for the next to be compared with; longer ones are not. */
const TEXT_MAX = 256 * 1024;
const QUESTIONS_MIN = 10;
/** Churn: so large a share begins anew, and of those so many for one reason. */
const SHARE_MIN = 0.5;
/** Counts are halved at so many questions: what was mended is forgotten. */
const FADES_AT = 400;

interface Kind {
  questions: number;
  misses: number;
  readonly latest: string[];
  segments: readonly Segment[] | undefined;
  readonly places: Map<string, { count: number; last: Difference }>;
  tokens: number;
}

export function createChurnWatch(): ChurnWatch {
  const kinds = new Map<string, Kind>();

  return {
    note(name, segments, digest, tokens) {
      const kind: Kind = kinds.get(name) ?? { questions: 0, misses: 0, latest: [], segments: undefined, places: new Map(), tokens: 0 };
      kinds.delete(name);
      kinds.set(name, kind);
      if (kinds.size > KINDS_MAX) kinds.delete(kinds.keys().next().value!);
      if (kind.questions >= FADES_AT) fade(kind);
      kind.questions += 1;
      const known = kind.latest.includes(digest);
      if (!known && kind.segments) {
        const difference = differenceOf(kind.segments, segments);
        if (difference) {
          kind.misses += 1;
          const key = `${difference.place} ${difference.change}`;
          const place = kind.places.get(key);
          kind.places.set(key, { count: (place?.count ?? 0) + 1, last: difference });
          if (kind.places.size > LATEST) kind.places.delete(kind.places.keys().next().value!);
          kind.tokens = tokens;
        }
      }
      if (!known) kind.latest.push(digest);
      if (kind.latest.length > LATEST) kind.latest.shift();
      const length = segments.reduce((sum, { text }) => sum + text.length, 0);
      kind.segments = length <= TEXT_MAX ? segments : undefined;
    },
    found() {
      const all = new Map<string, Churn>();
      for (const [name, { questions, misses, places, tokens }] of kinds) {
        const [most] = [...places.values()].toSorted((a, b) => b.count - a.count);
        if (!most || questions < QUESTIONS_MIN || misses < questions * SHARE_MIN || most.count < misses * SHARE_MIN) continue;
        all.set(name, { ...most.last, questions, misses, here: most.count, tokens });
      }
      return all;
    },
  };
}

function fade(kind: Kind): void {
  kind.questions = Math.ceil(kind.questions / 2);
  kind.misses = Math.ceil(kind.misses / 2);
  for (const [key, { count, last }] of kind.places) kind.places.set(key, { count: Math.ceil(count / 2), last });
}
