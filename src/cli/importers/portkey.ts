import {
  createProviders,
  type Imported,
  isSettings,
  listIn,
  numberIn,
  providerOf,
  type Settings,
  seconds,
  settingsIn,
  textIn,
  variable,
} from './imported.ts';

/** A config of Portkey's (as documented 2026-11), snake or camel case, as a model called `name`. */
export function fromPortkey(file: Settings, name: string): Imported {
  const notes: string[] = [];
  const all = createProviders();
  const config = snaked(file) as Settings;

  function targetsOf(node: Settings, place: string): { readonly to: string; readonly weight: number }[] {
    const inner = listIn(node['targets']);
    if (inner.length > 0) {
      const mode = textIn(settingsIn(node['strategy'])['mode']) ?? 'single';
      if (place !== '') notes.push(`${place}: a ${mode} within another; its targets stand in the place of it`);
      if (mode === 'conditional') notes.push(`${place || 'strategy'}: conditions are not carried over; see prefer`);
      const nodes = inner.map((one, index) => ({
        node: inherited(settingsIn(one), node),
        place: `${place}${place && '.'}targets[${index}]`,
      }));
      return (mode === 'single' ? nodes.slice(0, 1) : nodes).flatMap((one) =>
        targetsOf(one.node, one.place).map((target) => ({ ...target, weight: target.weight * (numberIn(one.node['weight']) ?? 1) })),
      );
    }
    const vendor = textIn(node['provider']) ?? vendorOf(textIn(node['virtual_key']));
    const model = textIn(settingsIn(node['override_params'])['model']);
    const at = place || 'config';
    if (vendor === undefined || model === undefined) {
      notes.push(`${at}: ${vendor === undefined ? 'names no provider' : 'names no model (override_params.model)'}; left out`);
      return [];
    }
    const provider = providerOf(vendor.replace(/^@/, ''), textIn(node['custom_host']));
    if (!provider) {
      notes.push(`${at}: ${vendor} speaks no protocol Headgate does; left out`);
      return [];
    }
    const called = textIn(node['virtual_key']) ?? vendor;
    if (textIn(node['api_key']) !== undefined)
      notes.push(`${at}.api_key: holds a key; it was not copied, put it into the variable ${variable(called, 'api key')}`);
    const given = all.name(called, { ...provider, apiKey: `\${${variable(called, 'api key')}}` });
    told(node, at);
    return [{ to: `${given}/${model}`, weight: 1 }];
  }

  function told(node: Settings, place: string): void {
    const { model: _, ...params } = settingsIn(node['override_params']);
    for (const field of Object.keys(params)) notes.push(`${place}.override_params.${field}: not carried over; callers say it themselves`);
    if (node['cache'] !== undefined) notes.push(`${place}.cache: answers are not cached here; prompts are, see cache: auto`);
  }

  const mode = textIn(settingsIn(config['strategy'])['mode']);
  const found = targetsOf(config, '');
  if (settingsIn(config['strategy'])['on_status_codes'] !== undefined)
    notes.push('strategy.on_status_codes: what is tried elsewhere follows from the kind of failure (docs/errors.md)');
  for (const field of ['before_request_hooks', 'after_request_hooks', 'input_guardrails', 'output_guardrails', 'metadata'])
    if (config[field] !== undefined) notes.push(`${field}: not carried over`);
  const retries = numberIn(settingsIn(config['retry'])['attempts']);
  const timeoutMs = numberIn(config['request_timeout']);
  const balanced = mode === 'loadbalance' && found.length > 1;
  const model = {
    ...(balanced && { strategy: 'weighted' }),
    targets: balanced ? found : [...new Set(found.map(({ to }) => to))],
    ...(timeoutMs !== undefined && { deadline: seconds(timeoutMs / 1000) }),
    ...(retries !== undefined && { retry: { tries: retries + 1 } }),
  };
  return { config: { providers: all.providers, models: found.length > 0 ? { [name]: model } : {} }, notes };
}

const vendorOf = (key: string | undefined): string | undefined => /openai|anthropic|groq|mistral|deepseek|openrouter/.exec(key ?? '')?.[0];

/** What a target does not say is as around it. */
const inherited = (target: Settings, { targets: _, strategy: __, weight: ___, ...around }: Settings): Settings => ({
  ...around,
  ...target,
  ...(isSettings(around['override_params']) && {
    override_params: { ...around['override_params'], ...settingsIn(target['override_params']) },
  }),
});

/** `overrideParams` is `override_params`; what is in those stays as it is. */
function snaked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snaked);
  if (!isSettings(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const plain = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return [plain, plain === 'override_params' ? inner : snaked(inner)];
    }),
  );
}
