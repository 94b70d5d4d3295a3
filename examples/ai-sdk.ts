// Headgate as a provider of the Vercel AI SDK: its tools and objects, our routes, costs and warnings.
// A program of its own would say `from 'headgate'` and `from 'headgate/ai-sdk'`.
import { generateText, isStepCount, streamText, tool } from 'ai';
import { z } from 'zod';
import { createHeadgate } from '../src/index.ts';
import { providerOf } from '../src/library/ai-sdk/index.ts';
import { startSimulator } from '../src/simulator/index.ts';

const simulator = await startSimulator({
  port: 0,
  script: [
    { when: { feature: 'toolResults' }, reply: { text: 'It is clear in Oslo.' } },
    { when: { feature: 'tools' }, reply: { toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] } },
  ],
});
const gateway = await createHeadgate({
  config: { models: { smart: ['anthropic/claude-opus-5-5', 'openai/gpt-6-sol'] }, ledger: 'off' },
  env: {
    OPENAI_API_KEY: 'simulated',
    OPENAI_BASE_URL: `${simulator.url}/v1`,
    ANTHROPIC_API_KEY: 'simulated',
    ANTHROPIC_BASE_URL: simulator.url,
  },
});
const headgate = providerOf(gateway, { feature: 'assistant' });

const weather = tool({
  description: 'The weather in a city now.',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, celsius: 4, sky: 'clear' }),
});
const { text, steps, providerMetadata } = await generateText({
  model: headgate('smart'),
  prompt: 'What is the weather in Oslo?',
  reasoning: 'low', // thoughts go back under their seals, whichever vendor's they are
  tools: { weather },
  stopWhen: isStepCount(3),
});
console.log('answer:', text);
console.log('steps: ', steps.length);
console.log('cost:  $', providerMetadata?.['headgate']?.['costUsd'], 'for the last');

const { textStream } = streamText({ model: headgate('gpt-6-luna'), prompt: 'Name three rivers.' });
let characters = 0;
for await (const piece of textStream) characters += piece.length;
console.log('streamed:', characters > 0);

await gateway.close();
await simulator.close();
