/** What calls to targets came to of late: what routing by price, speed and cache goes by. Forgotten when the process ends. */
export interface Experience {
  /** A call was answered. */
  add(target: string, outcome: Outcome): void;
  /** What is known of a target, `provider/model`. */
  of(target: string): Known;
  /** Who last answered in this conversation, and how many tokens of its beginning are still in that one's cache. */
  cached(conversation: string, nowMs: number): { readonly target: string; readonly tokens: number } | undefined;
}

/** What a call came to. */
export interface Outcome {
  readonly streamed: boolean;
  /** From the start to the first word, or to the whole answer where it does not stream. */
  readonly beganMs: number | undefined;
  /** Tokens of the question as billed, and as they were guessed before. */
  readonly inputTokens: number;
  readonly guessedTokens: number;
  readonly outputTokens: number;
  /** Absent: nobody asked which conversation it is. */
  readonly conversation?: string;
  /** Tokens its provider has cached now, and for how long. */
  readonly cachedTokens: number;
  readonly cachedUntilMs: number;
}

/** Running means, recent calls counting more; undefined until a call has told. */
export interface Known {
  readonly streamedMs?: number;
  readonly wholeMs?: number;
  /** Tokens of an answer. */
  readonly outputTokens?: number;
  /** Tokens as billed for each one guessed: tokenizers differ. */
  readonly inputScale?: number;
}

/** How much of a mean the latest call makes. */
const LATEST = 0.1;
/** Conversations remembered at once; the one unused for longest makes room. */
const CONVERSATIONS_MAX = 10_000;

export function createExperience(): Experience {
  const known = new Map<string, { -readonly [K in keyof Known]: Known[K] }>();
  const conversations = new Map<string, { target: string; tokens: number; untilMs: number }>();

  return {
    add(target, { streamed, beganMs, inputTokens, guessedTokens, outputTokens, conversation, cachedTokens, cachedUntilMs }) {
      const means = known.get(target) ?? {};
      known.set(target, means);
      const latest = (name: keyof Known, value: number) => {
        const before = means[name];
        means[name] = before === undefined ? value : before + (value - before) * LATEST;
      };
      if (beganMs !== undefined) latest(streamed ? 'streamedMs' : 'wholeMs', beganMs);
      latest('outputTokens', outputTokens);
      if (guessedTokens > 0 && inputTokens > 0) latest('inputScale', inputTokens / guessedTokens);
      if (conversation === undefined) return;
      conversations.delete(conversation);
      conversations.set(conversation, { target, tokens: cachedTokens, untilMs: cachedUntilMs });
      if (conversations.size > CONVERSATIONS_MAX) conversations.delete(conversations.keys().next().value!);
    },
    of: (target) => known.get(target) ?? NOTHING,
    cached(conversation, nowMs) {
      const last = conversations.get(conversation);
      return last && last.tokens > 0 && last.untilMs > nowMs ? last : undefined;
    },
  };
}

const NOTHING: Known = {};
