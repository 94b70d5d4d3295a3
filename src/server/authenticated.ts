import type { Caller } from '../model/caller.ts';
import type { Failure } from '../model/failure.ts';
import type { DoorRooms, RequestHeaders } from './rooms.ts';

/**
 * Who asks. SDKs send `authorization`, `x-api-key`, or both at once when an environment variable is
 * left over: either that is valid will do.
 */
export function authenticated(headers: RequestHeaders, authenticate: DoorRooms['authenticate']): Caller | Failure {
  const bearer = bearerOf(headers['authorization']);
  const key = textOf(headers['x-api-key']);
  if (bearer === undefined) return authenticate(key);
  const caller = authenticate(bearer);
  return 'kind' in caller && key !== undefined ? authenticate(key) : caller;
}

function bearerOf(header: RequestHeaders[string]): string | undefined {
  const text = textOf(header);
  if (text === undefined || text.length < 8 || text.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  return text.slice(7).trim();
}

const textOf = (header: RequestHeaders[string]) => (typeof header === 'string' && header !== '' ? header : undefined);
