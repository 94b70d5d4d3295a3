import type { Tokens, Usage } from '../../model/usage.ts';
import type { CacheSplit } from '../cache.ts';
import type { Composed } from '../reply/compose.ts';
import type { ScriptedReply } from '../script.ts';

/** An answer's usage: as counted, but for the meters a script names. */
export function usageOf({ fresh, read, written }: CacheSplit, composed: Composed, scripted: ScriptedReply['usage']): Usage {
  const { reasoning, ...meters } = scripted ?? {};
  const counted: Tokens = {
    input: fresh,
    cacheRead: read,
    cacheWrite5m: written[5] ?? 0,
    cacheWrite30m: written[30] ?? 0,
    cacheWrite1h: written[60] ?? 0,
    cacheWrite12h: written[720] ?? 0,
    output: composed.outputTokens,
    ...meters,
  };
  const reasoningTokens = reasoning ?? composed.reasoningTokens;
  return {
    tokens: Object.fromEntries(Object.entries(counted).filter(([, tokens]) => tokens > 0)),
    ...(reasoningTokens > 0 && { reasoningTokens }),
  };
}
