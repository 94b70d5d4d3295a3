import { build } from './build.ts';
import { buildProvider } from './build-provider.ts';
import type { Config } from './config.ts';

/** What the demo books into. */
export const DEMO_LEDGER = './headgate-demo.sqlite';

/**
 * Both vendors, played by a simulator at `url` (without a path): the whole gateway, and no money spent. Its ledger is its own: real books
 * must not count what nobody paid, and jobs that wait in them must not be answered by a simulator.
 */
export function demoConfig(url: string): Config {
  const never = (_: unknown, message: string) => {
    throw new TypeError(message);
  };
  const providers = [
    buildProvider('openai', { dialect: 'openai', baseUrl: `${url}/v1`, apiKey: 'demo' }, never),
    buildProvider('anthropic', { dialect: 'anthropic', baseUrl: url, apiKey: 'demo' }, never),
  ];
  return build({ ledger: { file: DEMO_LEDGER } }, new Map(providers.map((provider) => [provider.name, provider])), never);
}
