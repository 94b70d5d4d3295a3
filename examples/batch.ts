// Many questions at half the price, whose answers nobody waits for; and one that may take until a deadline. Both outlive
// the process: their ids find them again. A program of its own would say `import … from 'headgate'` and leave `env` out.
import { createHeadgate } from '../src/index.ts';
import { startSimulator } from '../src/simulator/index.ts';

const simulator = await startSimulator({ port: 0 });
const headgate = await createHeadgate({
  config: { ledger: { file: ':memory:' } },
  env: {
    OPENAI_API_KEY: 'simulated',
    OPENAI_BASE_URL: `${simulator.url}/v1`,
    ANTHROPIC_API_KEY: 'simulated',
    ANTHROPIC_BASE_URL: simulator.url,
  },
});

const rivers = ['Nile', 'Amazon', 'Yangtze'];
const questions = rivers.map((river) => ({ id: river, model: 'claude-haiku-5-5', input: `How long is the ${river}?` }));
for await (const { id, reply, error } of headgate.batch({ questions, feature: 'nightly' }))
  console.log(`${id}: ${reply ? `answered, $${Number(reply.cost) / 1e12}` : error?.message}`);

const sixHours = 6 * 3_600_000;
const { id } = await headgate.defer({ model: 'gpt-6-luna', input: 'Which is the longest?', withinMs: sixHours });
const found = await headgate.deferred(id);
console.log(
  `deferred: ${(await found.reply()) ? 'answered' : 'waiting'}, at the latest in ${Math.round((found.deadlineMs - Date.now()) / 3_600_000)} hours`,
);

await headgate.close();
await simulator.close();
