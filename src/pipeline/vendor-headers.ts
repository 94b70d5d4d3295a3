/**
 * The vendor's headers that mean something to its own SDK and to nobody else: passed on when the
 * answer is relayed. An allow-list, because each costs about a microsecond and most are noise.
 */
export function passedOn(headers: Readonly<Record<string, string>>, relayed: boolean): Record<string, string> {
  const kept: Record<string, string> = {};
  if (!relayed) return kept;
  for (const name in headers) if (KEPT.test(name)) kept[name] = headers[name]!;
  return kept;
}

const KEPT =
  /^(anthropic-(ratelimit|priority|organization-id|workspace-id)|x-ratelimit-|openai-(organization|project|processing-ms|version|model)|retry-after)/;
