// What a program does about a batch that fails in part is seldom tried, as a real one takes a day to. Here time is told
// to pass; a program's own tests would say `import … from 'headgate/simulator'`.
import Anthropic from '@anthropic-ai/sdk';
import { createSimulator, fetchFrom, simulatedWorld } from '../src/simulator/index.ts';

const world = simulatedWorld();
const simulator = createSimulator({
  world,
  script: [
    { when: { path: 'batches' }, batch: { inOrder: true } },
    { when: { customId: 'row-2' }, fault: { status: 529 } },
    { when: { customId: 'row-3' }, fault: { stallAtByte: 0 } },
  ],
});
const { batches } = new Anthropic({ apiKey: 'none needed', fetch: fetchFrom(simulator) }).messages;

const row = (number: number) => ({
  custom_id: `row-${number}`,
  params: { model: 'claude-haiku-5-5', max_tokens: 100, messages: [{ role: 'user' as const, content: `Sum up row ${number}.` }] },
});
const { id } = await batches.create({ requests: [row(1), row(2), row(3)] });
while ((await batches.retrieve(id)).processing_status !== 'ended') world.advance(3_600_000);

for await (const { custom_id, result } of await batches.results(id)) {
  console.log(`${custom_id}: ${result.type}${result.type === 'errored' ? `, ${result.error.error.type}` : ''}`);
}
console.log(`after ${world.elapsed() / 3_600_000} hours:`, (await batches.retrieve(id)).processing_status);
