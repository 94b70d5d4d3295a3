import { openaiResponses } from '../../dialects/openai-responses/index.ts';
import type { JsonObject } from '../../model/json.ts';
import { jsonSaid } from '../answer.ts';
import { OPENAI_RESPONSES_RULES } from '../rules/openai-responses.ts';
import { objectsOf, type Refusal, textOf } from '../rules/rule.ts';
import { encryptedReasoning, isEncryptedReasoning } from '../seals.ts';
import { keep, type State } from '../state.ts';
import type { Context, Endpoint } from './context.ts';
import { counting, type Format, generating } from './generate.ts';
import { openaiCached, openaiStreamError } from './openai-common.ts';

const bad = (message: string, fields: Partial<Refusal> = {}): Refusal => ({
  status: 400,
  type: 'invalid_request_error',
  message,
  ...fields,
});

const format: Format = {
  dialect: openaiResponses,
  rules: OPENAI_RESPONSES_RULES,
  unknownModel: (model) => bad(`The requested model '${model}' does not exist.`, { param: 'model', code: 'model_not_found' }),
  tooLong: () =>
    bad('Your input exceeds the context window of this model. Please adjust your input and try again.', {
      param: 'input',
      code: 'context_length_exceeded',
    }),
  remembered,
  cached: openaiCached,
  thought: (text, { request, model, context }) => ({
    type: 'reasoning',
    text: request.reasoning?.show === undefined ? '' : text,
    seal: { by: 'openai-responses', data: encryptedReasoning(model, text, String(context.state.serial)) },
  }),
  newCallId: ({ ids }) => ids.call(),
  newReplyId: ({ ids }) => ids.response(),
  usage: { tier: 'default' },
  // Kept unless told otherwise; the codec, which is a gateway's, says by default that it is not.
  dressed: (reply, { wire }) => ({
    ...reply,
    extra: { 'openai-responses': { store: wire['store'] !== false, previous_response_id: wire['previous_response_id'] ?? null } },
  }),
  keep: (wire, { wire: asked, context }) => {
    if (asked['store'] === false) return;
    const id = String(wire['id']);
    keep(context.state.responses, id, { items: [...itemsOf(asked), ...objectsOf(wire['output'])], wire });
  },
  streamHeaders: {},
  inStreamError: (kind, sequence) =>
    `event: error\ndata: ${JSON.stringify({ type: 'error', error: openaiStreamError(kind), sequence_number: sequence })}\n\n`,
};

/** `POST /v1/responses`. */
export const responses = generating(format);
/** `POST /v1/responses/input_tokens`. */
export const inputTokens = counting(format);

/** `GET` and `DELETE /v1/responses/{id}`. */
export const storedResponse: Endpoint = ({ request, state }) => {
  const id = decodeURIComponent(request.path.split('?')[0]!.split('/').at(-1)!);
  const stored = state.responses.get(id);
  if (!stored) return { status: 404, type: 'invalid_request_error', message: `Response with id '${id}' not found.` };
  if (request.method !== 'DELETE') return jsonSaid(200, stored.wire);
  state.responses.delete(id);
  return jsonSaid(200, { id, object: 'response', deleted: true });
};

/** Input as items. */
const itemsOf = ({ input }: JsonObject): readonly JsonObject[] =>
  typeof input === 'string' ? [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }] : objectsOf(input);

/** The body with what the server has stored in the place of references to it, or what is wrong with them. */
function remembered({ wire, state }: Context): JsonObject | Refusal {
  const id = textOf(wire['previous_response_id']);
  const before = id === undefined ? undefined : state.responses.get(id);
  if (id !== undefined && !before) {
    return bad(`Previous response with id '${id}' not found.`, { param: 'previous_response_id', code: 'previous_response_not_found' });
  }
  const items: JsonObject[] = [...(before?.items ?? [])];
  for (const item of itemsOf(wire)) {
    const itemId = textOf(item['id']);
    const isReference =
      item['type'] === 'item_reference' || (item['type'] === undefined && item['role'] === undefined && itemId !== undefined);
    const isBareThought = item['type'] === 'reasoning' && typeof item['encrypted_content'] !== 'string' && itemId !== undefined;
    const stored = isReference || isBareThought ? storedItem(state, itemId) : undefined;
    if ((isReference || isBareThought) && !stored) {
      return {
        status: 404,
        type: 'invalid_request_error',
        param: 'input',
        message: `Item with id '${itemId}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      };
    }
    const forged = forgedThought(item);
    if (forged) return forged;
    items.push(stored ?? item);
  }
  const isAsSent = !before && items.every((item, index) => item === itemsOf(wire)[index]);
  return isAsSent || (typeof wire['input'] === 'string' && !before) ? wire : { ...wire, input: items };
}

/** An item of any stored response, by its id; the latest first. */
function storedItem({ responses }: State, id: string | undefined): JsonObject | undefined {
  for (const { items } of [...responses.values()].reverse()) {
    const found = items.find((item) => item['id'] === id);
    if (found) return found;
  }
  return undefined;
}

function forgedThought(item: JsonObject): Refusal | undefined {
  const data = item['type'] === 'reasoning' ? textOf(item['encrypted_content']) : undefined;
  if (data === undefined || isEncryptedReasoning(data)) return undefined;
  const shown = data.length > 12 ? `${data.slice(0, 4)}...${data.slice(-4)}` : data;
  return bad(`The encrypted content ${shown} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`, {
    code: 'invalid_encrypted_content',
  });
}
