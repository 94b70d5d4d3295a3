import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import { badRequest } from '../rules/anthropic-refusal.ts';
import { firstOf, given, type Refusal } from '../rules/rule.ts';
import type { LineRequest } from './batch.ts';

const REQUESTS_MAX = 100_000;

/** The requests of a Messages batch, or what Anthropic refuses it for; what is wrong in their `params` is for their results to say (§4.5). */
export function readRequests(wire: JsonObject): readonly LineRequest[] | Refusal {
  const { requests } = wire;
  const extra = Object.keys(wire).find((field) => field !== 'requests');
  if (extra) return badRequest(`${extra}: Extra inputs are not permitted`);
  if (!given(requests)) return badRequest('requests: Field required');
  if (!isList(requests)) return badRequest('requests: Input should be a valid list');
  if (requests.length === 0) return badRequest('requests: List should have at least 1 item after validation, not 0');
  if (requests.length > REQUESTS_MAX) {
    return badRequest(`requests: List should have at most ${REQUESTS_MAX} items after validation, not ${requests.length}`);
  }
  const seen = new Set<string>();
  const refusal = firstOf(requests, (request, index) => problemOf(request, `requests.${index}`, seen));
  return refusal ?? requests.filter(isObject).map(lineRequestOf);
}

const lineRequestOf = (request: JsonObject): LineRequest => ({
  customId: String(request['custom_id']),
  body: () => Buffer.from(JSON.stringify(request['params'])),
});

function problemOf(request: Json, at: string, seen: Set<string>): Refusal | undefined {
  if (!isObject(request)) return badRequest(`${at}: Input should be a valid dictionary`);
  const missing = ['custom_id', 'params'].find((field) => !given(request[field]));
  if (missing) return badRequest(`${at}.${missing}: Field required`);
  const extra = Object.keys(request).find((field) => field !== 'custom_id' && field !== 'params');
  if (extra) return badRequest(`${at}.${extra}: Extra inputs are not permitted`);
  const { custom_id: id, params } = request;
  if (!isObject(params)) return badRequest(`${at}.params: Input should be a valid dictionary`);
  if (typeof id !== 'string') return badRequest(`${at}.custom_id: Input should be a valid string`);
  if (id.length < 1) return badRequest(`${at}.custom_id: String should have at least 1 character`);
  if (id.length > 64) return badRequest(`${at}.custom_id: String should have at most 64 characters`);
  if (!ID.test(id)) return badRequest(`${at}.custom_id: String should match pattern '${ID.source}'`);
  if (seen.has(id)) return badRequest(`${at}.custom_id: '${id}' is not unique within the batch`);
  seen.add(id);
  return undefined;
}

const ID = /^[a-zA-Z0-9_-]{1,64}$/;
