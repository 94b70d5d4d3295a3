import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { dialectOf } from '../../src/dialects/registry.ts';
import { failureOf, HeadgateError } from '../../src/model/failure.ts';
import type { DialectName } from '../../src/model/part.ts';
import { asked, PAIRS } from '../support/cases.ts';
import { USUAL } from '../support/facts.ts';
import { type Fixture, goldenOf, NAMES, replies, requests } from '../support/fixtures.ts';

const UPDATE = process.env['UPDATE'] !== undefined;

for (const [from, to] of PAIRS) {
  test(`${from} requests become the ${to} requests that were reviewed`, () => {
    for (const fixture of requests(from)) {
      same(fixture, to, () => {
        const { wire, losses, headers, toolNames, wrappedTools } = dialectOf(to).encodeRequest(
          dialectOf(from).decodeRequest(fixture.wire),
          USUAL[to],
        );
        return {
          wire,
          ...(Object.keys(headers).length > 0 && { headers }),
          losses,
          ...(toolNames?.size && { toolNames: Object.fromEntries(toolNames) }),
          ...(wrappedTools?.size && { wrappedTools: [...wrappedTools] }),
        };
      });
    }
  });

  test(`${from} answers become the ${to} answers that were reviewed`, () => {
    for (const fixture of replies(from))
      same(fixture, to, () => dialectOf(to).encodeReply(dialectOf(from).decodeReply(fixture.wire), asked(to)));
  });
}

test('every golden has its fixture', () => {
  const wanted = new Set(
    NAMES.flatMap((from) => NAMES.flatMap((to) => [...requests(from), ...replies(from)].map((fixture) => goldenOf(fixture, to)))),
  );
  const orphans = globSync(path.resolve(import.meta.dirname, '../../fixtures/*/*/*.to.*.json')).filter((file) => !wanted.has(file));
  assert.deepEqual(orphans, []);
});

/** Compares with the golden beside the fixture; `UPDATE=1` writes it, and the diff is the review. */
function same(fixture: Fixture<unknown>, to: DialectName, make: () => object): void {
  const file = goldenOf(fixture, to);
  const made = JSON.parse(JSON.stringify(refusable(make)));
  if (UPDATE) writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`);
  else {
    assert.ok(existsSync(file), `${path.basename(file)} is missing: run UPDATE=1 node --test test/laws/goldens.test.ts and review it`);
    assert.deepEqual(made, JSON.parse(readFileSync(file, 'utf8')), path.basename(file));
  }
}

function refusable(make: () => object): object {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    return { refused: failureOf(error) };
  }
}
