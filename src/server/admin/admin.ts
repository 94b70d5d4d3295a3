import { hash, timingSafeEqual } from 'node:crypto';
import { deeperThan } from '../../dialects/depth.ts';
import { failureOf, HeadgateError, invalid } from '../../model/failure.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Running } from '../../model/sink.ts';
import { DatabaseError } from '../../store/database.ts';
import type { Outlet, RequestHead, RequestHeaders } from '../rooms.ts';
import { keyRoutes } from './keys.ts';
import { openapi } from './openapi.ts';
import { knownIn } from './query.ts';
import type { AdminRooms } from './rooms.ts';
import { type AdminAnswer, AdminError, type AdminRequest, type AdminRoute } from './route.ts';
import { stateRoutes } from './state.ts';
import { usageRoutes } from './usage.ts';

/** Everything the admin API does. */
export const ROUTES: readonly AdminRoute[] = [
  ...keyRoutes,
  ...usageRoutes,
  ...stateRoutes,
  {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description',
    answer: 'Anything',
    run: () => ({ body: openapi(ROUTES) }),
  },
];

const PREFIX = '/admin/v1';

/** Largest body, in bytes, and its deepest nesting. */
const BODY_BYTES_MAX = 256 * 1024;
const DEPTH_MAX = 32;

/**
 * Takes a request for the admin API: returns what takes its body, or undefined when the answer has been given.
 * Nothing is told to who shows no token of the API: a gateway key opens nothing here.
 */
export function enterAdmin(head: RequestHead, outlet: Outlet, rooms: AdminRooms): ((body: Buffer) => Running) | undefined {
  const asked = requestOf(head, rooms);
  if (asked instanceof AdminError) return tell(outlet, written(failed(asked)));
  return (body) => {
    let left = false;
    void answer(asked, body, rooms).then((answered) => {
      if (!left) tell(outlet, answered);
    });
    return {
      cancel() {
        left = true;
      },
    };
  };
}

/** Whether a path is the admin API's. */
export const isAdminPath = (target: string): boolean => target.startsWith('/admin/') || target === '/admin';

interface Asked extends Omit<AdminRequest, 'body'> {
  readonly route: AdminRoute;
  /** Tells the token shown from others: the first bytes of its digest. */
  readonly by: string;
}

function requestOf({ method, target, headers }: RequestHead, rooms: AdminRooms): Asked | AdminError {
  const token = openedBy(headers, rooms.tokens());
  if (token === undefined) return new AdminError(401, 'show a token of the admin API as "authorization: Bearer …"');
  const [path = '', ...query] = target.split('?');
  const segments = path.split('/').slice(1).map(decoded);
  const matching = ROUTES.flatMap((route) => {
    const id = idIn(segments, `${PREFIX}${route.path}`.split('/').slice(1));
    return id === undefined ? [] : [{ route, id }];
  });
  const found = matching.find(({ route }) => route.method === method);
  if (found) return { ...found, by: `sha256:${token.slice(0, 12)}`, query: new URLSearchParams(query.join('?')) };
  if (matching.length === 0)
    return new AdminError(404, `there is nothing at ${path.slice(0, 200)}; ${PREFIX}/openapi.json tells what there is`);
  return new AdminError(405, `${path.slice(0, 200)} takes ${matching.map(({ route }) => route.method).join(' and ')}`);
}

/** What stands in the place of `{id}`, `''` where there is none; undefined: another path. */
function idIn(segments: readonly string[], pattern: readonly string[]): string | undefined {
  if (segments.length !== pattern.length) return undefined;
  let id = '';
  for (const [index, wanted] of pattern.entries()) {
    const segment = segments[index]!;
    if (wanted === '{id}') id = segment;
    else if (wanted !== segment) return undefined;
  }
  return id;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The digest of the token shown, if it is one of these. All are compared, in a time that says nothing about any. */
function openedBy(headers: RequestHeaders, tokens: readonly string[]): string | undefined {
  const [, shown] = /^bearer +(.+)$/i.exec(String(headers['authorization'] ?? '')) ?? [];
  const sha256 = hash('sha256', shown?.trim() ?? '');
  const digest = Buffer.from(sha256, 'hex');
  let opened = false;
  for (const token of tokens) opened = timingSafeEqual(digest, Buffer.from(token, 'hex')) || opened;
  return opened && shown !== undefined ? sha256 : undefined;
}

async function answer({ route, id, query, by }: Asked, bytes: Buffer, rooms: AdminRooms): Promise<Written> {
  try {
    knownIn(query, Object.keys(route.query ?? {}));
    const answered = await route.run({ id, query, body: bodyOf(route, bytes) }, rooms);
    if (route.method !== 'GET') rooms.changed?.({ by, what: `${route.method} ${route.path}`, of: id || madeIn(answered.body) });
    return written(answered);
  } catch (error) {
    return written(failed(error));
  }
}

/** The id of what a route made, for which its path has no place. */
const madeIn = ({ key }: JsonObject): string => String((key as JsonObject | undefined)?.['id'] ?? '');

function bodyOf({ body, method }: AdminRoute, bytes: Buffer): JsonObject {
  if (bytes.length === 0) return {};
  if (body === undefined) {
    // Clients that always send one send an empty object.
    if (method !== 'GET' && bytes.toString().trim() === '{}') return {};
    invalid('this takes no body');
  }
  if (bytes.length > BODY_BYTES_MAX) throw new AdminError(413, `the body is larger than ${BODY_BYTES_MAX} bytes`);
  if (deeperThan(bytes, DEPTH_MAX)) invalid(`the body is nested deeper than ${DEPTH_MAX} levels`);
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString());
  } catch {
    invalid('the body is not valid JSON');
  }
  if (document === null || typeof document !== 'object' || Array.isArray(document)) invalid('the body must be a JSON object');
  return document as JsonObject;
}

const WORDS = {
  401: 'unauthenticated',
  404: 'missing',
  405: 'wrong_method',
  409: 'conflict',
  413: 'oversized',
  503: 'unavailable',
} as const satisfies Record<AdminError['status'], string>;

function failed(error: unknown): AdminAnswer {
  if (error instanceof AdminError) return errorAnswer(error.status, WORDS[error.status], error.message);
  if (error instanceof DatabaseError)
    return error.passing
      ? errorAnswer(503, 'unavailable', 'the database cannot answer at the moment')
      : errorAnswer(409, 'conflict', error.message);
  const { kind, message, param } = failureOf(error);
  return errorAnswer(error instanceof HeadgateError ? 400 : 500, error instanceof HeadgateError ? kind : 'broken', message, param);
}

const errorAnswer = (status: number, type: string, message: string, param?: string): AdminAnswer => ({
  status,
  body: { error: { type, message, ...(param !== undefined && { param }) } },
});

interface Written {
  readonly status: number;
  readonly bytes: Buffer;
}

const written = ({ status = 200, body }: AdminAnswer): Written => ({ status, bytes: Buffer.from(JSON.stringify(body)) });

function tell(outlet: Outlet, { status, bytes }: Written): undefined {
  outlet.head(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  });
  outlet.end(bytes);
}
