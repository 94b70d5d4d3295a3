import type { BodyAccount } from '../lanes/account.ts';
import { bookable } from '../model/bookable.ts';
import type { Caller } from '../model/caller.ts';
import { HeadgateError, invalid } from '../model/failure.ts';
import type { Override } from '../model/key.ts';
import { tagsIn, textIn } from './call-headers.ts';
import type { RequestHeaders } from './rooms.ts';

/** Which header names what of an account. */
const HEADERS = {
  feature: 'x-headgate-feature',
  user: 'x-headgate-user',
  tags: 'x-headgate-tags',
} as const satisfies Record<Override, string>;

/**
 * The caller on the account a call names: its `x-headgate-…` headers count before its body, and both before
 * the key. A key that may not be overridden keeps its own: a header that says otherwise is `forbidden`, a body
 * is not asked, as its fields are meant for the provider too. Throws `invalid`, also when a feature is required
 * and none is named.
 */
export function callerOf(caller: Caller, headers: RequestHeaders, body: BodyAccount): Caller {
  const feature = said('feature', caller, textIn(headers, HEADERS.feature), body.feature);
  const user = said('user', caller, textIn(headers, HEADERS.user), body.user);
  const tags = saidTags(caller, tagsIn(headers));
  if (feature === undefined && caller.feature === undefined && caller.featureRequired) invalid(NO_FEATURE, HEADERS.feature);
  if (feature === undefined && user === undefined && tags === undefined) return caller;
  return {
    ...caller,
    ...(feature !== undefined && { feature }),
    ...(user !== undefined && { user }),
    ...(tags !== undefined && { tags: { ...caller.tags, ...tags } }),
  };
}

const NO_FEATURE =
  'this call must say which feature it is for: send the header x-headgate-feature, or in OpenAI\'s formats "metadata": {"feature": "…"}, or use a gateway key that has a feature';

/** The feature or user a call names; undefined: it names none that counts. */
function said(what: 'feature' | 'user', caller: Caller, header: string | undefined, body: string | undefined): string | undefined {
  if (mayOverride(caller, what)) return header ?? (body === undefined ? undefined : bookable(body));
  if (header !== undefined && header !== caller[what]) keepsItsOwn(caller, what);
  return undefined;
}

function saidTags(caller: Caller, tags: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | undefined {
  if (!tags || mayOverride(caller, 'tags')) return tags;
  if (Object.entries(tags).some(([name, value]) => caller.tags?.[name] !== value)) keepsItsOwn(caller, 'tags');
  return undefined;
}

const mayOverride = ({ scopes }: Caller, what: Override): boolean => !scopes?.overrides || scopes.overrides.includes(what);

function keepsItsOwn({ key }: Caller, what: Override): never {
  const message = `the gateway key "${key}" may not name ${what === 'tags' ? 'other tags' : `another ${what}`} than its own: leave out ${HEADERS[what]}`;
  throw new HeadgateError({ kind: 'forbidden', message, param: HEADERS[what] });
}
