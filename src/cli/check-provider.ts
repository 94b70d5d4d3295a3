import { ProxyAgent, request } from 'undici';
import type { Provider } from '../model/provider.ts';
import type { Finding } from './doctor.ts';

/** Longer than any healthy list of models takes. */
const PATIENCE_MS = 10_000;

/**
 * Asks a provider for its list of models, which costs nothing, through the proxy and with the first
 * key of its configuration. `skewMs`: how far our clock is ahead of the provider's, to its second.
 */
export async function providerCheck(provider: Provider): Promise<{ finding: Finding; skewMs?: number }> {
  const what = `provider ${provider.name}`;
  const messages = provider.dialects.includes('anthropic-messages');
  const url = `${provider.baseUrl}${messages ? '/v1/models' : '/models'}`;
  const [key] = provider.keys;
  const keyed = key === undefined ? {} : messages ? { 'x-api-key': key } : { authorization: `Bearer ${key}` };
  const dispatcher = provider.proxy === undefined ? undefined : new ProxyAgent(provider.proxy);
  try {
    const answer = await request(url, {
      headers: { ...(messages && { 'anthropic-version': '2023-06-01' }), ...keyed, ...provider.headers },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(dispatcher && { dispatcher }),
    });
    await answer.body.dump();
    const date = Date.parse(String(answer.headers['date'] ?? ''));
    return { finding: { what, ...judge(answer.statusCode, provider) }, ...(!Number.isNaN(date) && { skewMs: Date.now() - date }) };
  } catch (error) {
    return {
      finding: { what, verdict: 'bad', detail: `${url} does not answer (${reason(error)})`, fix: 'look at baseUrl, proxy and the network' },
    };
  } finally {
    await dispatcher?.close();
  }
}

function judge(status: number, { baseUrl, keys, name }: Provider): Omit<Finding, 'what'> {
  if (status < 300) return { verdict: 'good', detail: `${baseUrl} answers` };
  if (status === 401 || status === 403) {
    const fix = keys.length > 0 ? `put a valid key into providers.${name}.apiKey` : `it wants a key: set providers.${name}.apiKey`;
    return { verdict: 'bad', detail: `${baseUrl} refuses ${keys.length > 0 ? 'the key' : 'calls without a key'} (${status})`, fix };
  }
  // Many compatible servers answer calls but list no models.
  if (status === 404 || status === 405)
    return { verdict: 'doubtful', detail: `${baseUrl} answers, but lists no models (${status})`, fix: 'make a call to be sure' };
  if (status === 429)
    return { verdict: 'doubtful', detail: `${baseUrl} answers, but limits us (429)`, fix: 'look at the quota of the key' };
  return { verdict: 'bad', detail: `${baseUrl} answers with ${status}`, fix: "look at the provider's status page" };
}

function reason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `nothing within ${PATIENCE_MS / 1000} s`;
  const code = (error as NodeJS.ErrnoException).code ?? ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (error instanceof Error ? error.name : 'unknown error');
}
