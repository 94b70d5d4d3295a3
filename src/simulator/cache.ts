import { createHash } from 'node:crypto';
import type { ModelFacts } from '../model/facts.ts';
import { type Block, BYTES_PER_TOKEN } from './tokens.ts';

/** Prompts remembered, by the digest of their beginning. One per API key. */
export type CacheStore = Map<string, CacheEntry>;

interface CacheEntry {
  readonly minutes: number;
  expiresMs: number;
}

/** How a prompt's tokens divide. */
export interface CacheSplit {
  readonly fresh: number;
  readonly read: number;
  /** Written, by lifetime in minutes. */
  readonly written: Readonly<Record<number, number>>;
}

/**
 * Anthropic's accounting: only marked prefixes are kept, for 5 minutes or an hour from their last
 * use; a mark finds an earlier entry up to 20 blocks back; prefixes under the model's minimum are
 * not kept, in silence (§3.6). `salts` are what a section depends on besides its blocks.
 */
export function markedCache(store: CacheStore, blocks: readonly Block[], salts: Salts, facts: ModelFacts, nowMs: number): CacheSplit {
  const ends = prefixes(blocks, salts);
  const least = facts.cacheMinTokens ?? 1024;
  const marks = blocks.flatMap((block, index) => (block.markMinutes !== undefined && ends[index]!.tokens >= least ? [index] : []));
  const hit = lastHit(store, marks, ends, nowMs);
  const total = ends.at(-1)?.tokens ?? 0;
  let done = 0;
  if (hit !== undefined) {
    done = ends[hit]!.tokens;
    touch(store, ends[hit]!.digest, nowMs);
  }
  const read = done;
  const written: Record<number, number> = {};
  for (const index of marks) {
    const { digest, tokens } = ends[index]!;
    // Shorter prefixes that are still there live on: the request has used them too.
    if (isLive(store, digest, nowMs)) {
      touch(store, digest, nowMs);
      continue;
    }
    const minutes = blocks[index]!.markMinutes || 5;
    store.set(digest, { minutes, expiresMs: nowMs + minutes * 60_000 });
    if (tokens <= done) continue;
    written[minutes] = (written[minutes] ?? 0) + tokens - done;
    done = tokens;
  }
  return { fresh: total - done, read, written };
}

/** What makes a prefix another one besides its blocks (§3.6): a change to one loses its section and those after it. */
export interface Salts {
  readonly all: string;
  readonly system: string;
  readonly turns: string;
}

const LOOKBACK = 20;

function lastHit(store: CacheStore, marks: readonly number[], ends: readonly Prefix[], nowMs: number): number | undefined {
  for (const mark of [...marks].reverse()) {
    for (let index = mark; index >= 0 && index > mark - LOOKBACK; index -= 1) {
      if (isLive(store, ends[index]!.digest, nowMs)) return index;
    }
  }
  return undefined;
}

interface Prefix {
  readonly digest: string;
  readonly tokens: number;
}

/** The prompt up to and including each block. */
function prefixes(blocks: readonly Block[], salts: Salts): Prefix[] {
  const hash = createHash('sha256').update(salts.all);
  let section = '';
  let tokens = 0;
  return blocks.map((block) => {
    if (block.section !== section) {
      section = block.section;
      hash.update(`\n${section}:${section === 'tools' ? '' : salts.system}${section === 'turns' ? salts.turns : ''}`);
    }
    hash.update(`\n${block.text}`);
    tokens += block.tokens;
    return { digest: hash.copy().digest('base64url'), tokens };
  });
}

/**
 * OpenAI's accounting: prompts of 1024 tokens and more are kept by themselves, in steps of 128;
 * models that take breakpoints bill what they write (§0.9, §1.1, §6.1). `explicit`: nothing is kept
 * but what is marked.
 */
export function implicitCache(
  store: CacheStore,
  blocks: readonly Block[],
  lifetime: Lifetime,
  facts: ModelFacts,
  nowMs: number,
): CacheSplit {
  const least = facts.cacheMinTokens ?? 1024;
  const total = blocks.reduce((sum, { tokens }) => sum + tokens, 0);
  const marks = markedTokens(blocks).filter((tokens) => tokens >= least);
  const steps = stepsTo(least, total);
  const kept = lifetime.explicit ? marks.slice(-4) : [...steps, ...marks.slice(-3)];
  const digests = digestsAt(blocks, [...new Set([...steps, ...marks])], lifetime.salt);
  const read = Math.max(0, ...[...digests].filter(([, digest]) => isLive(store, digest, nowMs)).map(([tokens]) => tokens));
  for (const tokens of kept) {
    const digest = digests.get(tokens)!;
    store.set(digest, { minutes: lifetime.minutes, expiresMs: nowMs + lifetime.minutes * 60_000 });
  }
  for (const digest of digests.values()) touch(store, digest, nowMs);
  const end = Math.max(read, ...kept);
  const write = facts.cacheMarks && end > read ? end - read : 0;
  return { fresh: total - read - write, read, written: write > 0 ? { [lifetime.minutes]: write } : {} };
}

export interface Lifetime {
  readonly minutes: number;
  readonly explicit: boolean;
  /** What a prefix depends on besides its text: the model, the cache key. */
  readonly salt: string;
}

const STEP = 128;

const stepsTo = (least: number, total: number): number[] =>
  Array.from({ length: Math.max(0, Math.floor((total - least) / STEP) + 1) }, (_, index) => least + index * STEP);

function markedTokens(blocks: readonly Block[]): number[] {
  let tokens = 0;
  return blocks.flatMap((block) => {
    tokens += block.tokens;
    return block.markMinutes === undefined ? [] : [tokens];
  });
}

/** The digest of the prompt up to each of these token counts: whole blocks, and the beginning of one as bytes. */
function digestsAt(blocks: readonly Block[], counts: readonly number[], salt: string): Map<number, string> {
  const wanted = [...counts].sort((a, b) => a - b);
  const hash = createHash('sha256').update(salt);
  const digests = new Map<number, string>();
  let tokens = 0;
  for (const block of blocks) {
    const bytes = Buffer.from(block.text);
    for (let next = wanted[0]; next !== undefined && next < tokens + block.tokens; next = wanted[0]) {
      const part = bytes.subarray(0, (next - tokens) * BYTES_PER_TOKEN);
      digests.set(next, hash.copy().update(part).digest('base64url'));
      wanted.shift();
    }
    hash.update(bytes);
    tokens += block.tokens;
    if (wanted[0] === tokens) digests.set(wanted.shift()!, hash.copy().digest('base64url'));
  }
  return digests;
}

const isLive = (store: CacheStore, digest: string, nowMs: number): boolean => (store.get(digest)?.expiresMs ?? 0) > nowMs;

function touch(store: CacheStore, digest: string, nowMs: number): void {
  const entry = store.get(digest);
  if (entry && entry.expiresMs > nowMs) entry.expiresMs = nowMs + entry.minutes * 60_000;
}
