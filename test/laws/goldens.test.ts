import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { dialectOf } from '../../src/dialects/registry.ts';
import { failureOf, HeadgateError } from '../../src/model/failure.ts';
import type { Json } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { asked, PAIRS } from '../support/cases.ts';
import { USUAL } from '../support/facts.ts';
import { type Fixture, goldenOf, NAMES, replies, requests } from '../support/fixtures.ts';
import { differences } from '../support/json.ts';
import { law } from '../support/law.ts';

/** Answers beside streams have theirs already: the same words, said whole. */
const wholes = (dialect: DialectName) => replies(dialect).filter(({ kind }) => kind === 'reply');

const FIXTURES = path.resolve(import.meta.dirname, '../../fixtures');
const UPDATE = process.env['UPDATE'] !== undefined;

for (const [from, to] of PAIRS) {
  law(`${from} requests become the ${to} requests that were reviewed`, function* () {
    for (const fixture of requests(from)) {
      yield* compared(fixture, to, () => {
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

  law(`${from} answers become the ${to} answers that were reviewed`, function* () {
    for (const fixture of wholes(from)) {
      yield* compared(fixture, to, () => dialectOf(to).encodeReply(dialectOf(from).decodeReply(fixture.wire), asked(to)));
    }
  });
}

test('every golden has its fixture', () => {
  const wanted = new Set(
    NAMES.flatMap((from) => NAMES.flatMap((to) => [...requests(from), ...wholes(from)].map((fixture) => goldenOf(fixture, to)))),
  );
  const orphans = globSync(path.join(FIXTURES, '*/*/*.to.*.json')).filter((file) => !wanted.has(file));
  assert.deepEqual(orphans, []);
});

/** What differs from the golden beside the fixture; `UPDATE=1` writes it, and the diff is the review. */
function* compared(fixture: Fixture<unknown>, to: DialectName, make: () => object): Generator<string> {
  const file = goldenOf(fixture, to);
  const name = path.relative(FIXTURES, file);
  const made = JSON.parse(JSON.stringify(refusable(make))) as Json;
  if (UPDATE) writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`);
  else if (!existsSync(file)) yield `${name} is missing: run UPDATE=1 node --test test/laws/goldens.test.ts and review it`;
  else yield* differences(JSON.parse(readFileSync(file, 'utf8')) as Json, made).map((difference) => `${name}: ${difference}`);
}

function refusable(make: () => object): object {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    return { refused: failureOf(error) };
  }
}
