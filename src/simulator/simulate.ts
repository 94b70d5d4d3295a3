import { isObject, type Json } from '../model/json.ts';
import { type Answer, jsonSaid, type Said } from './answer.ts';
import type { Context } from './endpoints/context.ts';
import { faultHeaders, faultRefusal, htmlSaid } from './faults.ts';
import { jsonIn } from './json.ts';
import { limitRefusal } from './limits.ts';
import { type Directions, directionsFor } from './match.ts';
import { played } from './play.ts';
import { type Rates, spend } from './rate.ts';
import type { SimulatedRequest } from './request.ts';
import { allowedAt, routeOf, vendorOf } from './routes.ts';
import { lineRefusal } from './rules/lines.ts';
import type { Refusal } from './rules/rule.ts';
import type { Script } from './script.ts';
import type { State } from './state.ts';
import { idMaker, keyOf, refusalBody, unauthorized, type Vendor, vendorHeaders } from './vendor.ts';

/** What a simulator is set up with. */
export interface Settings {
  readonly script: Script;
  /** Ids follow from it. */
  readonly seed: number;
  /** Keys it takes; absent: any. */
  readonly keys?: readonly string[];
  /** Names of models it serves besides the catalogue's and `sim-…`. */
  readonly models: readonly string[];
}

/** The answer to a request. It changes nothing but `state`; the same requests in the same order get the same answers. */
export function simulate(
  request: SimulatedRequest,
  settings: Settings,
  state: State,
  nowMs: number,
): { readonly answer: Answer; readonly directions: Directions } {
  state.serial += 1;
  const vendor = vendorOf(request);
  const ids = idMaker(settings.seed, state.serial);
  const requestId = vendor === 'openai' ? ids.openaiRequest() : ids.anthropicRequest();
  const parsed = parse(request);
  const directions = directionsFor(settings, request, parsed, state);
  const key = keyOf(request.headers);
  // Batches have limits of their own, on what waits.
  const limit = request.customId === undefined ? directions.rateLimit : undefined;
  let rates = spend(new Map(), '', undefined, 0, nowMs);
  const context: Omit<Context, 'wire' | 'key'> = {
    request,
    vendor,
    directions,
    state,
    models: settings.models,
    ids,
    nowMs,
    spend(tokens) {
      rates = spend(state.rates, key ?? '', limit, tokens, nowMs);
      return rates.passed && limitRefusal(vendor, rates.passed, isObject(parsed) ? parsed['model'] : undefined);
    },
  };

  const outcome = answerTo(context, parsed, key, settings);
  const processingMs = directions.timing?.firstMs ?? 5;
  const headers = vendorHeaders(vendor, requestId, processingMs, nowMs, rates);
  const said = 'message' in outcome ? refusalSaid(vendor, outcome, requestId, context, rates) : outcome;
  return { answer: played({ ...said, headers: { ...said.headers, ...headers } }, directions.timing, directions.fault), directions };
}

function answerTo(
  context: Omit<Context, 'wire' | 'key'>,
  parsed: Json | undefined,
  key: string | undefined,
  settings: Settings,
): Said | Refusal {
  const { request, vendor, directions } = context;
  if (directions.fault?.status !== undefined) return faultRefusal(vendor, directions.fault);
  if (key === undefined || (settings.keys && !settings.keys.includes(key))) return unauthorized(vendor, key);
  const route = routeOf(request, vendor);
  if (!route) return noRoute(vendor, request);
  const { endpoint, bytesMax = Number.POSITIVE_INFINITY, takesJson = true } = route;
  if (request.body.length > bytesMax) return { status: 413, type: 'request_too_large', message: 'Request exceeds the maximum size' };
  if (!takesJson || request.method !== 'POST') return endpoint({ ...context, key, wire: {} });
  if (!isObject(parsed)) return notJson(vendor);
  const refused = request.customId === undefined ? undefined : lineRefusal(vendor, parsed);
  return refused ?? endpoint({ ...context, key, wire: parsed });
}

function parse({ body, headers }: SimulatedRequest): Json | undefined {
  return body.length === 0 || headers['content-type']?.startsWith('multipart/') ? undefined : jsonIn(body);
}

function refusalSaid(
  vendor: Vendor,
  refusal: Refusal,
  requestId: string,
  { directions, nowMs }: Omit<Context, 'wire' | 'key'>,
  rates: Rates,
): Said {
  const fault = directions.fault?.status === undefined ? undefined : directions.fault;
  const headers = { ...(fault && faultHeaders(fault, nowMs)), ...(rates.passed && waitHeaders(vendor, rates.passed.afterMs)) };
  if (fault?.htmlBody) return htmlSaid(refusal.status, fault.htmlBody, headers);
  return jsonSaid(refusal.status, refusalBody(vendor, refusal, requestId), headers);
}

const waitHeaders = (vendor: Vendor, afterMs: number): Record<string, string> => ({
  'retry-after': String(Math.ceil(afterMs / 1000)),
  ...(vendor === 'openai' && { 'retry-after-ms': String(afterMs) }),
});

const notJson = (vendor: Vendor): Refusal => ({
  status: 400,
  type: 'invalid_request_error',
  message:
    vendor === 'openai'
      ? "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)"
      : 'The request body is not valid JSON.',
});

function noRoute(vendor: Vendor, request: SimulatedRequest): Refusal {
  const path = request.path.split('?')[0]!;
  const allowed = allowedAt(request, vendor);
  if (vendor === 'anthropic') {
    return allowed
      ? { status: 405, type: 'invalid_request_error', message: 'Method Not Allowed' }
      : { status: 404, type: 'not_found_error', message: 'Not Found' };
  }
  return allowed
    ? { status: 405, type: 'invalid_request_error', message: `Not allowed to ${request.method} on ${path}.`, code: 'method_not_supported' }
    : { status: 404, type: 'invalid_request_error', message: `Invalid URL (${request.method} ${path})` };
}
