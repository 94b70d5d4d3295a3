import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { DialectName } from '../model/part.ts';
import { inboundOf } from './inbound.ts';

const said = (dialect: DialectName, fields: object) =>
  inboundOf('generate', dialect, {}, Buffer.from(JSON.stringify({ model: 'm', ...fields }))).head.account;

test('each dialect says on whose account a call is in its own fields', () => {
  const cases: readonly [DialectName, object, object][] = [
    ['openai-chat', {}, {}],
    ['openai-chat', { metadata: { feature: 'search', user: 'ada', team: 'blue' } }, { feature: 'search', user: 'ada' }],
    ['openai-responses', { metadata: { feature: 'search' }, user: 'ada' }, { feature: 'search', user: 'ada' }],
    ['openai-chat', { user: 'old', safety_identifier: 'new' }, { user: 'new' }],
    ['openai-chat', { user: 'old', safety_identifier: 'new', metadata: { user: 'ours' } }, { user: 'ours' }],
    ['openai-chat', { user: '', safety_identifier: null, metadata: null }, {}],
    ['openai-chat', { metadata: { feature: 7, user: ['ada'] }, user: {} }, {}],
    ['openai-chat', { metadata: 'feature', user: 'ada' }, { user: 'ada' }],
    ['openai-chat', { prompt_cache_key: 'ada' }, {}],
    ['openai-chat', { metadata: { user_id: 'ada' } }, {}],
    ['openai-chat', { metadata: { deep: { feature: 'search' } } }, {}],
    ['anthropic-messages', { metadata: { user_id: 'ada' } }, { user: 'ada' }],
    ['anthropic-messages', { metadata: { user_id: null, feature: 'search' }, user: 'no' }, {}],
    ['openai-chat', { metadata: { feature: 'Ünïcode "quoted"\n' } }, { feature: 'Ünïcode "quoted"\n' }],
    ['openai-chat', { user: 'x'.repeat(5000) }, {}],
  ];
  assert.deepEqual(
    cases.map(([dialect, fields]) => said(dialect, fields)),
    cases.map(([, , account]) => account),
  );
});

test('metadata is read however its keys are spelled, and of a key given twice the last counts', () => {
  const account = (body: string) => inboundOf('generate', 'openai-chat', {}, Buffer.from(body)).head.account;
  assert.deepEqual(account('{"model":"m","metadata":{"gr\\u00f6\\u00dfe":"1","f\\u0065ature":"search"}}'), { feature: 'search' });
  assert.deepEqual(account('{"model":"m","metadata":{"feature":"a","feature":"b"}}'), { feature: 'b' });
});

test('for any metadata, what is read is what a JSON reader reads', () => {
  const pairs = fc.dictionary(
    fc.oneof(fc.constantFrom('feature', 'user'), fc.string()),
    fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
    {
      maxKeys: 8,
      noNullPrototype: true,
    },
  );
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  fc.assert(
    fc.property(pairs, (metadata) => {
      const feature = text(metadata['feature']);
      const user = text(metadata['user']);
      assert.deepEqual(said('openai-chat', { metadata }), { ...(feature && { feature }), ...(user && { user }) });
    }),
  );
});
