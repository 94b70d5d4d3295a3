import assert from 'node:assert/strict';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { usageRecord } from '../../../test/support/usage-record.ts';
import type { Letter, PostAnswer } from '../../model/post.ts';
import { simulatedWorld } from '../../world/simulated.ts';
import type { InfluxAddress } from './address.ts';
import { createInflux } from './influx.ts';

/** A server that answers by what the lines say, and what it was sent. */
function influxAt(address: Partial<InfluxAddress>, answer: (lines: readonly string[]) => number) {
  const letters: Letter[] = [];
  const stored = new Set<string>();
  const post = async (letter: Letter): Promise<PostAnswer> => {
    letters.push(letter);
    const lines = gunzipSync(letter.body as Uint8Array)
      .toString()
      .trimEnd()
      .split('\n');
    const status = answer(lines);
    if (status === 204) for (const line of lines) stored.add(line);
    return { status, headers: {}, body: '' };
  };
  const influx = createInflux({
    world: simulatedWorld(),
    post,
    address: { url: 'http://influx:8086/', version: 1, database: 'llm', ...address },
    instance: 'a',
  });
  return { influx, letters, stored };
}

const SERVERS: Record<string, [Partial<InfluxAddress>, url: string, authorization: string | undefined]> = {
  'version 1': [{}, 'http://influx:8086/write?db=llm&precision=ns', undefined],
  'version 1 with a user': [{ user: 'u', password: 'p' }, 'http://influx:8086/write?db=llm&precision=ns', `Basic ${btoa('u:p')}`],
  'version 2': [
    { version: 2, organization: 'our org', token: 't' },
    'http://influx:8086/api/v2/write?org=our+org&bucket=llm&precision=ns',
    'Token t',
  ],
  'version 3': [
    { version: 3, token: 't' },
    'http://influx:8086/api/v3/write_lp?db=llm&precision=nanosecond&accept_partial=true&no_sync=false',
    'Bearer t',
  ],
};
for (const [name, [address, url, authorization]] of Object.entries(SERVERS)) {
  test(`${name} is written to where it listens, its precision said`, async () => {
    const { influx, letters, stored } = influxAt(address, () => 204);
    influx.add(usageRecord());
    await influx.close();
    const [letter] = letters;
    assert.deepEqual([letter?.url, letter?.headers['authorization'], letter?.headers['content-encoding']], [url, authorization, 'gzip']);
    assert.equal(stored.size, 1);
  });
}

test('a bad line costs itself and no other, however large its batch', async () => {
  const { influx, letters, stored } = influxAt({}, (lines) => (lines.some((line) => line.includes('bad')) ? 400 : 204));
  for (let number = 0; number < 3000; number += 1) influx.add(usageRecord({ callId: number % 1000 === 7 ? 'bad' : `call_${number}` }));
  await influx.close();
  assert.deepEqual([stored.size, influx.dropped], [2997, 3]);
  assert.ok(letters.length < 100, `${letters.length} requests`);
});

test('an answer that may change is no refusal: wrong tokens and busy servers lose nothing', async () => {
  for (const status of [401, 404, 429, 503]) {
    const { influx } = influxAt({}, () => status);
    influx.add(usageRecord());
    await influx.close();
    // Let go only because the gateway ended.
    assert.equal(influx.dropped, 1);
  }
});
