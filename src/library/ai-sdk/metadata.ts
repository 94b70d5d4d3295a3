import type { SharedV4ProviderMetadata, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { Receipt } from '../../model/make-call.ts';
import { formatUsd } from '../../model/money.ts';
import type { CacheMark, Part } from '../../model/part.ts';

/** Under which name ours stands among the metadata of providers. */
export const NAME = 'headgate';

/**
 * What of a part the AI SDK has no words for, to come back with the conversation: seals, citations, what only
 * one vendor knows, and whole parts that only one vendor knows.
 */
export function metadataOf(kept: object): { readonly providerMetadata?: SharedV4ProviderMetadata } {
  const said = Object.entries(kept).filter(([, value]) => value !== undefined);
  return said.length > 0 ? { providerMetadata: { [NAME]: Object.fromEntries(said) as never } } : {};
}

/** What `metadataOf` kept, of a part that has come back. */
export const keptIn = <K extends object>(options: SharedV4ProviderOptions | undefined): Partial<K> => (options?.[NAME] ?? {}) as Partial<K>;

/** A cache mark written for Anthropic's own provider, `cacheControl: { type: 'ephemeral', ttl: '1h' }`, or for us. */
export function cacheIn(options: SharedV4ProviderOptions | undefined): Pick<Part, 'cache'> {
  const own = options?.[NAME]?.['cache'] as CacheMark | undefined;
  if (own) return { cache: own };
  const control = (options?.['anthropic']?.['cacheControl'] ?? options?.['anthropic']?.['cache_control']) as { ttl?: string } | undefined;
  if (!control) return {};
  return { cache: control.ttl === '1h' ? { ttlMinutes: 60 } : control.ttl === '5m' ? { ttlMinutes: 5 } : {} };
}

/** What a call came to, as metadata of its answer: `providerMetadata.headgate`. */
export const receiptMetadata = ({ callId, cost, attempts, target, losses }: Receipt): SharedV4ProviderMetadata => ({
  [NAME]: {
    callId,
    costUsd: cost === null ? null : formatUsd(cost),
    attempts,
    ...(target && { target: `${target.provider}/${target.model}` }),
    losses: losses.length,
  },
});
