import type { Provider } from '../model/provider.ts';

type Headers = Readonly<Record<string, string>>;

/** Who sends, where the caller does not say. */
const USER_AGENT = 'headgate';

/**
 * Puts the provider's own headers and one of its keys to what the caller's dialect says. What the
 * operator wrote counts over both. `key` is a key's place in the provider's list; without one they take turns.
 */
export function addressOf(provider: Provider): (headers: Headers, hasBody: boolean, key?: number) => string[] {
  const fixed = provider.headers;
  const keyHeader = provider.dialects.includes('anthropic-messages') ? 'x-api-key' : 'authorization';
  const carriesKey = provider.keys.length > 0 && fixed['authorization'] === undefined && fixed['x-api-key'] === undefined;
  const keys = carriesKey ? provider.keys : [undefined];
  // One list per key, made once: the part of every request's head that never changes.
  const openings = keys.map((key) => {
    const opening = ['accept-encoding', 'identity'];
    for (const [name, value] of Object.entries(fixed)) opening.push(name, value);
    if (key !== undefined) opening.push(keyHeader, keyHeader === 'authorization' ? `Bearer ${key}` : key);
    return opening;
  });
  const taken = new Set(openings[0]!.filter((_, index) => index % 2 === 0));
  let turn = -1;
  const next = () => {
    turn = (turn + 1) % openings.length;
    return turn;
  };

  return (headers, hasBody, key = next()) => {
    const all = (openings[key] ?? openings[0]!).slice();
    for (const name in headers) if (!taken.has(name)) all.push(name, headers[name]!);
    if (hasBody && headers['content-type'] === undefined) all.push('content-type', 'application/json');
    if (headers['user-agent'] === undefined && !taken.has('user-agent')) all.push('user-agent', USER_AGENT);
    return all;
  };
}
