import type { TestContext } from 'node:test';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import { type Script, startSimulator } from '../../src/simulator/index.ts';

/** The models the nine pairs are tried on: one target for each dialect a provider can speak, reasoning and not. */
export const TARGETS = {
  'openai-chat': 'chat/gpt-4.1',
  'openai-responses': 'responses/gpt-6-sol',
  'anthropic-messages': 'claude/claude-sonnet-5',
} as const;

/** A gateway with three providers, one a dialect, all played by the simulator; both end with the test. */
export async function startGateway(t: Pick<TestContext, 'after'>, script: Script = []) {
  const simulator = await startSimulator({ port: 0, script });
  const config = configWith({
    chat: { dialect: 'openai-chat', vendor: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
    responses: { dialect: 'openai-responses', vendor: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
    claude: { dialect: 'anthropic', baseUrl: simulator.url, apiKey: 'k' },
  });
  const headgate = await createHeadgate(config);
  const door = await headgate.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await door.close();
    await headgate.close();
    await simulator.close();
  });
  return { url: door.url, simulator, headgate };
}

function configWith(providers: object) {
  const read = readConfig(JSON.stringify({ providers, ledger: 'off' }), {});
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.config;
}
