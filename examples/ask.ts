// Questions without an SDK: an answer checked against a schema, one read while it is written, and a conversation.
// A program of its own would say `import … from 'headgate'` and leave `env` out.
import { z } from 'zod';
import { createHeadgate, formatUsd, OutputError } from '../src/index.ts';
import { startSimulator } from '../src/simulator/index.ts';

const simulator = await startSimulator({ port: 0 });
const headgate = await createHeadgate({
  config: { models: { smart: ['openai/gpt-6-sol', 'anthropic/claude-opus-5-5'] }, ledger: 'off' },
  env: {
    OPENAI_API_KEY: 'simulated',
    OPENAI_BASE_URL: `${simulator.url}/v1`,
    ANTHROPIC_API_KEY: 'simulated',
    ANTHROPIC_BASE_URL: simulator.url,
  },
});

const Rivers = z.object({ rivers: z.array(z.object({ name: z.string(), lengthKm: z.number() })) });
try {
  const { output, cost, target } = await headgate.ask({
    model: 'smart',
    input: 'Name three rivers.',
    output: Rivers, // Zod or any Standard Schema; a plain JSON Schema will do too
    feature: 'quiz',
    providerOptions: { openai: { prompt_cache_key: 'quiz' } }, // any field of a vendor, in its own words
  });
  for (const { name, lengthKm } of output.rivers) console.log(`river: ${name}, ${lengthKm} km`); // typed by the schema
  console.log(`${target?.provider} took $${cost === null ? 'an unknown sum' : formatUsd(cost)}`);
} catch (error) {
  if (!(error instanceof OutputError)) throw error;
  console.log(`no rivers (${error.problem}): ${error.message}`); // notJson, unfit, refused, cut, called, empty
}

const stream = headgate.stream({ model: 'smart', input: 'Tell me about one of them.' });
let pieces = 0;
for await (const _piece of stream.textStream) pieces += 1;
const told = await stream.reply();
console.log(`told in ${pieces > 1 ? 'pieces' : 'one piece'}, finished: ${told.finish.reason}`);

const next = await headgate.ask({ model: 'smart', turns: told.turns, input: 'And another?' });
console.log(`turns: ${next.turns.length}`);

await headgate.close();
await simulator.close();
