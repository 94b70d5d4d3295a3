import assert from 'node:assert/strict';
import test from 'node:test';
import { failureOf } from '../model/failure.ts';
import { optionsOf } from './call-headers.ts';
import { callerOf } from './caller.ts';

const key = { key: 'ci', feature: 'tests', tags: { team: 'red', tier: 'gold' } };

test('headers name feature, user and tags over those of the key', () => {
  const headers = { 'x-headgate-feature': 'search', 'x-headgate-user': 'u1', 'x-headgate-tags': 'team=blue, note=a=b' };
  assert.deepEqual(callerOf(key, headers, {}), {
    key: 'ci',
    feature: 'search',
    user: 'u1',
    tags: { team: 'blue', tier: 'gold', note: 'a=b' },
  });
});

test('tags may be a JSON object, for commas and letters beyond Latin-1', () => {
  assert.deepEqual(callerOf({ key: 'ci' }, { 'x-headgate-tags': '{"city":"\\u6771\\u4eac, JP","try":2,"beta":true}' }, {}).tags, {
    city: '東京, JP',
    try: '2',
    beta: 'true',
  });
});

test('a caller who says nothing is as its key says', () => {
  assert.equal(callerOf(key, { 'x-headgate-feature': '' }, {}), key);
  assert.deepEqual(optionsOf({}), {});
});

test('options of the call go along as written', () => {
  assert.deepEqual(optionsOf({ 'x-headgate-on-loss': 'content=allow', 'x-headgate-deadline-ms': '1500' }), {
    onLoss: 'content=allow',
    deadlineMs: 1500,
  });
});

const WRONG = {
  'x-headgate-feature': 'x'.repeat(257),
  'x-headgate-user': 'x'.repeat(257),
  'x-headgate-tags': 'blue',
  'x-headgate-deadline-ms': '0',
};
const WRONG_TAGS = ['=v', '{', '{"a":{}}', `a=${'x'.repeat(257)}`, Array.from({ length: 33 }, (_, at) => `t${at}=1`).join(',')];

for (const [name, value] of [...Object.entries(WRONG), ...WRONG_TAGS.map((tags) => ['x-headgate-tags', tags] as const)])
  test(`${name}: ${value.slice(0, 20)} is refused by its name`, () => {
    assert.throws(
      () => [callerOf(key, { [name]: value }, {}), optionsOf({ [name]: value })],
      (error) => failureOf(error).kind === 'invalid' && failureOf(error).param === name,
    );
  });
