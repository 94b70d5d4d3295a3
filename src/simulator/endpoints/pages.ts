import type { JsonObject } from '../../model/json.ts';
import type { SimulatedRequest } from '../request.ts';
import { badRequest } from '../rules/anthropic-refusal.ts';
import { outOfRange } from '../rules/openai-refusal.ts';
import type { Refusal } from '../rules/rule.ts';

interface Listed {
  readonly id: string;
}

interface Limits {
  /** How many are listed unless the request says. */
  readonly usual: number;
  readonly most: number;
}

/** What a request's query asks for. */
export const queryOf = ({ path }: SimulatedRequest): URLSearchParams => new URLSearchParams(path.split('?')[1]);

/** The part of a path that stands so many places before its end: 0 is the last. */
export const pathPart = ({ path }: SimulatedRequest, fromEnd = 0): string =>
  decodeURIComponent(
    path
      .split('?')[0]!
      .split('/')
      .at(-1 - fromEnd)!,
  );

/** A page of OpenAI's, of what comes after `after`. */
export function openaiPage(items: readonly (JsonObject & Listed)[], query: URLSearchParams, { usual, most }: Limits): JsonObject | Refusal {
  const limit = Number(query.get('limit') ?? usual);
  if (!(limit >= 1 && limit <= most)) return outOfRange('limit', limit, 1, most);
  const after = query.get('after');
  const start = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1;
  const data = items.slice(start, start + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < items.length,
  };
}

/** A page of Anthropic's, of what comes after `after_id` or before `before_id`. */
export function anthropicPage(
  items: readonly (JsonObject & Listed)[],
  query: URLSearchParams,
  { usual, most }: Limits,
): JsonObject | Refusal {
  const limit = Number(query.get('limit') ?? usual);
  if (!(limit >= 1)) return badRequest('limit: Input should be greater than or equal to 1');
  if (limit > most) return badRequest(`limit: Input should be less than or equal to ${most}`);
  const place = (name: string) => items.findIndex(({ id }) => id === query.get(name));
  const isBackward = query.has('before_id');
  const end = isBackward ? Math.max(0, place('before_id')) : items.length;
  const start = isBackward ? Math.max(0, end - limit) : place('after_id') + 1;
  const data = items.slice(start, Math.min(end, start + limit));
  return {
    data,
    has_more: isBackward ? end > limit : start + limit < items.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}
