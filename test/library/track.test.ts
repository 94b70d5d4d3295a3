import assert from 'node:assert/strict';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { track, trackedFetch } from '../../src/index.ts';
import { stage } from './stage.ts';

const account = { feature: 'search', user: 'u1', tags: { team: 'Müller & Söhne, 東京', tier: 'gold' } };

for (const way of ['in process', 'over an address']) {
  test(`${way}: every call of a tracked client is on the account, and its call sites stay as they are`, async (t) => {
    const { headgate, booked } = await stage(t);
    const door = await headgate.listen({ host: '127.0.0.1', port: 0 });
    t.after(() => door.close(0));
    const to = (base: string) => (way === 'in process' ? { fetch: headgate.fetch } : { baseURL: `${door.url}${base}` });
    const openai = new OpenAI({ ...to('/v1'), apiKey: 'k', maxRetries: 0, defaultHeaders: { 'x-own': 'kept' } });
    const anthropic = new Anthropic({ ...to(''), apiKey: 'k', maxRetries: 0 });

    const tracked = track(openai, account);
    await tracked.responses.create({ model: 'responses/gpt-6-sol', input: 'x' });
    await tracked.chat.completions.stream({ model: 'chat/gpt-4.1', messages: [{ role: 'user', content: 'x' }] }).finalChatCompletion();
    await track(anthropic, account).messages.create({
      model: 'claude/claude-sonnet-5',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'x' }],
    });
    assert.deepEqual(
      booked.map(({ feature, user, tags }) => ({ feature, user, tags })),
      [account, account, account],
    );

    await tracked.responses.create({ model: 'responses/gpt-6-sol', input: 'x' }, { headers: { 'x-headgate-feature': 'other' } });
    assert.deepEqual([booked.at(-1)!.feature, booked.at(-1)!.user], ['other', 'u1']);
    await openai.responses.create({ model: 'responses/gpt-6-sol', input: 'x' });
    assert.equal(booked.at(-1)!.feature, undefined);
  });
}

test('any client that takes a fetch can be tracked', async (t) => {
  const { headgate, booked } = await stage(t);
  const fetch = trackedFetch(headgate.fetch, { feature: 'search' });
  const body = JSON.stringify({ model: 'chat/gpt-4.1', messages: [{ role: 'user', content: 'x' }] });
  await fetch('http://any/v1/chat/completions', { method: 'POST', body });
  await fetch(new Request('http://any/v1/chat/completions', { method: 'POST', body, headers: { 'x-headgate-user': 'u2' } }));
  assert.deepEqual(
    booked.map(({ feature, user }) => [feature, user]),
    [
      ['search', undefined],
      ['search', 'u2'],
    ],
  );
});

test('what cannot be tracked, or written into a header, is told at once', () => {
  assert.throws(() => track({ withOptions: () => ({}) }, account), /takes a client of openai/);
  assert.throws(() => track(new OpenAI({ apiKey: 'k' }), { feature: '検索' }), /^TypeError: feature must be a text of Latin letters/);
});
