import type { TestContext } from 'node:test';
import type { UsageRecord } from '../../src/accounting/record.ts';
import { createHeadgate } from '../../src/index.ts';
import { type Script, startSimulator } from '../../src/simulator/index.ts';

/** A model of each kind of provider: one for each dialect one can speak. */
export const MODELS = ['chat/gpt-4.1', 'responses/gpt-6-sol', 'claude/claude-sonnet-5'];

/** The library with three simulated providers, and what it booked; both end with the test. `rules`: more of the configuration. */
export async function stage(
  t: Pick<TestContext, 'after'>,
  script: Script = [],
  { providers: own, ...rules }: { readonly providers?: (url: string) => object; readonly [setting: string]: unknown } = {},
) {
  const simulator = await startSimulator({ port: 0, script });
  const providers = own?.(simulator.url) ?? {
    chat: { dialect: 'openai-chat', vendor: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
    responses: { dialect: 'openai-responses', vendor: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
    claude: { dialect: 'anthropic', baseUrl: simulator.url, apiKey: 'k' },
  };
  const booked: UsageRecord[] = [];
  const headgate = await createHeadgate({
    config: { providers, ledger: 'off', ...rules },
    env: {},
    onCall: (records) => booked.push(...records),
  });
  t.after(async () => {
    await headgate.close(0);
    await simulator.close();
  });
  return { headgate, simulator, booked };
}
