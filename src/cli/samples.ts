import type { Config } from '../config/config.ts';

/** One call for each protocol that can be typed into a terminal. */
export interface Sample {
  readonly title: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** A first call on each of the three protocols, crossing vendors where there are both: that is what a gateway is for. */
export function samples({ models, providers }: Config): Sample[] {
  const vendors = new Set([...providers.values()].map(({ vendor }) => vendor));
  const [named] = models.keys();
  const other = named ?? `${[...providers.keys()][0]}/model`;
  const openai = vendors.has('openai') ? 'gpt-6-luna' : vendors.has('anthropic') ? 'claude-haiku-5-5' : other;
  const anthropic = vendors.has('anthropic') ? 'claude-haiku-5-5' : vendors.has('openai') ? 'gpt-6-luna' : other;
  const question = 'Name three rivers.';
  return [
    {
      title: `OpenAI Chat Completions, answered by ${anthropic}`,
      path: '/v1/chat/completions',
      headers: {},
      body: { model: anthropic, messages: [{ role: 'user', content: question }] },
    },
    {
      title: `OpenAI Responses, answered by ${anthropic}`,
      path: '/v1/responses',
      headers: {},
      body: { model: anthropic, input: question },
    },
    {
      title: `Anthropic Messages, answered by ${openai}`,
      path: '/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      body: { model: openai, max_tokens: 1024, messages: [{ role: 'user', content: question }] },
    },
  ];
}

/** The call as a command line. `keyed`: the gateway wants a key, taken from the shell's own variable. */
export function curl(url: string, { path, headers, body }: Sample, keyed: boolean): string {
  const flags = Object.entries({ 'content-type': 'application/json', ...headers }).map(([name, value]) => `-H '${name}: ${value}'`);
  if (keyed) flags.push('-H "authorization: Bearer $HEADGATE_KEY"');
  return `curl -s ${url}${path} ${flags.join(' ')} \\\n  -d '${JSON.stringify(body)}'`;
}
