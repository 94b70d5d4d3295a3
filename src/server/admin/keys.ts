import { refuse } from '../../dialects/take.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Ask } from '../../store/ask.ts';
import type { StoredKey } from '../../store/key-row.ts';
import type { KeyChange } from '../../store/keys.ts';
import { keyFieldsIn, keyIdIn } from './key-fields.ts';
import { configKeyView, storedKeyView } from './key-view.ts';
import { wholeIn } from './query.ts';
import type { AdminRooms } from './rooms.ts';
import { AdminError, type AdminRoute } from './route.ts';
import { newKeyId, newSecret } from './secret.ts';

const DAY_MS = 86_400_000;

/** Making, showing, changing and taking back gateway keys. */
export const keyRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: '/keys',
    summary: 'Gateway keys: those of the configuration, then those of the database, the oldest first',
    query: { limit: 'at most this many, 1 to 1000; 100', after: 'the id to go on after' },
    answer: 'KeyList',
    async run({ query }, rooms) {
      const limit = wholeIn(query, 'limit', 100, 1000);
      const after = query.get('after');
      const all = await viewsOf(rooms);
      const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
      if (after !== null && from === 0) refuse('after', 'the id of a key', after);
      const data = all.slice(from, from + limit);
      return { body: { data, hasMore: from + limit < all.length } };
    },
  },
  {
    method: 'POST',
    path: '/keys',
    summary: 'Makes a key. Its secret is in the answer, and never shown again',
    body: 'NewKey',
    answer: 'KeyWithSecret',
    async run({ body: { id: written, ...rest } }, rooms) {
      const ask = askOf(rooms);
      const id = keyIdIn(written) ?? newKeyId();
      const given = Object.entries(keyFieldsIn(rest)).filter(([, value]) => value !== null);
      const { secret, ...kept } = newSecret();
      const key: StoredKey = { name: id, disabled: false, ...Object.fromEntries(given), id, ...kept, createdAtMs: rooms.now() };
      const taken = rooms.configKeys().some((other) => other.id === id);
      if (taken || !(await ask('addKey', key))) throw new AdminError(409, `there is a key "${id}" already`);
      await takeOver(rooms);
      return { status: 201, body: { key: storedKeyView(key, rooms.now()), secret } };
    },
  },
  {
    method: 'GET',
    path: '/keys/{id}',
    summary: 'One key',
    answer: 'Key',
    async run({ id }, rooms) {
      const view = (await viewsOf(rooms)).find((each) => each.id === id);
      if (!view) throw nothingAt(id);
      return { body: view };
    },
  },
  {
    method: 'PATCH',
    path: '/keys/{id}',
    summary: 'Changes what it names and leaves the rest; null takes a term away',
    body: 'KeyChange',
    answer: 'Key',
    async run({ id, body }, rooms) {
      const change = keyFieldsIn(body);
      for (const field of ['name', 'disabled'] as const) if (change[field] === null) refuse(field, 'there: it can only be changed', null);
      if ((await standing(id, rooms)).revokedAtMs !== undefined)
        throw new AdminError(409, `the key "${id}" was revoked, which is for good`);
      return changed(id, change, rooms);
    },
  },
  {
    method: 'POST',
    path: '/keys/{id}/revoke',
    summary: 'Takes a key back for good. It stays in the list, because the ledger names it',
    answer: 'Key',
    async run({ id }, rooms) {
      const key = await standing(id, rooms);
      return changed(id, { revokedAtMs: key.revokedAtMs ?? rooms.now() }, rooms);
    },
  },
  {
    method: 'POST',
    path: '/keys/{id}/rotate',
    summary: 'Gives a key a new secret, which is in the answer and never shown again; the old one opens until the overlap ends',
    body: 'Rotation',
    answer: 'KeyWithSecret',
    async run({ id, body }, rooms) {
      const overlapMs = overlapIn(body);
      if ((await standing(id, rooms)).revokedAtMs !== undefined)
        throw new AdminError(409, `the key "${id}" was revoked, which is for good`);
      const { secret, ...kept } = newSecret();
      const key = await askOf(rooms)('rotateKey', { id, ...kept, nowMs: rooms.now(), overlapMs });
      if (!key) throw nothingAt(id);
      await takeOver(rooms);
      return { body: { key: storedKeyView(key, rooms.now()), secret } };
    },
  },
];

function overlapIn({ overlapMs = DAY_MS, ...rest }: JsonObject): number {
  const [other] = Object.keys(rest);
  if (other !== undefined) refuse(other.slice(0, 80), 'left out: there is only overlapMs', null);
  return typeof overlapMs === 'number' && Number.isSafeInteger(overlapMs) && overlapMs >= 0 && overlapMs <= 365 * DAY_MS
    ? overlapMs
    : refuse('overlapMs', 'a whole number of milliseconds, up to a year', overlapMs);
}

/** A key of the database. Those of the configuration are not to be changed here. */
async function standing(id: string, rooms: AdminRooms): Promise<StoredKey> {
  if (rooms.configKeys().some((key) => key.id === id))
    throw new AdminError(409, `the key "${id}" stands in the configuration: change it there`);
  const key = (await stored(rooms)).find((each) => each.id === id);
  if (!key) throw nothingAt(id);
  return key;
}

async function changed(id: string, change: KeyChange, rooms: AdminRooms) {
  const key = await askOf(rooms)('changeKey', { id, change });
  if (!key) throw nothingAt(id);
  await takeOver(rooms);
  return { body: storedKeyView(key, rooms.now()) };
}

async function viewsOf(rooms: AdminRooms): Promise<JsonObject[]> {
  const nowMs = rooms.now();
  const kept = rooms.ask ? await stored(rooms) : [];
  return [...rooms.configKeys().map((key) => configKeyView(key, nowMs)), ...kept.map((key) => storedKeyView(key, nowMs))];
}

const stored = async (rooms: AdminRooms): Promise<readonly StoredKey[]> =>
  (await askOf(rooms)('readKeys', { seen: undefined }))?.keys ?? [];

/** What is not taken over now is within seconds; the change itself is made. */
const takeOver = (rooms: AdminRooms): Promise<void> => rooms.refreshKeys().catch(() => undefined);

function askOf({ ask }: AdminRooms): Ask {
  if (!ask) throw new AdminError(409, 'keys are kept in the database of the ledger, and the configuration says "ledger: off"');
  return ask;
}

/** A secret given in the place of an id is not repeated. */
const nothingAt = (id: string) =>
  new AdminError(
    404,
    id.startsWith('hg_') ? 'there is no such key: a key is named by its id, not by its secret' : `there is no key "${id.slice(0, 80)}"`,
  );
