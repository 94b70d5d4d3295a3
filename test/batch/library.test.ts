import assert from 'node:assert/strict';
import test from 'node:test';
import { z } from 'zod';
import { type BatchAnswer, batch } from '../../src/library/batch.ts';
import { type DeferDesk, defer, deferred } from '../../src/library/defer.ts';
import { OutputError } from '../../src/library/output.ts';
import { HeadgateError } from '../../src/model/failure.ts';
import { type Life, settled, stage } from './stage.ts';

const MODELS = { OpenAI: 'gpt-6-luna', Anthropic: 'claude-haiku-5-5' } as const;

type Place = Awaited<ReturnType<typeof stage>>;
const deskOf = ({ headgate: { makeCall, jobs, deferrals } }: Life, { world }: Place): DeferDesk => ({
  makeCall,
  jobs,
  deferrals,
  caller: { key: 'anonymous', feature: 'nightly' },
  after: world.after,
});
const read = <O>(answers: AsyncIterable<BatchAnswer<O>>, { world }: Place) => settled(Array.fromAsync(answers), world);

for (const [vendor, model] of Object.entries(MODELS)) {
  test(`questions handed in together are answered in their order by ${vendor}, each as if it had been asked`, async () => {
    const place = await stage();
    const life = await place.start();
    const desk = deskOf(life, place);
    const questions = Array.from({ length: 5 }, (_, index) => ({ model, input: `Question ${index}`, id: `q${index}`, user: `u${index}` }));
    const answers = await read(batch(desk, { questions, feature: 'report' }), place);
    assert.deepEqual(
      answers.map(({ id, index }) => [id, index]),
      questions.map(({ id }, index) => [id, index]),
    );
    for (const [index, { reply }] of answers.entries()) {
      assert.ok(reply!.text.length > 0);
      assert.equal(reply!.finish.reason, 'stop');
      assert.equal(reply!.turns.length, 2);
      assert.ok(reply!.cost! > 0n && reply!.usage !== undefined, `${index}`);
    }
    const rows = await settled(Promise.resolve(life.headgate.ledger!.records({})), place.world);
    assert.deepEqual(
      [...rows].map(({ callId, channel, feature, user, cost }) => [callId, channel, feature, user, cost]).toSorted(),
      answers.map(({ reply }, index) => [reply!.callId, 'batch', 'report', `u${index}`, reply!.cost]).toSorted(),
    );
    await settled(life.headgate.close(0), place.world);
  });
}

test('answers of a batch are read by a schema, and each that does not fit says so alone', async () => {
  const place = await stage([{ when: { contains: 'odd' }, reply: { text: 'no JSON at all' } }, { reply: { text: '{"city":"Oslo"}' } }]);
  const life = await place.start();
  const output = z.object({ city: z.string() });
  const questions = ['even', 'odd', 'even'].map((input) => ({ model: MODELS.OpenAI, input }));
  const answers = await read(batch(deskOf(life, place), { questions, output }), place);
  assert.deepEqual(
    answers.map(({ reply }) => reply?.output.city),
    ['Oslo', undefined, 'Oslo'],
  );
  assert.ok(answers[1]!.error instanceof OutputError);
  await settled(life.headgate.close(0), place.world);
});

test('a batch is resumed by its id after a crash, and nothing is asked twice', async () => {
  const place = await stage();
  const life = await place.start();
  const questions = [1, 2, 3].map((input) => ({ model: MODELS.Anthropic, input: `${input}` }));
  const id = await settled(batch(deskOf(life, place), { questions }).id, place.world);
  life.kill();
  const heir = await place.start();
  const answers = await read(batch(deskOf(heir, place), { resume: id }), place);
  assert.deepEqual(
    answers.map(({ reply }) => reply!.finish.reason),
    ['stop', 'stop', 'stop'],
  );
  assert.equal(place.created(), 1);
  await settled(heir.headgate.close(0), place.world);
});

test('what a provider refuses for good is an error of that question', async () => {
  const place = await stage([{ when: { customId: '*', contains: 'bad' }, fault: { status: 400 } }]);
  const life = await place.start();
  const questions = ['good', 'bad'].map((input) => ({ model: MODELS.OpenAI, input }));
  const answers = await read(batch(deskOf(life, place), { questions }), place);
  assert.deepEqual(
    answers.map(({ error }) => (error as HeadgateError | undefined)?.failure.kind),
    [undefined, 'invalid'],
  );
  await settled(life.headgate.close(0), place.world);
});

test('a batch of nothing, of a model that leads nowhere, or that nobody knows, is refused', async () => {
  const place = await stage();
  const life = await place.start();
  const desk = deskOf(life, place);
  const refused = (kind: string) => (error: unknown) => error instanceof HeadgateError && error.failure.kind === kind;
  await assert.rejects(read(batch(desk, { questions: [] }), place), refused('invalid'));
  await assert.rejects(read(batch(desk, { questions: [{ model: 'nowhere', input: 'x' }] }), place), refused('unroutable'));
  await assert.rejects(read(batch(desk, { resume: 'batch_nobody' }), place), refused('missing'));
  await settled(life.headgate.close(0), place.world);
});

for (const [vendor, model] of Object.entries(MODELS)) {
  test(`a deferred question is answered at half price by ${vendor}, and found again by its id`, async () => {
    const place = await stage();
    const life = await place.start();
    const desk = deskOf(life, place);
    const output = z.string();
    const taken = await settled(defer(desk, { model, input: 'Where?', withinMs: 6 * 3_600_000 }), place.world);
    assert.equal(await settled(taken.reply(), place.world), undefined);
    const reply = await settled(taken.wait(), place.world);
    assert.ok(reply.text.length > 0);
    const again = await settled(deferred(desk, taken.id), place.world);
    assert.deepEqual(await settled(again.reply(), place.world), reply);
    await assert.rejects(
      settled(
        deferred(desk, taken.id, output).then((one) => one.reply()),
        place.world,
      ),
      OutputError,
    );
    const [row] = await settled(Promise.resolve(life.headgate.ledger!.records({})), place.world);
    assert.deepEqual([row!.channel, row!.callId, row!.cost], ['batch', reply.callId, reply.cost]);
    await settled(life.headgate.close(0), place.world);
  });
}

test('a deferred question says within what time it may be answered', async () => {
  const place = await stage();
  const life = await place.start();
  const desk = deskOf(life, place);
  const asked = { model: MODELS.OpenAI, input: 'x' };
  await assert.rejects(defer(desk, { ...asked, withinMs: 1000 }), /withinMs must be from 60000/);
  await assert.rejects(settled(deferred(desk, 'deferred_x'), place.world), /there is no deferred call/);
  await settled(life.headgate.close(0), place.world);
});
