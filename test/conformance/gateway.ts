import type { TestContext } from 'node:test';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import type { Notice } from '../../src/model/notice.ts';
import { type Script, startSimulator } from '../../src/simulator/index.ts';
import { wayTo } from './way.ts';

/** The models the nine pairs are tried on: one target for each dialect a provider can speak, reasoning and not. */
export const TARGETS = {
  'openai-chat': 'chat/gpt-4.1',
  'openai-responses': 'responses/gpt-6-sol',
  'anthropic-messages': 'claude/claude-sonnet-5',
} as const;

/**
 * A gateway with three providers, one a dialect, and two more: `openai` speaks both of its dialects and
 * `local` is a compatible Chat server. The simulator plays them all; gateway and simulator end with the test.
 * `rules` are further parts of the configuration.
 */
export async function startGateway(t: Pick<TestContext, 'after'>, script: Script = [], rules: object = {}) {
  const simulator = await startSimulator({ port: 0, script });
  const providers = {
    chat: { dialect: 'openai-chat', vendor: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
    responses: { dialect: 'openai-responses', vendor: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
    claude: { dialect: 'anthropic', baseUrl: simulator.url, apiKey: 'k' },
    openai: { dialect: 'openai', vendor: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
    local: { dialect: 'openai-chat', vendor: 'other', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
  };
  const config = configWith({ providers, ledger: 'off', ...rules });
  const notices: Notice[] = [];
  const headgate = await createHeadgate(config, { onNotice: (notice) => notices.push(notice) });
  const url = await wayTo(headgate.fetch, async () => (await headgate.listen({ host: '127.0.0.1', port: 0 })).url);
  t.after(async () => {
    await headgate.close();
    await simulator.close();
  });
  return { url, simulator, headgate, notices };
}

function configWith(file: object) {
  const read = readConfig(JSON.stringify(file), {});
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.config;
}
