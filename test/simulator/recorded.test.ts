import assert from 'node:assert/strict';
import test from 'node:test';
import { factsOf } from '../../src/catalogue/index.ts';
import type { DialectName } from '../../src/model/part.ts';
import { ANTHROPIC_RULES } from '../../src/simulator/rules/anthropic.ts';
import { OPENAI_CHAT_RULES } from '../../src/simulator/rules/openai-chat.ts';
import { OPENAI_RESPONSES_RULES } from '../../src/simulator/rules/openai-responses.ts';
import { firstBroken, type VendorRule } from '../../src/simulator/rules/rule.ts';
import { NAMES } from '../support/fixtures.ts';
import { type Recorded, recorded } from '../support/recorded.ts';

const RULES: Readonly<Record<DialectName, readonly VendorRule[]>> = {
  'openai-chat': OPENAI_CHAT_RULES,
  'openai-responses': OPENAI_RESPONSES_RULES,
  'anthropic-messages': ANTHROPIC_RULES,
};

/** Ids changed when secrets were taken out; a shape of 2023; a four-digit snapshot name the catalogue has no entry for. */
const EXCEPT = new Set(['2480a46f0569', '27aa89ea001e', 'f2b72ad03df8']);
/** What the simulator cannot know: it signs thoughts under a key of its own, and remembers only its own responses. */
const OWN = new Set(['thoughts come back unchanged', 'every result has its call']);

for (const dialect of NAMES) {
  test(`the rules refuse nothing that a vendor was recorded taking in ${dialect}`, () => {
    const refused = recorded(dialect)
      .filter(({ provider, request, failure }) => VENDORS.has(provider) && request !== undefined && !failure)
      .filter(({ id }) => !EXCEPT.has(id))
      .flatMap((recording) => {
        const refusal = refusalOf(recording);
        return refusal === undefined ? [] : [`${recording.id}: ${refusal}`];
      });
    assert.deepEqual(refused, []);
  });
}

const VENDORS = new Set(['openai', 'anthropic']);

function refusalOf({ dialect, request }: Recorded): string | undefined {
  const model = String(request!['model'] ?? '');
  const headers = { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'as-recorded' };
  const facts = factsOf(model, dialect === 'anthropic-messages' ? 'anthropic' : 'openai');
  const rules = RULES[dialect].filter(({ name }) => !OWN.has(name));
  return firstBroken(rules, { wire: request!, model, facts, headers, counting: false })?.message;
}
