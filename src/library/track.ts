import type { Account } from './question.ts';

/** An official SDK's client, of which only its way to make another like itself is used. */
interface Client {
  withOptions(options: { readonly fetch: typeof globalThis.fetch }): unknown;
}

/**
 * A client like the one given (of `openai` or `@anthropic-ai/sdk`), whose every call bears this account; call sites
 * stay as they are. What a call site says in `x-headgate-…` headers of its own counts before it. The client may
 * lead to a gateway's address or have `headgate.fetch`. Throws where the account cannot be written into headers.
 */
export function track<C extends Client>(client: C, account: Account): C {
  // Both SDKs keep the `fetch` they were given, or found, under this name.
  const { fetch: send } = client as unknown as { readonly fetch?: typeof globalThis.fetch };
  if (typeof send !== 'function')
    throw new TypeError('track takes a client of openai or @anthropic-ai/sdk; others take a trackedFetch as their fetch');
  return client.withOptions({ fetch: trackedFetch(send, account) }) as C;
}

/** A `fetch` whose every request bears this account where it names none: for clients that `track` does not know. */
export function trackedFetch(send: typeof globalThis.fetch, account: Account): typeof globalThis.fetch {
  const own = Object.entries(headersOf(account));
  return (input, init) => {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    for (const [name, value] of own) if (!headers.has(name)) headers.set(name, value);
    return send(input, { ...init, headers });
  };
}

/** The headers that say whose call it is. Throws a TypeError for what a header cannot hold. */
export function headersOf({ feature, user, tags }: Account): Record<string, string> {
  return {
    ...(feature !== undefined && { 'x-headgate-feature': headerText(feature, 'feature') }),
    ...(user !== undefined && { 'x-headgate-user': headerText(user, 'user') }),
    ...(tags && { 'x-headgate-tags': JSON.stringify(tags).replace(BEYOND, escaped) }),
  };
}

function headerText(text: string, what: string): string {
  if (text !== '' && /^[\x20-\x7e\xa0-\xff]+$/.test(text)) return text;
  throw new TypeError(`${what} must be a text of Latin letters, as headers hold no others`);
}

/** In JSON, letters beyond a header's can be spelled by number. */
const BEYOND = /[^\x20-\x7e]/g;
const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
