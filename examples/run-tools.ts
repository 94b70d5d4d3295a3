// The tool loop: every call of an answer runs at once, every result goes back, and the model is asked again.
// A program of its own would say `import … from 'headgate'` and leave `env` out.
import { z } from 'zod';
import { createHeadgate, formatUsd, tool } from '../src/index.ts';
import { startSimulator } from '../src/simulator/index.ts';

const simulator = await startSimulator({ port: 0 });
const headgate = await createHeadgate({
  config: { models: { smart: ['anthropic/claude-opus-5-5', 'openai/gpt-6-sol'] }, ledger: 'off' },
  env: {
    OPENAI_API_KEY: 'simulated',
    OPENAI_BASE_URL: `${simulator.url}/v1`,
    ANTHROPIC_API_KEY: 'simulated',
    ANTHROPIC_BASE_URL: simulator.url,
  },
});

const weather = tool({
  name: 'weather',
  description: 'The weather of a city',
  input: z.object({ city: z.string() }),
  run: ({ city }) => {
    if (city === 'Lima') throw new Error('the station in Lima is closed'); // the model is told, and the others go on
    return { city, degrees: city.length };
  },
});

const steps = headgate.streamTools({
  model: 'smart',
  input: 'What is the weather in Oslo, Rome and Lima?',
  tools: [weather],
  maxRounds: 4,
  maxCost: '$0.50',
  maxOutputTokens: 2000,
});
for await (const step of steps) {
  if (step.type === 'toolEnded') console.log(`${step.call.arguments}: ${step.result.isError ? 'failed' : 'done'}`);
}
const { text, rounds, ended, cost } = await steps.result();
console.log(`${ended} after ${rounds} rounds, $${cost === null ? '?' : formatUsd(cost)}: ${text}`);

await headgate.close();
await simulator.close();
