import { isObject, objectOf } from '../../model/json.ts';
import { cachingRules } from './anthropic-caching.ts';
import { contentRules } from './anthropic-content.ts';
import { effortRules } from './anthropic-effort.ts';
import { MESSAGES_BETA_FIELDS, MESSAGES_FIELDS, NOT_COUNTED, SAMPLING_FIELDS, WRONG_TYPE } from './anthropic-fields.ts';
import { badRequest, isNewest } from './anthropic-refusal.ts';
import { schemaProblem } from './anthropic-schema.ts';
import { thinkingRules } from './anthropic-thinking.ts';
import { toolRules } from './anthropic-tools.ts';
import { turnRules } from './anthropic-turns.ts';
import { type Checked, given, kindOf, textOf, type VendorRule } from './rule.ts';

const fieldRules: readonly VendorRule[] = [
  {
    name: 'version header',
    from: '§3',
    broken: ({ headers }) => (headers['anthropic-version'] ? undefined : badRequest('anthropic-version: header is required')),
  },
  {
    name: 'known version',
    from: '§0.1',
    broken: ({ headers }) =>
      VERSIONS.has(headers['anthropic-version'] ?? '')
        ? undefined
        : badRequest(`anthropic-version: "${headers['anthropic-version']}" is not a valid version`),
  },
  {
    name: 'required fields',
    from: '§3.1',
    broken: ({ wire, counting }) => {
      const missing = ['model', 'messages', ...(counting ? [] : ['max_tokens'])].find((field) => !given(wire[field]));
      return missing === undefined ? undefined : badRequest(`${missing}: Field required`);
    },
  },
  {
    name: 'no unknown fields',
    from: '§0.1, §4.1, §5.11',
    broken: (request) => {
      const unknown = Object.keys(request.wire).find((field) => !isTaken(field, request));
      return unknown === undefined ? undefined : badRequest(`${unknown}: Extra inputs are not permitted`);
    },
  },
  {
    name: 'types of fields',
    from: '§3.1',
    broken: ({ wire }) => {
      for (const [field, type] of Object.entries({ ...MESSAGES_FIELDS, ...SAMPLING_FIELDS })) {
        const value = wire[field];
        if (value === undefined || value === null || fits(type, kindOf(value))) continue;
        return badRequest(`${field}: ${WRONG_TYPE[type === 'string or list' ? 'string' : type]}`);
      }
      return undefined;
    },
  },
  {
    name: 'max_tokens in range',
    from: '§3.1, §4.5, §6.2',
    broken: ({ wire, facts, model, headers, batched }) => {
      const asked = wire['max_tokens'];
      if (typeof asked !== 'number') return undefined;
      if (asked < 0) return badRequest('max_tokens: Input should be greater than or equal to 0');
      const isExtended = batched && headers['anthropic-beta']?.includes('output-300k-2026-03-24');
      const most = isExtended ? 300_000 : (facts.outputTokensMax ?? Number.POSITIVE_INFINITY);
      if (asked > most) {
        return badRequest(`max_tokens: ${asked} > ${most}, which is the maximum allowed number of output tokens for ${model}`);
      }
      return undefined;
    },
  },
  {
    name: 'max_tokens 0 only warms the cache',
    from: '§3.1',
    broken: ({ wire }) => {
      if (wire['max_tokens'] !== 0) return undefined;
      const with_ = [
        wire['stream'] === true && 'stream',
        objectOf(wire['thinking'])['type'] === 'enabled' && 'thinking',
        given(objectOf(wire['output_config'])['format']) && 'output_config.format',
        ['any', 'tool'].includes(textOf(objectOf(wire['tool_choice'])['type']) ?? '') && 'tool_choice',
      ].find(Boolean);
      return with_ ? badRequest(`max_tokens: 0 is not supported with ${with_}`) : undefined;
    },
  },
  {
    name: 'sampling by model',
    from: '§0.3, §3.1',
    broken: ({ wire, facts, model }) => {
      const { temperature, top_p: topP } = wire;
      if (typeof temperature === 'number' && (temperature < 0 || temperature > 1)) {
        return badRequest(`temperature: range: 0..1`);
      }
      if (facts.sampling === 'no') {
        const field = Object.keys(SAMPLING_FIELDS).find((name) => given(wire[name]) && wire[name] !== 1);
        return field ? badRequest(`${field}: is not supported for ${model}; only the default value is accepted`) : undefined;
      }
      if (given(temperature) && given(topP) && facts.vendor === 'anthropic' && /-4-\d/.test(model)) {
        return badRequest('`temperature` and `top_p` cannot both be specified for this model. Please use only one.');
      }
      return undefined;
    },
  },
  {
    name: 'stop sequences hold more than whitespace',
    from: '§3.1',
    broken: ({ wire }) => {
      const stops = Array.isArray(wire['stop_sequences']) ? wire['stop_sequences'] : [];
      return stops.some((stop) => typeof stop === 'string' && stop.trim() === '')
        ? badRequest('stop_sequences: each stop sequence must contain non-whitespace')
        : undefined;
    },
  },
  {
    name: 'output schema in the supported subset',
    from: '§5.9',
    broken: ({ wire, facts }) => {
      const format = objectOf(wire['output_config'])['format'];
      if (!isObject(format)) return undefined;
      if (format['type'] !== 'json_schema') return badRequest("output_config.format.type: Input should be 'json_schema'");
      if (!isObject(format['schema'])) return badRequest('output_config.format.schema: Field required');
      if (!facts.structuredOutput) return badRequest('output_config.format: This model does not support output formats.');
      const problem = schemaProblem(format['schema']);
      return problem ? badRequest(`output_config.format.schema: ${problem}`) : undefined;
    },
  },
];

/** All of Anthropic's rules, in the order they are tried. */
export const ANTHROPIC_RULES: readonly VendorRule[] = [
  ...fieldRules,
  ...effortRules,
  ...toolRules,
  ...contentRules,
  ...cachingRules,
  ...turnRules,
  ...thinkingRules,
];

const VERSIONS = new Set(['2023-01-01', '2023-06-01', '2026-10-21']);

function isTaken(field: string, request: Checked): boolean {
  if (request.counting && NOT_COUNTED.includes(field)) return false;
  if (Object.hasOwn(SAMPLING_FIELDS, field)) return !isNewest(request) && !request.counting;
  if ((MESSAGES_BETA_FIELDS as readonly string[]).includes(field)) return Boolean(request.headers['anthropic-beta']);
  return Object.hasOwn(MESSAGES_FIELDS, field);
}

function fits(type: string, kind: string): boolean {
  switch (type) {
    case 'string or list':
      return kind === 'string' || kind === 'array';
    case 'list':
      return kind === 'array';
    case 'number':
      return kind === 'integer' || kind === 'decimal';
    case 'dictionary':
      return kind === 'object';
    case 'any':
      return true;
    default:
      return kind === type;
  }
}
