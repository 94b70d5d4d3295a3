import type { Provider } from '../model/provider.ts';
import { buildProvider } from './build-provider.ts';
import type { Environment } from './interpolate.ts';
import type { Problem } from './problems.ts';

/**
 * Providers told by the variables the vendors' own SDKs read: `OPENAI_API_KEY`, `OPENAI_BASE_URL`,
 * `ANTHROPIC_API_KEY`, `ANTHROPIC_AUTH_TOKEN` (a bearer token in the key's place), `ANTHROPIC_BASE_URL`.
 * A vendor without a key is left out.
 */
export function providersOf(env: Environment): { providers: ReadonlyMap<string, Provider>; problems: readonly Problem[] } {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL } = env;
  const problems: Problem[] = [];
  const providers = new Map<string, Provider>();
  const add = (name: 'openai' | 'anthropic', written: Omit<Parameters<typeof buildProvider>[1], 'dialect'>) =>
    providers.set(
      name,
      buildProvider(name, { dialect: name, ...written }, ([, , field], message) => {
        const path = VARIABLES[`${name}.${field}`] ?? name;
        problems.push({ path, message: message.replace(/^\S+/, path) });
      }),
    );
  const at = (baseUrl: string | undefined) => (baseUrl ? { baseUrl } : {});
  if (OPENAI_API_KEY) add('openai', { apiKey: OPENAI_API_KEY, ...at(OPENAI_BASE_URL) });
  if (ANTHROPIC_API_KEY) add('anthropic', { apiKey: ANTHROPIC_API_KEY, ...at(ANTHROPIC_BASE_URL) });
  else if (ANTHROPIC_AUTH_TOKEN)
    add('anthropic', { headers: { authorization: `Bearer ${ANTHROPIC_AUTH_TOKEN.trim()}` }, ...at(ANTHROPIC_BASE_URL) });
  return { providers, problems };
}

const VARIABLES: Readonly<Record<string, string>> = {
  'openai.apiKey': 'OPENAI_API_KEY',
  'openai.baseUrl': 'OPENAI_BASE_URL',
  'anthropic.apiKey': 'ANTHROPIC_API_KEY',
  'anthropic.headers': 'ANTHROPIC_AUTH_TOKEN',
  'anthropic.baseUrl': 'ANTHROPIC_BASE_URL',
};
