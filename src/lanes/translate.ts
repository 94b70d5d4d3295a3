import type { EncodedRequest } from '../dialects/dialect.ts';
import { dialectOf } from '../dialects/registry.ts';
import type { Target } from '../model/attempt.ts';
import { HeadgateError, NO_THREAD } from '../model/failure.ts';
import { isList, type JsonObject } from '../model/json.ts';
import type { Loss } from '../model/loss.ts';
import type { CallerDialect, DialectName } from '../model/part.ts';
import type { ModelRequest, Turn } from '../model/request.ts';
import { askedToThink } from './asked-to-think.ts';
import { heldToSchema } from './held-to-schema.ts';
import type { Inbound, Outbound, Way } from './lane.ts';
import { pairToolResults } from './pairing.ts';
import { isUnsaid, sniffedAnswer } from './sniffed-answer.ts';
import { isEventStream, translatedAnswer } from './translated-answer.ts';

/** Caller and target speak different dialects: the request and the answer go through the canonical form. */
export function translate(inbound: Inbound, way: Way): Outbound {
  const target = dialectOf(way.target.dialect);
  const encoded = encodeFor(inbound, way);
  return {
    path: target.path,
    headers: encoded.headers,
    body: Buffer.from(
      JSON.stringify({ ...encoded.wire, model: way.target.model, ...(mustStream(encoded, target.name) && { stream: true }) }),
    ),
    losses: encoded.losses,
    answer(contentType) {
      const answerOf = (streams: boolean) => translatedAnswer(inbound, way, encoded, streams);
      return isUnsaid(inbound, contentType) ? sniffedAnswer(inbound, answerOf) : answerOf(isEventStream(contentType));
    },
    failure: (answer, nowMs) => target.decodeFailure(answer, nowMs),
  };
}

/**
 * What a caller in process wants said to this provider or its vendor in their own words. As in Anthropic's SDK,
 * `betas` is no field but a header.
 */
export function withOptions(encoded: EncodedRequest, { providerOptions }: Inbound, way: Pick<Way, 'target' | 'facts'>): EncodedRequest {
  if (!providerOptions) return encoded;
  const { target, facts } = way;
  const { betas, ...fields }: JsonObject = { ...providerOptions[facts.vendor], ...providerOptions[target.provider] };
  const wire = { ...encoded.wire, ...fields };
  if (!isList(betas)) return { ...encoded, wire };
  return { ...encoded, wire, headers: { ...encoded.headers, ...betaHeader(encoded.headers['anthropic-beta'], betas.join(',')) } };
}

/** Lists of betas as one header; none when there are none. */
function betaHeader(...lists: readonly (string | undefined)[]): Record<string, string> {
  const betas = [...new Set(lists.flatMap((list) => list?.split(/\s*,\s*/) ?? []))];
  return betas.length > 0 ? { 'anthropic-beta': betas.join(',') } : {};
}

/** The caller's request in the target's dialect, with its tool results in order and its kept thoughts put back. */
export function encodeFor(inbound: Inbound, way: Way): EncodedRequest {
  const { target, facts, vault, owner, repair, nowS, joint } = way;
  const asking = inbound.decode();
  const told = withKeptItems(joint ? joint.continued(asking) : asking, (id) => vault.item(owner, id, nowS));
  if (inbound.dialect !== target.dialect) refuseThread(told, target);
  // Within one dialect the provider judges for itself, and knows conversations it has stored.
  const paired = inbound.dialect === target.dialect ? told : pairToolResults(told, turnsField(inbound.dialect), repair);
  const request = inbound.dialect === 'openai-chat' ? vault.restore(owner, paired, target.dialect, nowS) : paired;
  const foreign = inbound.dialect !== 'anthropic-messages' && target.dialect === 'anthropic-messages';
  const fromClaude = inbound.dialect === 'anthropic-messages' && target.dialect !== 'anthropic-messages';
  const asked = foreign ? askedToThink(request, facts) : fromClaude ? heldToSchema(request, facts) : { request, losses: [] };
  const encoded = withOptions(dialectOf(target.dialect).encodeRequest(asked.request, facts), inbound, way);
  return {
    ...encoded,
    headers: { 'content-type': 'application/json', ...encoded.headers, ...ownHeaders(inbound, target.dialect, encoded.headers) },
    losses: [
      ...(way.losses ?? []),
      ...betaLosses(inbound, target.dialect),
      ...servedThrough(inbound, target.dialect),
      ...asked.losses,
      ...encoded.losses,
    ],
  };
}

/**
 * Conversations are held at Anthropic only. Refused whatever may be lost: whoever is answered once counts on it being held,
 * and sends the next turn alone.
 */
function refuseThread({ extra }: ModelRequest, { provider, model }: Target): void {
  if (!extra?.['anthropic-messages']?.['thread']) return;
  const message = `${provider}/${model} holds no conversation (thread): send all of its messages`;
  throw new HeadgateError({ kind: 'lossy', code: NO_THREAD, message, param: 'thread' });
}

/** The request with references to items we gave the caller replaced by the items; other references stay. */
function withKeptItems(request: ModelRequest, itemOf: (id: string) => JsonObject | undefined): ModelRequest {
  const turns = request.turns.map((turn): Turn => {
    const wire = turn.parts[0]?.type === 'opaque' ? (turn.parts[0].wire as JsonObject | null) : null;
    const item = wire?.['type'] === 'item_reference' ? itemOf(String(wire['id'])) : undefined;
    return item ? dialectOf('openai-responses').decodeRequest({ model: request.model, input: [item] }).turns[0]! : turn;
  });
  return { ...request, turns };
}

/**
 * Anthropic wants answers that may run long streamed, and its SDK refuses to ask otherwise (measured
 * on 1.12: over 21,333 tokens); a caller who does not stream gets the stream added up.
 */
const mustStream = ({ wire }: EncodedRequest, target: DialectName) =>
  target === 'anthropic-messages' && Number(wire['max_tokens']) > 21_333;

const turnsField = (caller: CallerDialect) => (caller === 'canonical' ? 'turns' : dialectOf(caller).turnsField);

const vendorOf = (name: CallerDialect) => name.split('-')[0];

/**
 * The caller's headers where the vendor stays the same, and only one vendor's. The version and the betas
 * a Messages caller named are part of what its request means; those the encoder needs come on top.
 */
function ownHeaders({ dialect, headers }: Inbound, target: DialectName, needed: Readonly<Record<string, string>>): Record<string, string> {
  if (vendorOf(dialect) !== vendorOf(target)) return {};
  return { ...headers, ...betaHeader(headers['anthropic-beta'], needed['anthropic-beta']) };
}

/** What the caller switched on by header, which no other vendor has. */
function betaLosses({ dialect, headers }: Inbound, target: DialectName): Loss[] {
  const betas = headers['anthropic-beta'];
  return betas && vendorOf(dialect) !== vendorOf(target)
    ? [{ path: 'headers.anthropic-beta', value: betas, kind: 'dropped', impact: 'behavior', note: 'beta features exist at Anthropic only' }]
    : [];
}

/** One vendor, another of its protocols: nothing is lost by it. Callers are told by the header `x-headgate-dialect`. */
function servedThrough(inbound: Inbound, target: DialectName): Loss[] {
  if (inbound.dialect === target || vendorOf(inbound.dialect) !== vendorOf(target)) return [];
  return [
    {
      path: 'dialect',
      value: inbound.dialect,
      kind: 'changed',
      impact: 'none',
      note: `served through ${target}: the provider or the model does not take this on ${inbound.dialect}`,
    },
  ];
}
