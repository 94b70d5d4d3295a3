import {
  createProviders,
  type Imported,
  isSettings,
  listIn,
  numberIn,
  positiveIn,
  providerOf,
  type Settings,
  seconds,
  settingsIn,
  textIn,
  triesOf,
  variable,
} from './imported.ts';
import { type Share, sharedOut } from './shares.ts';

/** A config of Portkey's (as documented 2026-11), snake or camel case, as a model called `name`. */
export function fromPortkey(file: Settings, name: string): Imported {
  const notes: string[] = [];
  const all = createProviders();
  const config = snaked(file) as Settings;

  /** What a node leads to, with shares that add up to 1 (at the top of a loadbalance, as written). */
  function leavesOf(node: Settings, place: string): readonly Leaf[] {
    const inner = listIn(node['targets']);
    if (inner.length === 0) return leafOf(node, place);
    const mode = textIn(settingsIn(node['strategy'])['mode']) ?? 'single';
    if (place !== '') notes.push(`${place}: a ${mode} within another; its targets stand in the place of it, and have its share of calls`);
    if (mode === 'conditional') notes.push(`${place || 'strategy'}: conditions are not carried over; see prefer`);
    const balanced = mode === 'loadbalance';
    const children = (mode === 'single' ? inner.slice(0, 1) : inner)
      .map((one, index) => ({ one: settingsIn(one), at: `${place}${place && '.'}targets[${index}]` }))
      .map(({ one, at }) => ({ leaves: balanced && switchedOff(one, at) ? [] : leavesOf(inherited(one, node), at), one }))
      .filter(({ leaves }) => leaves.length > 0)
      .map(({ leaves, one }, index) => ({ leaves, part: balanced ? (numberIn(one['weight']) ?? 1) : index === 0 ? 1 : 0 }));
    const whole = balanced && place !== '' ? children.reduce((sum, { part }) => sum + part, 0) : 1;
    return children.flatMap(({ leaves, part }) => leaves.map((leaf) => ({ ...leaf, share: (leaf.share * part) / whole })));
  }

  function switchedOff(target: Settings, place: string): boolean {
    const off = numberIn(target['weight']) === 0;
    if (off) notes.push(`${place}.weight: 0 switches it off; left out`);
    return off;
  }

  function leafOf(node: Settings, place: string): readonly Leaf[] {
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
    return [{ to: `${given}/${model}`, share: 1, node, place }];
  }

  /** What targets say that is a model's here; where they differ, what the config says of all of them. */
  function agreed(leaves: readonly Leaf[], field: string, read: (node: Settings) => number | undefined): number | undefined {
    const values = new Set(leaves.map(({ node }) => read(node)));
    if (values.size === 1) return [...values][0];
    for (const { node, place } of leaves)
      if (read(node) !== read(config))
        notes.push(`${place}.${field}: not carried over; it is a model's here, and its targets differ in it`);
    return read(config);
  }

  function told(node: Settings, place: string): void {
    const { model: _, ...params } = settingsIn(node['override_params']);
    for (const field of Object.keys(params)) notes.push(`${place}.override_params.${field}: not carried over; callers say it themselves`);
    if (node['cache'] !== undefined) notes.push(`${place}.cache: answers are not cached here; prompts are, see cache: auto`);
  }

  const found = leavesOf(config, '');
  if (settingsIn(config['strategy'])['on_status_codes'] !== undefined)
    notes.push('strategy.on_status_codes: what is tried elsewhere follows from the kind of failure (docs/errors.md)');
  for (const field of ['before_request_hooks', 'after_request_hooks', 'input_guardrails', 'output_guardrails', 'metadata'])
    if (config[field] !== undefined) notes.push(`${field}: not carried over`);
  const retries = agreed(found, 'retry.attempts', (node) => numberIn(settingsIn(node['retry'])['attempts']));
  const timeoutMs = agreed(found, 'request_timeout', (node) => positiveIn(node['request_timeout']));
  const model = {
    ...sharedOut(name, found, notes),
    ...(timeoutMs !== undefined && { deadline: seconds(timeoutMs / 1000) }),
    ...(retries !== undefined && { retry: { tries: triesOf(retries, 'retry.attempts', notes) } }),
  };
  return { config: { providers: all.providers, models: found.length > 0 ? { [name]: model } : {} }, notes };
}

/** A target, with all that holds for it. */
interface Leaf extends Share {
  readonly node: Settings;
  readonly place: string;
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
