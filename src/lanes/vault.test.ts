import assert from 'node:assert/strict';
import test from 'node:test';
import { fitId, OPENAI_ID } from '../dialects/ids.ts';
import type { Part } from '../model/part.ts';
import type { ModelRequest, Turn } from '../model/request.ts';
import { createVault } from './vault.ts';

const thought: Part = { type: 'reasoning', text: '', seal: { by: 'anthropic-messages', data: 'sig' } };
const call: Part = { type: 'toolCall', id: 't1', name: 'f', arguments: '{"a":1}' };
const said: Part = { type: 'text', text: 'Looking.' };
const written = [thought, said, call];
const request = (...parts: Part[]): ModelRequest => ({ model: 'm', stream: false, turns: [{ role: 'assistant', parts }] });
const turnOf = ({ turns }: ModelRequest): readonly Part[] => (turns[0] as Turn).parts;

test('a turn that comes back as it was given gets its thoughts back, in their order', () => {
  const vault = createVault();
  vault.keep('k', written, 0);
  assert.deepEqual(turnOf(vault.restore('k', request(said, call), 'anthropic-messages', 10)), written);
});

test('a call whose id had to be fitted to the caller’s format is found again', () => {
  const vault = createVault();
  const odd: Part = { ...call, id: 'call 1' } as Part;
  vault.keep('k', [thought, odd], 0);
  assert.deepEqual(turnOf(vault.restore('k', request({ ...odd, id: fitId('call 1', OPENAI_ID) } as Part), 'anthropic-messages', 0)), [
    thought,
    odd,
  ]);
});

const unchanged: [string, string, ModelRequest, 'anthropic-messages' | 'openai-responses', number][] = [
  ['words were edited', 'k', request({ type: 'text', text: 'Edited.' }, call), 'anthropic-messages', 10],
  ['arguments were edited', 'k', request(said, { ...call, arguments: '{}' } as Part), 'anthropic-messages', 10],
  ['another account asks', 'other', request(said, call), 'anthropic-messages', 10],
  ['another vendor would get them', 'k', request(said, call), 'openai-responses', 10],
  ['it is too long ago', 'k', request(said, call), 'anthropic-messages', 4000],
  ['the caller sent thoughts of its own', 'k', request(thought, said, call), 'anthropic-messages', 10],
];
for (const [name, owner, asked, by, nowS] of unchanged) {
  test(`nothing is put back when ${name}`, () => {
    const vault = createVault();
    vault.keep('k', written, 0);
    assert.deepEqual(vault.restore(owner, asked, by, nowS), asked);
  });
}

test('answers without sealed thoughts or without a call are not kept', () => {
  const vault = createVault();
  vault.keep('k', [said, call], 0);
  vault.keep('k', [thought, said], 0);
  assert.deepEqual(turnOf(vault.restore('k', request(said, call), 'anthropic-messages', 0)), [said, call]);
});

test('the oldest go first when it grows past its bound', () => {
  const vault = createVault({ bytesMax: 400 });
  for (const id of ['t1', 't2', 't3']) vault.keep('k', [thought, said, { ...call, id } as Part], 0);
  const kept = ['t1', 't2', 't3'].map(
    (id) => turnOf(vault.restore('k', request(said, { ...call, id } as Part), 'anthropic-messages', 0)).length === 3,
  );
  assert.deepEqual(kept, [false, true, true]);
});

test('an item given to a caller is found again by its id, by that caller only and not for ever', () => {
  const vault = createVault();
  vault.keepItems('k', [{ type: 'reasoning', id: 'rs_1' }, { type: 'message' }], 0);
  assert.deepEqual(vault.item('k', 'rs_1', 10), { type: 'reasoning', id: 'rs_1' });
  assert.deepEqual(
    [vault.item('other', 'rs_1', 10), vault.item('k', 'rs_1', 4000), vault.item('k', 'undefined', 10)],
    [undefined, undefined, undefined],
  );
});
