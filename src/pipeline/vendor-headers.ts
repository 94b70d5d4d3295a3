/**
 * Adds the vendor's headers that mean something to its own SDK and to nobody else, for an answer that
 * is relayed. An allow-list, because each costs about a microsecond and most are noise. Of the vendor's rate limits
 * nothing is told to a caller who has limits of its own: those would be the operator's.
 */
export function passOn(from: Readonly<Record<string, string>>, to: Record<string, string>, limited: boolean): void {
  for (const name in from) if (isKept(name) && !(limited && RATE.test(name))) to[name] = from[name]!;
}

const RATE = /ratelimit-/;

const KEPT =
  /^(anthropic-(ratelimit|priority|organization-id|workspace-id)|x-ratelimit-|openai-(organization|project|processing-ms|version|model)|retry-after)/;

/** Providers send the same few names for ever; a Map of them beats the pattern. Bounded, since names are theirs to choose. */
const judged = new Map<string, boolean>();

function isKept(name: string): boolean {
  let kept = judged.get(name);
  if (kept === undefined) {
    kept = KEPT.test(name);
    if (judged.size < 1000) judged.set(name, kept);
  }
  return kept;
}
