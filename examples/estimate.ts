// Before a call is made: how large, how dear, does it fit; and then room for 500 tokens to see, whatever the model reasons.
// A program of its own would say `import … from 'headgate'` and leave `env` out.
import { createHeadgate } from '../src/index.ts';
import { startSimulator } from '../src/simulator/index.ts';

const simulator = await startSimulator({ port: 0 });
const headgate = await createHeadgate({
  config: { models: { smart: ['openai/gpt-6-sol', 'anthropic/claude-sonnet-5'] }, ledger: 'off' },
  env: {
    OPENAI_API_KEY: 'simulated',
    OPENAI_BASE_URL: `${simulator.url}/v1`,
    ANTHROPIC_API_KEY: 'simulated',
    ANTHROPIC_BASE_URL: simulator.url,
  },
});

const question = { model: 'smart', input: 'Name three rivers.', effort: 'low', maxVisibleTokens: 500 };
for (const { target, inputTokens, countedBy, outputTokensMax, worstUsd } of await headgate.estimate(question))
  console.log(`${target}: ${inputTokens} tokens by ${countedBy}, at most ${outputTokensMax} back, at most $${worstUsd}`);

const { target, starved } = await headgate.ask(question);
console.log(`answered by ${target?.provider}, starved: ${starved !== undefined}`);

await headgate.close();
await simulator.close();
