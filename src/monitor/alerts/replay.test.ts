import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import type { JsonObject } from '../../model/json.ts';
import { replayCase } from './replay.ts';

const OWN = 'fixtures/alerts/cases.json';
const GOLDEN = path.resolve(import.meta.dirname, '../../../../shared/golden/alerts.json');

for (const file of [OWN, GOLDEN].filter((name) => name === OWN || existsSync(name))) {
  for (const golden of (JSON.parse(readFileSync(file, 'utf8')) as { cases: JsonObject[] }).cases) {
    test(`${path.basename(file)} ${String(golden['id'])}: ${String(golden['title'] ?? golden['why'])}`, () => {
      assert.deepEqual(replayCase(golden), golden['expected']);
    });
  }
}

test('a case of a rule nobody knows is refused by name', () => {
  assert.throws(() => replayCase({ id: 'x', rule: 'moon' }), /case x: rule must be daily_spend, .*, got "moon"/);
});
