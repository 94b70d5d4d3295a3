import type { CachePlan, Prefixes } from '../../model/caching.ts';

/** How long a provider keeps a prefix, and what writing it costs: a token read afresh costs 1. */
export interface CacheLife {
  readonly minutes: number;
  readonly write: number;
}

/** What caching costs at a target. */
export interface CacheTerms {
  /** Of a token read from the cache; one read afresh costs 1. */
  readonly read: number;
  /** Lives that can be asked for, shortest first. */
  readonly lives: readonly CacheLife[];
  /** Shorter prefixes are not cached, in tokens. */
  readonly tokensMin: number;
  /** Whether the provider writes the whole question unasked, unless told not to. */
  readonly writesUnasked: boolean;
}

/** What questions of one kind came to, with and without a plan; tokens, as read afresh. */
export interface CacheTally {
  readonly questions: number;
  /** Questions that went on with an earlier one. */
  readonly continued: number;
  /** Tokens of questions, and what they would cost as planned. */
  readonly tokens: number;
  readonly planned: number;
  /** The life planned most often, in minutes; absent: caching does not pay. */
  readonly minutes?: number;
}

/** Learns when the same prefixes come again, and plans what to cache. Knows digests, nothing of what was asked. */
export interface CachePlanner {
  /** A question of a kind (a feature at a target) begins: what is planned for it. */
  plan(kind: string, prefixes: Prefixes, terms: CacheTerms, nowMs: number): CachePlan;
  tallies(): ReadonlyMap<string, CacheTally>;
}

/** Prefixes remembered at once; those unused for longest make room. */
const PREFIXES_MAX = 50_000;
/** Kinds of questions remembered at once, likewise. */
export const KINDS_MAX = 1000;
/** Caching must be so much cheaper to be planned: guesses are off by as much. */
const PAYS_BELOW = 0.95;
/** A prefix that came again so often is shared by many questions, not only by those of one conversation. */
const SHARED_MIN = 3;
/** Questions of a kind after which it is known whether they are gone on with. */
const KNOWN_MIN = 20;
const MARKS_MAX = 4;
const MINUTE_MS = 60_000;

interface Seen {
  lastMs: number;
  /** Times it came again, and how often within each life. */
  again: number;
  readonly within: number[];
  /** It was the end of a question, which nothing has gone on with yet. */
  open: boolean;
  /** For how long it is kept by what was planned. */
  keptUntilMs: number;
}

interface Kind {
  questions: number;
  continued: number;
  readonly continuedWithin: number[];
  tokens: number;
  planned: number;
  readonly lives: Map<number, number>;
}

export function createCachePlanner(): CachePlanner {
  const seen = new Map<string, Seen>();
  const kinds = new Map<string, Kind>();

  function kindOf(name: string): Kind {
    const kind = kinds.get(name) ?? { questions: 0, continued: 0, continuedWithin: [], tokens: 0, planned: 0, lives: new Map() };
    kinds.delete(name);
    kinds.set(name, kind);
    if (kinds.size > KINDS_MAX) kinds.delete(kinds.keys().next().value!);
    return kind;
  }

  /** Notes that a prefix came, and returns what is known of it; undefined: it is new. */
  function note(key: string, lives: readonly CacheLife[], nowMs: number): Seen | undefined {
    const before = seen.get(key);
    const now = before ?? { lastMs: nowMs, again: 0, within: lives.map(() => 0), open: false, keptUntilMs: 0 };
    if (before) {
      before.again += 1;
      for (const [index, { minutes }] of lives.entries())
        if (nowMs - before.lastMs <= minutes * MINUTE_MS) before.within[index] = (before.within[index] ?? 0) + 1;
      before.lastMs = nowMs;
      seen.delete(key);
    }
    seen.set(key, now);
    if (seen.size > PREFIXES_MAX) seen.delete(seen.keys().next().value!);
    return before;
  }

  /** The cheapest life for what comes again with these chances; undefined: none pays. */
  function cheapest({ read, lives }: CacheTerms, chance: (index: number) => number) {
    let best: { readonly minutes: number; readonly cost: number } | undefined;
    for (const [index, { minutes, write }] of lives.entries()) {
      const hit = chance(index);
      const cost = hit * read + (1 - hit) * write;
      if (cost < (best?.cost ?? PAYS_BELOW)) best = { minutes, cost };
    }
    return best;
  }

  return {
    plan(name, { digests, tokens }, terms, nowMs) {
      const kind = kindOf(name);
      const end = digests.length - 1;
      const known = digests.map((digest) => {
        const key = `${name}\n${digest}`;
        const lastMs = seen.get(key)?.lastMs ?? Number.NEGATIVE_INFINITY;
        return { sight: note(key, terms.lives, nowMs), lastMs, now: seen.get(key)! };
      });
      // What it goes on with: the longest earlier question that it begins with.
      const before = known.findLastIndex(({ sight }, at) => sight?.open === true && at < end);
      if (before >= 0) {
        const { sight, lastMs } = known[before]!;
        sight!.open = false;
        kind.continued += 1;
        for (const [index, { minutes }] of terms.lives.entries())
          if (nowMs - lastMs <= minutes * MINUTE_MS) kind.continuedWithin[index] = (kind.continuedWithin[index] ?? 0) + 1;
      }
      kind.questions += 1;
      if (end >= 0) known[end]!.now.open = true;

      const marks = new Map<number, number>();
      const worth = (at: number) => tokens[at]! >= terms.tokensMin;
      const lifeOf = ({ again, within }: Seen) => cheapest(terms, (index) => (within[index] ?? 0) / again);
      const shared = known.findLastIndex(
        ({ sight }, at) => worth(at) && sight !== undefined && sight.again >= SHARED_MIN && lifeOf(sight) !== undefined,
      );
      if (shared >= 0) marks.set(shared, lifeOf(known[shared]!.sight!)!.minutes);
      const again = known.findLastIndex(({ sight }, at) => worth(at) && sight !== undefined && lifeOf(sight) !== undefined);
      if (again >= 0 && !marks.has(again)) marks.set(again, lifeOf(known[again]!.sight!)!.minutes);
      // Whether this one will be gone on with: as those of its kind were; one that goes on with another likely is.
      const sure = kind.questions >= KNOWN_MIN;
      const tail =
        sure || before >= 0
          ? cheapest(terms, (index) => {
              const share = (kind.continuedWithin[index] ?? 0) / kind.questions;
              return sure ? share : Math.max(share, 0.5);
            })
          : undefined;
      if (tail && end >= 0 && worth(end)) marks.set(end, tail.minutes);
      const planned = inOrder(marks);

      tally(kind, known, planned, tokens, terms, nowMs);
      return { marks: planned, explicit: terms.writesUnasked && sure && tail === undefined };
    },
    tallies: () =>
      new Map(
        [...kinds].map(([name, { questions, continued, tokens, planned, lives }]) => {
          const [most] = [...lives].toSorted(([, a], [, b]) => b - a);
          return [name, { questions, continued, tokens, planned, ...(most && { minutes: most[0] }) }];
        }),
      ),
  };
}

/** At most four, first to last; a longer life must stand before a shorter one, so that later ones never live longer. */
function inOrder(marks: ReadonlyMap<number, number>): CachePlan['marks'] {
  let least = Number.POSITIVE_INFINITY;
  return [...marks]
    .toSorted(([a], [b]) => a - b)
    .slice(-MARKS_MAX)
    .map(([at, minutes]) => {
      least = Math.min(least, minutes);
      return { at, minutes: least };
    });
}

/** Adds what the question costs as planned, were it so from now on: a prefix that is kept is read, what is marked beyond it written. */
function tally(
  kind: Kind,
  known: readonly { readonly now: Seen }[],
  marks: CachePlan['marks'],
  tokens: Prefixes['tokens'],
  { read, lives }: CacheTerms,
  nowMs: number,
): void {
  const all = tokens.at(-1) ?? 0;
  const kept = known.findLastIndex(({ now }) => now.keptUntilMs >= nowMs);
  const held = kept < 0 ? 0 : tokens[kept]!;
  let cost = held * read;
  let from = held;
  for (const { at, minutes } of marks) {
    if (tokens[at]! > from) {
      cost += (tokens[at]! - from) * (lives.find((life) => life.minutes === minutes)?.write ?? 1);
      from = tokens[at]!;
    }
    known[at]!.now.keptUntilMs = nowMs + minutes * MINUTE_MS;
    kind.lives.set(minutes, (kind.lives.get(minutes) ?? 0) + 1);
  }
  kind.tokens += all;
  kind.planned += cost + (all - from);
}
