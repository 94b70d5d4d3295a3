import { factsOf } from '../../catalogue/index.ts';
import type { ModelFacts } from '../../model/facts.ts';
import { jsonSaid } from '../answer.ts';
import { servedFacts } from '../models.ts';
import { isRefusal } from '../rules/rule.ts';
import { namesOf } from '../vendor.ts';
import type { Context, Endpoint } from './context.ts';
import { anthropicPage, queryOf } from './pages.ts';

/** `GET /v1/models`, in the shape of the vendor asked. */
export const listModels: Endpoint = (context) => {
  const names = [...namesOf(context.vendor), ...context.models];
  if (context.vendor === 'openai') return jsonSaid(200, { object: 'list', data: names.map(openaiModel) });
  const page = anthropicPage(names.map(anthropicModel), queryOf(context.request), { usual: 20, most: 1000 });
  return isRefusal(page) ? page : jsonSaid(200, page);
};

/** `GET /v1/models/{id}`. */
export const oneModel: Endpoint = (context: Context) => {
  const { request, vendor, models } = context;
  const name = decodeURIComponent(request.path.split('?')[0]!.replace(/^.*\/models\//, ''));
  if (servedFacts(name, vendor, models)) return jsonSaid(200, vendor === 'openai' ? openaiModel(name) : anthropicModel(name));
  return vendor === 'openai'
    ? { status: 404, type: 'invalid_request_error', message: `The model '${name}' does not exist`, param: 'model', code: 'model_not_found' }
    : { status: 404, type: 'not_found_error', message: `model: ${name}` };
};

/** When the simulator's models were made: long ago, and always the same. */
const MADE_S = 1_767_225_600;

const openaiModel = (id: string) => ({ id, object: 'model', created: MADE_S, owned_by: 'system' });

function anthropicModel(id: string) {
  const facts = factsOf(id, 'anthropic');
  return {
    id,
    type: 'model',
    display_name: id
      .replace(/-/g, ' ')
      .replace(/\b\w/g, (letter) => letter.toUpperCase())
      .replace(/(\d) (\d)/, '$1.$2'),
    created_at: new Date(MADE_S * 1000).toISOString().replace('.000Z', 'Z'),
    lifecycle: 'active',
    line: /(haiku|sonnet|opus|fable|mythos)/.exec(id)?.[1] ?? null,
    max_input_tokens: facts.contextTokens ?? null,
    max_tokens: facts.outputTokensMax ?? null,
    deprecated_at: null,
    retires_at: null,
    capabilities: capabilities(facts),
  };
}

function capabilities({ efforts, thinking, reasons, structuredOutput }: ModelFacts) {
  const is = (supported: boolean) => ({ supported });
  const levels = ['low', 'medium', 'high', 'xhigh', 'max'].map((level) => [level, is(efforts.includes(level))]);
  const types = (['adaptive', 'between_tools', 'disabled', 'enabled'] as const).map((type) => [type, is(thinking.includes(type))]);
  return {
    batch: is(true),
    citations: is(true),
    code_execution: is(true),
    context_management: { ...is(true), clear_thinking_20251015: is(true), clear_tool_uses_20250919: is(true), compact_20260112: is(true) },
    effort: { ...is(efforts.length > 0), ...Object.fromEntries(levels) },
    image_input: is(true),
    pdf_input: is(true),
    server_tools: { ...is(true), code_execution: is(true), web_search: is(true) },
    structured_outputs: is(structuredOutput),
    thinking: { ...is(reasons), types: Object.fromEntries(types) },
  };
}
