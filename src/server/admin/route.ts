import type { JsonObject } from '../../model/json.ts';
import type { AdminRooms } from './rooms.ts';

/** One thing the admin API does. The table of them is also what `openapi.json` is written from. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below `/admin/v1`; `{id}` stands for one segment. */
  readonly path: string;
  /** What it does, for its reader. */
  readonly summary: string;
  /** What may stand in the query, and what it means; anything else is refused. */
  readonly query?: Readonly<Record<string, string>>;
  /** Name of the body's schema in `schemas.ts`. Absent: it takes no body. */
  readonly body?: string;
  /** Name of the answer's schema. */
  readonly answer: string;
  /** Throws a `HeadgateError` for what is wrong with the request, an `AdminError` for everything else. */
  run(request: AdminRequest, rooms: AdminRooms): AdminAnswer | Promise<AdminAnswer>;
}

/** What a route is asked. */
export interface AdminRequest {
  /** What stands in the place of `{id}`, decoded. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** `{}` when there is none. */
  readonly body: JsonObject;
}

/** What it answers. */
export interface AdminAnswer {
  /** 200 unless said. */
  readonly status?: number;
  readonly body: JsonObject;
}

/** Why nothing came of a request that was not wrong in itself. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly status: 401 | 404 | 405 | 409 | 413 | 503;
  constructor(status: AdminError['status'], message: string) {
    super(message);
    this.status = status;
  }
}
