import assert from 'node:assert/strict';
import test from 'node:test';
import { imported, told } from '../support/imported.ts';

const balanced = (...targets: object[]) => ({ strategy: { mode: 'loadbalance' }, targets });
const inOrder = (...targets: object[]) => ({ strategy: { mode: 'fallback' }, targets });
const openai = (model: string) => ({ provider: 'openai', override_params: { model } });
const weighted = (...targets: readonly (readonly [string, number])[]) => ({
  strategy: 'weighted',
  targets: targets.map(([to, weight]) => ({ to, weight })),
});

test('shares of a loadbalance within another are parts of its share', () => {
  const { config } = imported(
    'portkey',
    balanced({ ...balanced({ ...openai('a'), weight: 1 }, openai('b')), weight: 0.5 }, { ...openai('c'), weight: 0.5 }),
  );
  assert.deepEqual(config.models.default, weighted(['openai/a', 0.25], ['openai/b', 0.25], ['openai/c', 0.5]));
});

test('a fallback within a loadbalance keeps its share: its first target has all of it', () => {
  const { config, notes } = imported(
    'portkey',
    balanced({ ...inOrder(openai('a'), openai('b')), weight: 0.7 }, { ...openai('c'), weight: 0.3 }),
  );
  assert.deepEqual(config.models.default, weighted(['openai/a', 0.7], ['openai/b', 0.000001], ['openai/c', 0.3]));
  told(notes, 'model "default"', 'openai/b', 'weigh next to nothing');
});

test('a loadbalance within a fallback is weighted, and what comes after it is asked only then', () => {
  const { config } = imported('portkey', inOrder(balanced({ ...openai('a'), weight: 3 }, openai('b')), openai('c')));
  assert.deepEqual(config.models.default, weighted(['openai/a', 0.75], ['openai/b', 0.25], ['openai/c', 0.000001]));
});

test('a target that is left out leaves its share to its own group', () => {
  const azure = { provider: 'azure-openai', override_params: { model: 'x' } };
  const { config } = imported('portkey', balanced({ ...balanced(azure, openai('a')), weight: 0.5 }, { ...openai('b'), weight: 0.5 }));
  assert.deepEqual(config.models.default, weighted(['openai/a', 0.5], ['openai/b', 0.5]));
});

test('a target with a weight of 0 is switched off, and left out', () => {
  const { config, notes } = imported(
    'portkey',
    balanced(openai('a'), { provider: 'anthropic', override_params: { model: 'b' }, weight: 0 }),
  );
  assert.deepEqual([Object.keys(config.providers), config.models.default], [['openai'], { targets: ['openai/a'] }]);
  told(notes, 'targets[1].weight: 0');
});

test('a target that is there twice is one, with both shares', () => {
  const { config } = imported('portkey', balanced(openai('a'), openai('b'), openai('a')));
  assert.deepEqual(config.models.default, weighted(['openai/a', 2], ['openai/b', 1]));
});

test('no retries are one try, and more than there can be are cut with a note', () => {
  assert.deepEqual(imported('portkey', { ...openai('a'), retry: { attempts: 0 } }).config.models.default.retry, { tries: 1 });
  const { config, notes } = imported('portkey', { ...openai('a'), retry: { attempts: 20 } });
  assert.deepEqual(config.models.default.retry, { tries: 10 });
  told(notes, 'retry.attempts', '20');
});

test('retries and time-outs that all targets share are carried; what is said of some of them is told', () => {
  const each = { retry: { attempts: 2 }, request_timeout: 20000 };
  const { config } = imported('portkey', inOrder({ ...openai('a'), ...each }, { ...openai('b'), ...each }));
  assert.deepEqual(config.models.default, { targets: ['openai/a', 'openai/b'], deadline: '20s', retry: { tries: 3 } });
  const differ = imported('portkey', { ...inOrder(openai('a'), { ...openai('b'), ...each }), retry: { attempts: 1 } });
  assert.deepEqual(differ.config.models.default, { targets: ['openai/a', 'openai/b'], retry: { tries: 2 } });
  told(differ.notes, 'targets[1].retry.attempts');
  told(differ.notes, 'targets[1].request_timeout');
});
