import assert from 'node:assert/strict';
import test from 'node:test';
import type { Script } from '../../src/simulator/index.ts';
import { type Effect, ended, isJob, type Life, questions, resultsOf, settled, stage } from './stage.ts';

const TERMS = { caller: { key: 'team' }, dialect: 'openai-chat', operation: 'generate' } as const;
const SLOWLY: Script = [
  { when: { path: 'batches' }, batch: { validatingMs: 3000, finalizingMs: 2000 } },
  { when: { customId: '*' }, timing: { firstMs: 1000 } },
];
const LINES = 3;

/** Runs a job of three lines to its end; the process dies at one effect, and another takes over. */
async function played(model: string, script: Script, dies?: { readonly at: number; readonly when: 'before' | 'after' }) {
  const place = await stage(script);
  let life: Life = await place.start();
  const names: Effect[] = [];
  const made = isJob(await settled(life.headgate.jobs!.create(TERMS, questions(LINES, model)), place.world));
  const first = place.effects;
  let died = false;
  place.fate = (effect) => {
    if (!died) names.push(effect);
    if (died || !dies || effect.number !== first + dies.at) return undefined;
    died = true;
    return dies.when;
  };
  for (let second = 0; second < 3600 && dies && !died; second += 1) {
    for (let turn = 0; turn < 30; turn += 1) await null;
    place.world.advance(Math.min(place.world.nextMs ?? 1000, 1000));
  }
  if (died) life = await place.start();
  const job = await ended(life, place.world, made.id);
  const results = await resultsOf(life, place.world, job.id);
  const rows = await settled(life.headgate.ledger!.records({}), place.world);
  await settled(life.headgate.close(0), place.world);
  return { job, results, rows, names, created: place.created() };
}

for (const [vendor, model] of [
  ['OpenAI', 'gpt-6-luna'],
  ['Anthropic', 'claude-haiku-5-5'],
] as const)
  test(`killed between any two effects of a batch at ${vendor}: each line delivered once, booked once, handed in once`, async (t) => {
    const whole = await played(model, SLOWLY);
    assert.equal(whole.created, 1);
    const cost = whole.job.cost;
    assert.ok(cost > 0n && whole.rows.length === LINES);
    t.diagnostic(`${whole.names.length} effects, killed before and after each`);
    for (let at = 1; at <= whole.names.length; at += 1) {
      for (const when of ['before', 'after'] as const) {
        const where = `killed ${when} effect ${at}, ${whole.names[at - 1]?.name}`;
        const { job, results, rows, created } = await played(model, SLOWLY, { at, when });
        assert.deepEqual(
          results.map(({ line, outcome }) => `${line} ${outcome}`),
          Array.from({ length: LINES }, (_, line) => `${line} succeeded`),
          where,
        );
        assert.equal(rows.length, LINES, where);
        assert.equal(job.cost, cost, where);
        assert.equal(created, 1, where);
      }
    }
  });
