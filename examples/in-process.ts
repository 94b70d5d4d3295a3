// No gateway to run: the SDK's `fetch` is Headgate, with the same routes, losses, retries and books.
// Here the vendors are simulated; a program of its own would say `import … from 'headgate'` and read its keys:
//   const read = configOf(process.env);
import OpenAI from 'openai';
import { createHeadgate, readConfig } from '../src/index.ts';
import { startSimulator } from '../src/simulator/index.ts';

const simulator = await startSimulator({ port: 0 });
const read = readConfig(
  `
providers:
  openai: { dialect: openai, apiKey: simulated, baseUrl: "${simulator.url}/v1" }
  anthropic: { dialect: anthropic, apiKey: simulated, baseUrl: "${simulator.url}" }
models:
  smart: [anthropic/claude-opus-5-5, openai/gpt-6-sol]
ledger: off
`,
  process.env,
);
if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));

const headgate = await createHeadgate(read.config);
const openai = new OpenAI({ fetch: headgate.fetch, baseURL: 'http://headgate.local/v1', apiKey: 'none needed' });

const { data, response } = await openai.responses.create({ model: 'smart', input: 'Name three rivers.' }).withResponse();
console.log('answer:', data.output_text);
console.log('by:    ', response.headers.get('x-headgate-target'));
console.log('cost:  $', response.headers.get('x-headgate-cost-usd'));

await headgate.close();
await simulator.close();
