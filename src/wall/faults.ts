import type { Fault, Script, ScriptRule } from '../simulator/index.ts';
import { PREAMBLE_EVENTS, type Vendor } from './texts.ts';

/** One way a provider misbehaves. Scripts are the primary's and the fallback's; what they do not say is a good answer. */
export interface WallFault {
  readonly number: number;
  readonly name: string;
  readonly primary: Script | ((vendor: Vendor) => Script);
  readonly fallback?: Script;
  /** From then on the primary is well, in milliseconds from the first call. */
  readonly wellAfterMs?: number;
  /** How many calls are made, and how far apart. Default: one. */
  readonly calls?: { readonly count: number; readonly everyMs: number };
  /** How long one call may take until its end, whatever it is; longer is a hang. */
  readonly withinMs: number;
}

const failing = (fault: Fault, when?: ScriptRule['when']): Script => [{ ...(when && { when }), fault }];
const once = { nth: 1 } as const;

/** A fault of a stream after so many tokens. */
const afterTokens = (tokens: number, faultOf: (events: number) => Fault) => (vendor: Vendor) =>
  failing(faultOf(PREAMBLE_EVENTS[vendor] + tokens));

const CONTEXT: Readonly<Record<Vendor, Fault>> = {
  openai: { status: 400, code: 'context_length_exceeded' },
  anthropic: { status: 400, message: 'prompt is too long: 201234 tokens > 200000 maximum' },
};

/** What the provider says for itself when it refuses content; the caller must get to read it. */
export const POLICY_REASON = 'Your request was rejected as a result of our safety system, rule wall-13.';

const POLICY: Readonly<Record<Vendor, Fault>> = {
  openai: { status: 400, code: 'content_policy_violation', message: POLICY_REASON },
  anthropic: { status: 400, message: `Output blocked by content filtering policy: ${POLICY_REASON}` },
};

/** What a model says that cannot continue a half answer; a caller who reads it was told the wrong failure. */
export const PREFILL_REASON = 'This model does not support assistant message prefill. The conversation must end with a user message.';

/** After Failover Bench, methodology 0.1 (MIT): the same sixteen, with the same times. */
export const WALL: readonly WallFault[] = [
  { number: 1, name: '429 once, retry-after 2 s', primary: failing({ status: 429, retryAfter: { seconds: 2 } }, once), withinMs: 20_000 },
  { number: 2, name: '429 for ever, no header', primary: failing({ status: 429 }), withinMs: 30_000 },
  { number: 3, name: '500 once', primary: failing({ status: 500 }, once), withinMs: 20_000 },
  { number: 4, name: '503 for ever', primary: failing({ status: 503 }), withinMs: 30_000 },
  { number: 5, name: 'connection reset before headers, once', primary: failing({ resetAtByte: 0 }, once), withinMs: 20_000 },
  { number: 6, name: 'accepts and says nothing for 120 s', primary: failing({ slowFirstByteMs: 120_000 }), withinMs: 60_000 },
  { number: 7, name: 'headers at once, first token after 20 s', primary: [{ timing: { firstMs: 20_000 } }], withinMs: 15_000 },
  {
    number: 8,
    name: 'stream dies after 40 of 60 tokens',
    primary: afterTokens(40, (resetAfterEvents) => ({ resetAfterEvents })),
    withinMs: 20_000,
  },
  {
    number: 9,
    name: 'stream silent for 30 s after 20 tokens',
    primary: afterTokens(20, (events) => ({ pauseAfterEvents: events, pauseMs: 30_000, resetAfterEvents: events + 1 })),
    withinMs: 46_000,
  },
  { number: 10, name: 'tenth event is not JSON', primary: failing({ garbageAfterEvents: 9 }), withinMs: 20_000 },
  { number: 11, name: 'complete stream without its last event', primary: failing({ noLastEvent: true }), withinMs: 10_000 },
  { number: 12, name: '400 context length exceeded', primary: (vendor) => failing(CONTEXT[vendor]), withinMs: 20_000 },
  { number: 13, name: '400 content policy violation', primary: (vendor) => failing(POLICY[vendor]), withinMs: 20_000 },
  {
    number: 14,
    name: 'stream ends after 40 tokens, fallback takes no prefill',
    primary: afterTokens(40, (cutAfterEvents) => ({ cutAfterEvents })),
    fallback: failing({ status: 400, message: PREFILL_REASON }, { contains: '"role":"assistant"' }),
    withinMs: 20_000,
  },
  {
    number: 15,
    name: '503 for 60 s, then well; a call every 4 s',
    primary: failing({ status: 503 }),
    wellAfterMs: 60_000,
    calls: { count: 20, everyMs: 4000 },
    withinMs: 20_000,
  },
  { number: 16, name: '503 for ever, what the fallback costs', primary: failing({ status: 503 }), withinMs: 30_000 },
];

/** A primary that is well: whether the gateway still lives after a fault is asked here. */
export const HEALTHY: WallFault = { number: 0, name: 'nothing', primary: [], withinMs: 20_000 };
