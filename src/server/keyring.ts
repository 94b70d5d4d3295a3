import { hash } from 'node:crypto';
import type { Caller } from '../model/caller.ts';
import type { DoorRooms } from './rooms.ts';

/** A key callers may show, known by its digest only. */
interface Key {
  readonly id: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly feature?: string;
  readonly user?: string;
}

/**
 * Tells callers by the digest of what they show: the key itself is nowhere, and a lookup by digest
 * says nothing through its timing. No keys: everyone is `anonymous`.
 */
export function keyring(keys: readonly Key[]): DoorRooms['authenticate'] {
  const callers = new Map<string, Caller>(
    keys.map(({ id, sha256, feature, user }) => [
      sha256,
      { key: id, ...(feature !== undefined && { feature }), ...(user !== undefined && { user }) },
    ]),
  );
  const anonymous: Caller = { key: 'anonymous' };
  return (shown) => {
    if (callers.size === 0) return anonymous;
    if (shown === undefined) return { kind: 'unauthenticated', message: NO_KEY };
    return callers.get(hash('sha256', shown)) ?? { kind: 'unauthenticated', message: WRONG_KEY };
  };
}

const NO_KEY = 'no API key was sent: send a Headgate key as "authorization: Bearer …" or "x-api-key"';
const WRONG_KEY = 'the API key that was sent is not one of this gateway';
