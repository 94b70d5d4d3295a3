// No gateway to run: the SDK's `fetch` is Headgate, with the same routes, losses, retries and books.
// Here the vendors are simulated; a program of its own would say `import … from 'headgate'` and read its keys
// from the environment, or name its file: createHeadgate({ config: 'headgate.yaml' }).
import OpenAI from 'openai';
import { createHeadgate } from '../src/index.ts';
import { startSimulator } from '../src/simulator/index.ts';

const simulator = await startSimulator({ port: 0 });
const headgate = await createHeadgate({
  config: {
    providers: {
      openai: { dialect: 'openai', apiKey: 'simulated', baseUrl: `${simulator.url}/v1` },
      anthropic: { dialect: 'anthropic', apiKey: 'simulated', baseUrl: simulator.url },
    },
    models: { smart: ['anthropic/claude-opus-5-5', 'openai/gpt-6-sol'] },
    ledger: 'off',
  },
});
const openai = new OpenAI({ fetch: headgate.fetch, apiKey: 'none needed' });

const { data, response } = await openai.responses.create({ model: 'smart', input: 'Name three rivers.' }).withResponse();
console.log('answer:', data.output_text);
console.log('by:    ', response.headers.get('x-headgate-target'));
console.log('cost:  $', response.headers.get('x-headgate-cost-usd'));

await headgate.close();
await simulator.close();
