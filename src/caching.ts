import type { Pricer } from './accounting/pricer.ts';
import { marked } from './lanes/cache-marks.ts';
import type { Asking, Inbound } from './lanes/lane.ts';
import { type Cacheable, cacheableIn } from './lanes/prefixes.ts';
import type { CachePlan } from './model/caching.ts';
import type { ModelFacts } from './model/facts.ts';
import { HeadgateError } from './model/failure.ts';
import { CACHE_LIVES, type Meter } from './model/usage.ts';
import type { Choice } from './pipeline/rooms.ts';
import { type Churn, createChurnWatch } from './policy/caching/churn.ts';
import { type CacheLife, type CacheTerms, createCachePlanner, KINDS_MAX } from './policy/caching/planner.ts';
import type { CacheReport } from './policy/caching/report.ts';
import type { Ask } from './store/ask.ts';
import type { World } from './world/world.ts';

/** Watches what could be cached, and has it cached where a route says so. */
export interface Caching {
  /** The call's question as a target is to be sent it; the same each time it is asked for. */
  sent(asking: Asking, choice: Choice, mode: 'plan' | 'auto'): Inbound;
  /** Writes down what was learnt, and begins nothing more. */
  close(): Promise<void>;
}

/** A feature at a target: the questions that are looked at together. */
type Kind = Pick<CacheReport, 'feature' | 'target' | 'mode' | 'inputPico' | 'read'>;

/** What was learnt is written down so often. */
const WRITE_MS = 60_000;
/** Models whose shortest prefix nobody has found out. */
const TOKENS_MIN = 1024;

/** Begins with nothing learnt: what was written down is for people to read. */
export function createCaching(rooms: {
  readonly world: World;
  readonly pricer: () => Pricer;
  readonly ask: Ask | undefined;
  /** Beginnings of a feature's questions were found to change every time; once for each. */
  tell(feature: string, target: string, churn: Churn): void;
}): Caching {
  const { world, pricer, ask, tell } = rooms;
  const planner = createCachePlanner();
  const watch = createChurnWatch();
  const sinceMs = world.now();
  const kinds = new Map<string, Kind>();
  const asked = new WeakMap<Asking['inbound'], Map<string, Inbound>>();
  const told = new Set<string>();
  let callOff = () => {};
  let changed = false;

  function plan(asking: Asking, { target, facts }: Choice, cacheable: Cacheable, mode: 'plan' | 'auto'): CachePlan | undefined {
    const feature = asking.caller.feature ?? '';
    const name = `${target.provider}/${target.model}`;
    const kind = `${feature}\n${name}`;
    const nowMs = world.now();
    const terms = termsOf(target.provider, target.model, facts, pricer(), nowMs);
    const { inputPico, ...rest } = terms ?? { inputPico: undefined };
    know(kind, { feature, target: name, mode, ...(inputPico !== undefined && { inputPico, read: terms!.read }) });
    watch.note(kind, cacheable.segments, cacheable.digests[0]!, cacheable.tokens[0]!);
    if (!changed) callOff = world.after(WRITE_MS, write, 'upkeep');
    changed = true;
    return terms && planner.plan(kind, cacheable, rest as CacheTerms, nowMs);
  }

  /** As many as the planner remembers: callers cannot grow it without end by inventing features. */
  function know(name: string, kind: Kind): void {
    kinds.delete(name);
    kinds.set(name, kind);
    if (kinds.size <= KINDS_MAX) return;
    const oldest = kinds.keys().next().value!;
    kinds.delete(oldest);
    told.delete(oldest);
  }

  function reports(): CacheReport[] {
    const tallies = planner.tallies();
    const churns = watch.found();
    return [...kinds].map(([kind, known]) => {
      const { questions = 0, continued = 0, tokens = 0, planned = 0, minutes } = tallies.get(kind) ?? {};
      const churn = churns.get(kind);
      return {
        ...known,
        sinceMs,
        questions,
        continued,
        tokens,
        planned,
        ...(minutes !== undefined && { minutes }),
        ...(churn && { churn }),
      };
    });
  }

  function write(): void {
    changed = false;
    void keep();
  }

  async function keep(): Promise<void> {
    const all = reports();
    for (const { feature, target, churn } of all) {
      const name = `${feature}\n${target}`;
      if (churn && !told.has(name)) tell(feature, target, churn);
      if (churn) told.add(name);
    }
    await ask?.('keepCacheReports', {
      nowMs: world.now(),
      reports: all.map((report) => ({ ...report, body: JSON.stringify(report) })),
    }).catch(() => {});
  }

  return {
    sent(asking, choice, mode) {
      const { inbound } = asking;
      if (inbound.operation !== 'generate') return inbound;
      const name = `${choice.target.provider}/${choice.target.model}/${choice.target.dialect}`;
      const before = asked.get(inbound) ?? new Map<string, Inbound>();
      asked.set(inbound, before);
      const known = before.get(name);
      if (known) return known;
      const sent = prepared(asking, choice, mode);
      before.set(name, sent);
      return sent;
    },
    async close() {
      callOff();
      if (kinds.size > 0) await keep();
    },
  };

  function prepared(asking: Asking, choice: Choice, mode: 'plan' | 'auto'): Inbound {
    const { inbound } = asking;
    try {
      const cacheable = cacheableIn(inbound);
      const planned = plan(asking, choice, cacheable, mode);
      if (mode === 'plan' || !planned || cacheable.marked || !choice.facts.cacheMarks) return inbound;
      return marked(inbound, cacheable, planned, choice.target.dialect);
    } catch (error) {
      // A question that cannot be read is its provider's to judge.
      if (error instanceof HeadgateError) return inbound;
      throw error;
    }
  }
}

/** What caching costs at a target by the price book; undefined: nobody knows. */
function termsOf(
  provider: string,
  model: string,
  { vendor, cacheMarks, cacheMinTokens }: ModelFacts,
  pricer: Pricer,
  atMs: number,
): (CacheTerms & { readonly inputPico: number }) | undefined {
  const costOf = (meter: Meter): number | undefined => {
    const { cost } = pricer.bill({ tokens: { [meter]: 1000 } }, { provider, model, channel: 'sync', atMs }, false);
    return cost === null ? undefined : Number(cost) / 1000;
  };
  const input = costOf('input');
  const read = costOf('cacheRead');
  if (!input || read === undefined) return undefined;
  const lives = CACHE_LIVES.flatMap(({ minutes, meter }): CacheLife[] => {
    const write = costOf(meter);
    return write === undefined ? [] : [{ minutes, write: write / input }];
  });
  return {
    inputPico: input,
    read: read / input,
    lives,
    tokensMin: cacheMinTokens ?? TOKENS_MIN,
    writesUnasked: vendor === 'openai' && cacheMarks,
  };
}
