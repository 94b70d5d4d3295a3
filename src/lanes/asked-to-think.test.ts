import assert from 'node:assert/strict';
import test from 'node:test';
import { factsOf } from '../catalogue/index.ts';
import type { Part } from '../model/part.ts';
import type { ModelRequest } from '../model/request.ts';
import { askedToThink } from './asked-to-think.ts';

const request = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  model: 'm',
  stream: false,
  turns: [],
  reasoning: { effort: 'high' },
  ...more,
});
const mode = (model: string, more?: Partial<ModelRequest>) => {
  const { request: told, losses } = askedToThink(request(more), factsOf(model));
  return [told.reasoning?.mode, losses.length];
};

test('an effort asks a model to think: by itself where it can, else by a budget', () => {
  assert.deepEqual(
    ['claude-opus-5-5', 'claude-opus-4-8', 'claude-sonnet-4-5', 'claude-3-haiku'].map((model) => mode(model)),
    [
      ['adaptive', 0],
      ['adaptive', 0],
      ['budget', 0],
      [undefined, 0],
    ],
  );
});

test('a request that says how to think, or not to, stays as it is', () => {
  for (const reasoning of [{ effort: 'none' }, { effort: 'high', mode: 'off' as const }, { show: 'auto' }])
    assert.deepEqual(askedToThink(request({ reasoning }), factsOf('claude-opus-4-8')).request.reasoning, reasoning);
});

test('nothing is asked that Anthropic refuses together with thinking, and what is lost by it is told', () => {
  const call: Part = { type: 'toolCall', id: 't1', name: 'f', arguments: '{}' };
  const thought: Part = { type: 'reasoning', text: '', seal: { by: 'anthropic-messages', data: 's' } };
  const loop = (...parts: Part[]) => ({
    turns: [
      ...parts.map((part) => ({ role: 'assistant' as const, parts: [part] })),
      { role: 'user' as const, parts: [{ type: 'toolResult' as const, callId: 't1', content: [] }] },
    ],
  });
  assert.deepEqual(
    [
      mode('claude-opus-4-6', { sampling: { temperature: 0.2 } }),
      mode('claude-opus-4-6', { toolChoice: { mode: 'required' } }),
      mode('claude-opus-4-8', { toolChoice: { mode: { tool: 'f' } } }),
      mode('claude-sonnet-4-5', loop(call)),
      mode('claude-sonnet-4-5', loop(thought, call)),
      mode('claude-opus-4-6', loop(call)),
      mode('claude-opus-4-8', { sampling: { temperature: 0.2 } }),
    ],
    [
      [undefined, 1],
      [undefined, 1],
      [undefined, 0],
      [undefined, 1],
      ['budget', 0],
      ['adaptive', 0],
      ['adaptive', 0],
    ],
  );
});
