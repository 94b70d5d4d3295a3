import { HeadgateError, invalid } from '../model/failure.ts';
import type { JsonObject } from '../model/json.ts';
import type { DialectName } from '../model/part.ts';
import type { ModelListing } from './rooms.ts';
import type { Route } from './routes.ts';

/** What one caller may see. */
interface Listings {
  models(): readonly ModelListing[];
  model(id: string): ModelListing | undefined;
}

/** What the model endpoints answer, in the form of the vendor whose client asks. Throws `missing` for an unknown model. */
export function modelsAnswer({ models, model }: Listings, { modelId, query }: Route, dialect: DialectName): JsonObject {
  const shape = dialect === 'anthropic-messages' ? anthropicModel : openaiModel;
  if (modelId !== undefined) {
    const found = model(modelId);
    if (!found) throw new HeadgateError({ kind: 'missing', message: `there is no model "${modelId.slice(0, 200)}"`, param: 'model' });
    return shape(found);
  }
  const listed = models();
  if (shape === openaiModel) return { object: 'list', data: listed.map(openaiModel) };
  const { page, hasMore } = pageOf(listed, new URLSearchParams(query));
  return {
    data: page.map(anthropicModel),
    has_more: hasMore,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}

const openaiModel = ({ id, createdS, provider }: ModelListing): JsonObject => ({
  id,
  object: 'model',
  created: createdS,
  owned_by: provider,
});

const anthropicModel = ({ id, createdS, displayName, contextTokens, outputTokensMax }: ModelListing): JsonObject => ({
  type: 'model',
  id,
  display_name: displayName ?? id,
  created_at: new Date(createdS * 1000).toISOString().replace('.000Z', 'Z'),
  lifecycle: 'active',
  line: null,
  max_input_tokens: contextTokens ?? null,
  max_tokens: outputTokensMax ?? null,
  deprecated_at: null,
  retires_at: null,
  capabilities: null,
});

/** Anthropic's paging: `limit` from 1 to 1000, 20 unless said; after or before the model with an id. */
function pageOf(models: readonly ModelListing[], query: URLSearchParams): { page: readonly ModelListing[]; hasMore: boolean } {
  const written = query.get('limit');
  const limit = written === null ? 20 : /^\d{1,4}$/.test(written) ? Number(written) : 0;
  if (limit < 1 || limit > 1000) invalid(`limit must be a whole number from 1 to 1000, got "${written}"`, 'limit');
  const place = (name: 'after_id' | 'before_id') => {
    const id = query.get(name);
    const found = id === null ? undefined : models.findIndex((model) => model.id === id);
    if (found === -1) invalid(`${name} must be the id of a listed model`, name);
    return found;
  };
  const before = place('before_id');
  if (before !== undefined) {
    const from = Math.max(0, before - limit);
    return { page: models.slice(from, before), hasMore: from > 0 };
  }
  const from = (place('after_id') ?? -1) + 1;
  return { page: models.slice(from, from + limit), hasMore: from + limit < models.length };
}
