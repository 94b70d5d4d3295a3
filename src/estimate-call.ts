import { likelyPrice, worstPrice } from './accounting/estimate.ts';
import { createPricer } from './accounting/pricer.ts';
import { priceBook } from './accounting/prices/index.ts';
import type { Config } from './config/config.ts';
import { destinationsOf } from './destinations.ts';
import { inboundOf } from './lanes/inbound.ts';
import { dialectFor } from './lanes/index.ts';
import type { Inbound } from './lanes/lane.ts';
import { sizeOf } from './lanes/size.ts';
import { openaiTokenizer, tokensOf } from './lanes/tokenizer.ts';
import { ANSWER_TOKENS } from './limits/plan.ts';
import type { Failure } from './model/failure.ts';
import { formatUsd, type Money } from './model/money.ts';
import type { DialectName } from './model/part.ts';
import type { World } from './world/world.ts';

/** How large and how dear a call would be at one target. */
export interface CallEstimate {
  readonly target: string;
  readonly inputTokens: number;
  /** `tokenizer`: counted with the vendor's own; `length`: four bytes of text to a token, media by formula. */
  readonly countedBy: 'tokenizer' | 'length';
  /** The longest answer there may be, reasoning included. */
  readonly outputTokensMax: number;
  /** Dollars: with an answer of usual length, and the most it can come to; null when it has no price. */
  readonly likelyUsd: string | null;
  readonly worstUsd: string | null;
  /** Whether question and longest answer fit the model's window; null when that is not known. */
  readonly fitsWindow: boolean | null;
  /** Whether the model can write as much as is asked for; null when that is not known. */
  readonly fitsOutput: boolean | null;
}

/** Sizes one request at every target of its model, without sending anything. */
export async function estimateCall(config: Config, world: World, inbound: Inbound): Promise<readonly CallEstimate[] | Failure> {
  const { maxVisibleTokens } = inbound;
  const route = destinationsOf(config)(inbound.head.model);
  if ('kind' in route) return route;
  const pricer = createPricer(priceBook(config.prices), config.providers);
  const tokenizer = route.targets.some(({ facts }) => facts.vendor === 'openai') ? await openaiTokenizer() : undefined;
  const counted = tokenizer && tokensOf(inbound.decode(), tokenizer);
  return route.targets.map(({ name, model, provider, facts }): CallEstimate => {
    const size = sizeOf(inbound, facts, { provider: provider.name, model, dialect: dialectFor(inbound, provider.dialects, facts) });
    const exact = facts.vendor === 'openai' ? counted : undefined;
    const likely = exact ?? size.inputTokens.likely;
    const sale = { provider: provider.name, model, channel: 'sync', atMs: world.now() } as const;
    const usual = { ...size, inputTokens: { ...size.inputTokens, likely }, outputTokensMax: Math.min(ANSWER_TOKENS, size.outputTokensMax) };
    const { contextTokens, outputTokensMax } = facts;
    const asked = maxVisibleTokens ?? inbound.head.maxOutputTokens ?? 0;
    return {
      target: name,
      inputTokens: likely,
      countedBy: exact === undefined ? 'length' : 'tokenizer',
      outputTokensMax: size.outputTokensMax,
      likelyUsd: dollars(likelyPrice(pricer, usual, sale)),
      worstUsd: dollars(worstPrice(pricer, size, sale)),
      fitsWindow: contextTokens === undefined ? null : likely + size.outputTokensMax <= contextTokens,
      fitsOutput: outputTokensMax === undefined ? null : asked <= outputTokensMax,
    };
  });
}

/** The same of a request's body. Throws `invalid` when it is none. */
export function estimateBody(
  config: Config,
  world: World,
  { dialect, body, maxVisibleTokens }: { dialect: DialectName; body: Buffer; maxVisibleTokens?: number },
): Promise<readonly CallEstimate[] | Failure> {
  const inbound = inboundOf('generate', dialect, {}, body);
  return estimateCall(config, world, maxVisibleTokens === undefined ? inbound : { ...inbound, maxVisibleTokens });
}

const dollars = (price: Money | null): string | null => (price === null ? null : formatUsd(price));
