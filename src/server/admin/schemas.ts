import type { JsonObject } from '../../model/json.ts';
import { BUDGET_PERIODS, KEY_OPERATIONS, OVERRIDES } from '../../model/key.ts';

const text = { type: 'string', minLength: 1, maxLength: 256 } as const;
const texts = { type: 'array', items: text } as const;
const count = { type: 'integer', minimum: 1 } as const;
const moment = { type: 'string', description: 'A day or moment, such as 2027-01-31 or 2027-01-31T12:00:00Z' } as const;
const dollars = { type: 'string', pattern: '^\\$\\d+(\\.\\d+)?$', description: 'Dollars with their sign, such as $0.25' } as const;
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const list = (name: string, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties: { data: { type: 'array', items: ref(name) }, ...more },
});

/** What may be said of a key. */
const TERMS: JsonObject = {
  name: { ...text, description: 'For people; the id unless said' },
  feature: { ...text, description: 'Feature its calls are charged to unless they say otherwise' },
  user: { ...text, description: 'User its calls are charged to unless they say otherwise' },
  tags: { type: 'object', additionalProperties: text },
  featureRequired: { type: 'boolean', description: 'Whether a call that names no feature is refused' },
  scopes: {
    type: 'object',
    description: 'What it may ask for; a scope that is left out allows everything of its kind',
    properties: {
      models: { ...texts, description: 'Names of models as callers write them; * stands for any text' },
      features: { ...texts, description: 'Features; * stands for any text' },
      operations: { type: 'array', items: { enum: KEY_OPERATIONS } },
      overrides: { type: 'array', items: { enum: OVERRIDES }, description: 'What calls may say of themselves, over what the key says' },
    },
  },
  limits: {
    type: 'object',
    properties: {
      requestsPerMinute: count,
      tokensPerMinute: count,
      callTokensMax: count,
      callCostMax: dollars,
      budgets: {
        type: 'array',
        items: {
          type: 'object',
          required: ['limit', 'period'],
          properties: { limit: dollars, period: { enum: BUDGET_PERIODS }, exceeded: { enum: ['block', 'alert'], default: 'block' } },
        },
      },
    },
  },
  expiresAt: { ...moment, description: 'From then on it opens nothing' },
  disabled: { type: 'boolean', description: 'Opens nothing for now' },
};

const nullable = (properties: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, { anyOf: [schema, { type: 'null' }] }]));

/** The bodies and answers of the admin API, by the names routes call them. */
export const SCHEMAS: JsonObject = {
  NewKey: {
    type: 'object',
    properties: { id: { type: 'string', pattern: '^[\\w.-]{1,64}$', description: 'Names it for ever; made up unless said' }, ...TERMS },
    additionalProperties: false,
  },
  KeyChange: { type: 'object', properties: nullable(TERMS), additionalProperties: false },
  Rotation: {
    type: 'object',
    properties: { overlapMs: { type: 'integer', minimum: 0, default: 86_400_000, description: 'How long the old secret still opens' } },
    additionalProperties: false,
  },
  Key: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      hint: { type: 'string', description: 'The beginning and end of its secret' },
      source: { enum: ['database', 'config'] },
      state: { enum: ['active', 'disabled', 'expired', 'revoked'] },
      ...TERMS,
      createdAt: moment,
      rotatedAt: moment,
      oldSecretUntil: { ...moment, description: 'Until then the secret before the last rotation opens too' },
      revokedAt: moment,
      lastUsedAt: { ...moment, description: 'About; noted within a minute or two' },
    },
  },
  KeyWithSecret: { type: 'object', properties: { key: ref('Key'), secret: { type: 'string', description: 'Shown this once' } } },
  KeyList: list('Key', { hasMore: { type: 'boolean' } }),
  UsageList: list('Anything', { from: moment, to: moment }),
  RecordList: list('Anything', { hasMore: { type: 'boolean' }, next: { type: 'string', description: '`after` of the next page' } }),
  Transcript: {
    type: 'object',
    properties: {
      callId: text,
      endedAt: moment,
      request: { type: 'string', description: 'Body as the caller sent it; cut where it is shorter than `requestBytes`' },
      answer: { type: 'string', description: 'Body as the caller was given it; cut where it is shorter than `answerBytes`' },
      requestBytes: { type: 'integer' },
      answerBytes: { type: 'integer' },
    },
  },
  List: list('Anything'),
  Anything: { type: 'object' },
  Error: {
    type: 'object',
    properties: {
      error: {
        type: 'object',
        properties: { type: { type: 'string' }, message: { type: 'string' }, param: { type: 'string', description: 'The field at fault' } },
      },
    },
  },
};
