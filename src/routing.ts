import { hash } from 'node:crypto';
import type { Pricer } from './accounting/pricer.ts';
import type { Destination, DestinationTarget } from './destinations.ts';
import { conversationOf } from './lanes/conversation.ts';
import type { Asking } from './lanes/lane.ts';
import { likelyInputTokens } from './lanes/size.ts';
import { traitsOf } from './lanes/traits.ts';
import { ANSWER_TOKENS } from './limits/plan.ts';
import { HeadgateError } from './model/failure.ts';
import type { Money } from './model/money.ts';
import type { Traits } from './model/traits.ts';
import { CACHE_LIVES, cacheWriteTokens, inputTokens, outputTokens, type Usage } from './model/usage.ts';
import type { FinishedCall } from './pipeline/rooms.ts';
import { createExperience, type Experience } from './policy/experience.ts';
import { unmet } from './policy/prefer.ts';
import { inPreference, type Outlook } from './policy/route.ts';
import type { World } from './world/world.ts';

/** Puts the targets of calls in order: by preference, by strategy, and by what a target can take. */
export interface Routing {
  /** The targets of a call, best first. */
  order(route: Destination, asking: Asking): readonly DestinationTarget[];
  /** The same with all that was weighed. */
  explain(route: Destination, asking: Asking): Weighed;
  /** A call is over: what it came to is remembered where strategies go by it. */
  learn(route: Destination, call: FinishedCall): void;
  /** The call on its side of a split, tagged with it; the same call where its model name tries nothing. */
  placed(route: Destination, asking: Asking): Asking;
}

/** The order of a call's targets with all that went into it. */
export interface Weighed {
  /** Each preference, with the first condition that does not hold; the first without one was taken. */
  readonly preferences: readonly { readonly to: readonly DestinationTarget[]; readonly unmet: string | undefined }[];
  readonly taken: number | undefined;
  /** Best first. */
  readonly targets: readonly {
    readonly target: DestinationTarget;
    /** Of this call there, about; null when it has no price. */
    readonly price: Money | null;
    readonly speedMs: number | undefined;
    readonly warm: boolean;
    /** Why others come first although it may be preferred. */
    readonly obstacle: string | undefined;
  }[];
}

/** Bytes of text to a token in the densest writing: a shorter body fits a window for sure. */
const BYTES_PER_TOKEN_MIN = 1;
const PDF = 'JVBERi';

export function createRouting(world: World, pricer: () => Pricer): Routing {
  const experience = createExperience();
  const told = new WeakMap<Asking['inbound'], { conversation?: string; guessedTokens: number }>();

  function obstacle(target: DestinationTarget, traits: Traits): string | undefined {
    const { contextTokens, pdfPagesMax } = target.facts;
    const tokens = traits.inputTokens;
    if (contextTokens !== undefined && tokens > contextTokens) return `about ${tokens} tokens, and its window holds ${contextTokens}`;
    const pages = pdfPagesMax === undefined ? 0 : (traits.pdfPages ?? 0);
    return pdfPagesMax !== undefined && pages > pdfPagesMax ? `${pages} pages of PDF, and it takes ${pdfPagesMax}` : undefined;
  }

  function outlookOf(route: Destination, asking: Asking): Outlook<DestinationTarget> {
    const { inbound } = asking;
    const nowMs = world.now();
    const guessedTokens = likelyInputTokens(inbound);
    const conversation = route.strategy === 'fastest' ? undefined : conversationOf(asking);
    told.set(inbound, { guessedTokens, ...(conversation !== undefined && { conversation }) });
    const cached = conversation === undefined ? undefined : experience.cached(conversation, nowMs);
    return {
      price: (target) => likelyCost(target, asking, { guessedTokens, cached, nowMs, experience, pricer: pricer() }),
      speed({ name }) {
        const { streamedMs, wholeMs } = experience.of(name);
        return inbound.head.stream ? streamedMs : wholeMs;
      },
      warm: ({ name }) => cached?.target === name,
    };
  }

  function lead(route: Destination, asking: Asking, traits: Traits): readonly DestinationTarget[] {
    const preferred = route.prefer?.find(({ when }) => why(when, traits) === undefined);
    if (preferred) return preferred.to;
    return asking.arm === 'treatment' && route.split ? route.split.to : [];
  }

  function order(route: Destination, asking: Asking): readonly DestinationTarget[] {
    if (asking.arm === 'shadow' && route.shadow) return route.shadow.to;
    const { strategy, targets } = route;
    const plain = strategy === 'ordered' || strategy === 'weighted' || targets.length === 1;
    const outlook = plain ? NO_OUTLOOK : outlookOf(route, asking);
    const ordered = inPreference(strategy, targets, outlook, strategy === 'ordered' ? 0 : world.random());
    if (ordered.length === 1 && !route.prefer && !route.split) return ordered;
    const traits = traitsOf(asking);
    const first = route.prefer || asking.arm === 'treatment' ? lead(route, asking, traits) : [];
    const all = first.length === 0 ? ordered : [...new Set([...first, ...ordered])];
    if (!mayNotFit(all, asking)) return all;
    const hindered = new Set(all.filter((target) => hinders(target, traits)));
    return hindered.size === 0 ? all : [...all.filter((target) => !hindered.has(target)), ...hindered];
  }

  const hinders = (target: DestinationTarget, traits: Traits) => readable(() => obstacle(target, traits), undefined) !== undefined;

  return {
    order,
    explain(route, asking) {
      const traits = traitsOf(asking);
      const preferences = (route.prefer ?? []).map(({ when, to }) => ({ to, unmet: why(when, traits) }));
      const taken = preferences.findIndex((one) => one.unmet === undefined);
      const outlook = outlookOf(route, asking);
      return {
        preferences,
        taken: taken < 0 ? undefined : taken,
        targets: order(route, asking).map((target) => ({
          target,
          price: outlook.price(target),
          speedMs: outlook.speed(target),
          warm: outlook.warm(target),
          obstacle: readable(() => obstacle(target, traits), undefined),
        })),
      };
    },
    learn(route, { asking, attempts }) {
      const before = told.get(asking.inbound);
      const answered = attempts.findLast(({ finish }) => finish);
      if (!before || !answered?.usage) return;
      const { usage, target, firstContentMs, durationMs } = answered;
      const streamed = asking.inbound.head.stream;
      const { facts } = route.targets.find(({ name }) => name === `${target.provider}/${target.model}`) ?? {};
      const { tokens, ms } = cachedBy(usage, facts);
      experience.add(`${target.provider}/${target.model}`, {
        ...before,
        streamed,
        beganMs: streamed ? firstContentMs : durationMs,
        inputTokens: inputTokens(usage),
        outputTokens: outputTokens(usage),
        cachedTokens: tokens,
        cachedUntilMs: world.now() + ms,
      });
    },
    placed(route, asking) {
      const { split, shadow } = route;
      if (!split && !shadow) return asking;
      const { caller } = asking;
      const tags: Record<string, string> = { ...caller.tags };
      const arm = split && (drawn(split.by === 'user' ? fixed(split.name, caller) : world.random(), split.share) ? 'treatment' : 'control');
      if (split && arm) tags['split'] = `${split.name}/${arm}`;
      const copied = shadow && drawn(world.random(), shadow.share) ? (true as const) : undefined;
      if (copied) tags['shadow'] = 'original';
      return { ...asking, ...(arm && { arm }), ...(copied && { copied }), caller: { ...caller, tags } };
    },
  };
}

const NO_OUTLOOK: Outlook<DestinationTarget> = { price: () => null, speed: () => undefined, warm: () => false };

const drawn = (chance: number, share: number) => chance < share;

/** In [0, 1), the same for the same user of the same trial each time. */
const fixed = (trial: string, { user, key }: Asking['caller']): number =>
  Number.parseInt(hash('sha256', `${trial}\n${user ?? key}`).slice(0, 12), 16) / 2 ** 48;

/** Whether it is worth looking: most calls are too short for any window, and hold no PDF. */
const mayNotFit = (targets: readonly DestinationTarget[], { inbound: { body } }: Asking): boolean =>
  targets.some(({ facts: { contextTokens } }) => contextTokens !== undefined && body.length > contextTokens * BYTES_PER_TOKEN_MIN) ||
  body.includes(PDF);

/** A request nobody here can read is its provider's to judge. */
function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof HeadgateError) return otherwise;
    throw error;
  }
}

const why = (when: Parameters<typeof unmet>[0], traits: Traits) => readable(() => unmet(when, traits), 'the request cannot be read');

/** What the call will cost there, about: the question by its length, what of it is cached at the price of reading, an answer of the usual length. */
function likelyCost(
  { name, model, provider, facts }: DestinationTarget,
  { inbound: { operation, head } }: Asking,
  known: {
    readonly guessedTokens: number;
    readonly cached: ReturnType<Experience['cached']>;
    readonly nowMs: number;
    readonly experience: Experience;
    readonly pricer: Pricer;
  },
): Money | null {
  const { inputScale = 1, outputTokens: usual = ANSWER_TOKENS } = known.experience.of(name);
  const input = Math.ceil(known.guessedTokens * inputScale);
  const cacheRead = known.cached?.target === name ? Math.min(known.cached.tokens, input) : 0;
  const most = Math.min(head.maxOutputTokens ?? Number.POSITIVE_INFINITY, facts.outputTokensMax ?? Number.POSITIVE_INFINITY);
  const output = operation === 'generate' ? Math.ceil(Math.min(usual, most)) : 0;
  const tokens = { input: input - cacheRead, ...(cacheRead > 0 && { cacheRead }), output };
  return known.pricer.bill({ tokens }, { provider: provider.name, model, channel: 'sync', atMs: known.nowMs }, true).cost;
}

const MINUTE_MS = 60_000;

/** How much of a question its provider has cached by now, and for how long it surely keeps it. */
function cachedBy(usage: Usage, facts: DestinationTarget['facts'] | undefined): { tokens: number; ms: number } {
  const { tokens } = usage;
  const told = (tokens.cacheRead ?? 0) + cacheWriteTokens(usage);
  const longest = CACHE_LIVES.findLast(({ meter }) => (tokens[meter] ?? 0) > 0) ?? CACHE_LIVES[0];
  const ms = MINUTE_MS * longest.minutes;
  if (told > 0 || facts?.vendor !== 'openai') return { tokens: told, ms };
  // OpenAI's models before GPT-5.6 cache unasked and report reads only.
  const all = inputTokens(usage);
  return { tokens: all >= (facts.cacheMinTokens ?? Number.POSITIVE_INFINITY) ? all : 0, ms };
}
