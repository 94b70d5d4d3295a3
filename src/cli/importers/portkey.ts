import {
  addressOf,
  createProviders,
  createVariables,
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
  VENDORS,
  variable,
} from './imported.ts';
import { left, unread } from './left.ts';
import { type Share, sharedOut } from './shares.ts';

/** A config of Portkey's (as documented 2026-11), snake or camel case, as a model called `name`. */
export function fromPortkey(file: Settings, name: string): Imported {
  const notes: string[] = [];
  const all = createProviders();
  const variables = createVariables();
  const config = snaked(file) as Settings;

  /** What a node leads to, with shares that add up to 1 (at the top of a loadbalance, as written); `node` is with what holds around it. */
  function leavesOf(written: Settings, node: Settings, place: string): readonly Leaf[] {
    const inner = listIn(node['targets']);
    if (inner.length === 0) {
      const leaves = leafOf(node, place);
      if (leaves.length > 0) told(written, place);
      return leaves;
    }
    told(written, place);
    const mode = textIn(settingsIn(node['strategy'])['mode']) ?? 'single';
    if (place !== '') notes.push(`${place}: a ${mode} within another; its targets stand in the place of it, and have its share of calls`);
    if (!MODES.has(mode)) notes.push(`${place}${place && '.'}strategy.mode: ${mode} has no like; its targets are tried in order`);
    const balanced = mode === 'loadbalance';
    const children = (mode === 'single' ? inner.slice(0, 1) : inner)
      .map((one, index) => ({ one: settingsIn(one), at: `${place}${place && '.'}targets[${index}]` }))
      .map(({ one, at }) => ({ leaves: balanced && switchedOff(one, at) ? [] : leavesOf(one, inherited(one, node), at), one }))
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
    const at = place || 'config';
    const { vendor, slug, model } = namesIn(node);
    if (vendor === undefined && slug === undefined) return leftOut(`${at}: names no provider`);
    if (model === undefined) return leftOut(`${at}: names no model (override_params.model)`);
    const host = textIn(node['custom_host']);
    const address = host && addressOf(host, `${at}.custom_host`, notes);
    const called = (slug ?? vendor)!;
    const cloud = vendor === undefined && slug ? cloudOf(slug) : undefined;
    const whose = vendor ?? vendorOf(called);
    const provider = cloud ? undefined : whose === undefined ? unknown(called, address) : providerOf(whose, address);
    if (!provider) return leftOut(`${at}: ${cloud ? `${slug} is at ${cloud} by its name, which` : whose} speaks no protocol Headgate does`);
    if (vendor === undefined)
      notes.push(`${at}: ${whose ? `${called} is taken for ${whose}'s by its name; see that it is` : toFill(called, address)}`);
    const key = textIn(node['api_key']);
    const keyless = key === undefined && whose !== undefined && VENDORS.get(whose)?.keys === undefined;
    const held = keyless ? undefined : variables(JSON.stringify([called, key]), called);
    if (key !== undefined) notes.push(`${at}.api_key: holds a key; it was not copied, put it into the variable ${held}`);
    const given = all.name(called, { ...provider, ...(held && { apiKey: `\${${held}}` }) });
    return [{ to: `${given}/${model}`, share: 1, node, place }];
  }

  function leftOut(why: string): readonly Leaf[] {
    notes.push(`${why}; left out`);
    return [];
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

  /** Says what of a node was not carried over. */
  function told(node: Settings, place: string): void {
    const below = (field: string) => `${place}${place && '.'}${field}`;
    left(node, NODE, place, notes);
    left(settingsIn(node['strategy']), new Set(['mode']), below('strategy'), notes);
    left(settingsIn(node['retry']), new Set(['attempts']), below('retry'), notes);
    unread(node, ['request_timeout', 'weight'], place || 'config', notes);
    unread(settingsIn(node['retry']), ['attempts'], below('retry'), notes);
    for (const field of Object.keys(settingsIn(node['override_params'])))
      if (field !== 'model') notes.push(`${below('override_params')}.${field}: not carried over; callers say it themselves`);
  }

  const found = leavesOf(config, config, '');
  const retries = agreed(found, 'retry.attempts', (node) => numberIn(settingsIn(node['retry'])['attempts']));
  const timeoutMs = agreed(found, 'request_timeout', (node) => positiveIn(node['request_timeout']));
  const model = {
    ...sharedOut(name, found, notes),
    ...(timeoutMs !== undefined && { deadline: seconds(timeoutMs / 1000) }),
    ...(retries !== undefined && { retry: { tries: triesOf(retries, 'retry.attempts', notes) } }),
  };
  return { config: { providers: all.providers, models: found.length > 0 ? { [name]: model } : {} }, notes };
}

const MODES = new Set(['single', 'fallback', 'loadbalance', 'conditional']);

/** What is read of a node; `name` is for conditions. */
const NODE = new Set([
  ...['strategy', 'targets', 'name', 'weight', 'provider', 'virtual_key', 'api_key', 'custom_host'],
  ...['override_params', 'retry', 'request_timeout'],
]);

/** A target, with all that holds for it. */
interface Leaf extends Share {
  readonly node: Settings;
  readonly place: string;
}

/** `@slug` names a provider of the workspace, alone or before a model's name, as `virtual_key` did. */
function namesIn(node: Settings): {
  readonly vendor?: string | undefined;
  readonly slug?: string | undefined;
  readonly model?: string | undefined;
} {
  const provider = textIn(node['provider']);
  const model = textIn(settingsIn(node['override_params'])['model']);
  const [, before, after] = /^@([^/]+)\/(.+)$/.exec(model ?? '') ?? [];
  if (before !== undefined) return { slug: before, model: after };
  if (provider?.startsWith('@')) return { slug: provider.slice(1), model };
  return { vendor: provider, slug: textIn(node['virtual_key']), model };
}

/** Clouds that sell vendors' models in protocols of their own, often under the vendor's name. */
const CLOUDS = { Azure: /^azure/, Bedrock: /^(bedrock|aws)/, 'Vertex AI': /^vertex/, SageMaker: /^sagemaker/ };

function cloudOf(slug: string): string | undefined {
  const words = slug.toLowerCase().split(/[^a-z0-9]+/);
  return Object.entries(CLOUDS).find(([, start]) => words.some((word) => start.test(word)))?.[0];
}

/** Whose a slug is that begins with a vendor's name. */
const vendorOf = (slug: string): string | undefined =>
  /^(openai|anthropic|groq|mistral|deepseek|openrouter|together-ai|fireworks-ai|x-ai|perplexity-ai|cerebras)(?![a-z])/i
    .exec(slug)?.[0]
    .toLowerCase();

/** A provider whose vendor nobody told: without an address that is filled in, its key goes nowhere. */
const unknown = (slug: string, address: string | undefined) => ({
  dialect: 'openai-chat',
  baseUrl: address ?? `\${${variable(slug, 'base url')}}`,
});

const toFill = (slug: string, address: string | undefined): string =>
  `${slug} does not say whose it is; fill in its dialect, if that is not openai-chat${address ? '' : `, and its address in the variable ${variable(slug, 'base url')}`}`;

/** What a target does not say is as around it; whom it asks, with which key, it says as a whole. */
function inherited(target: Settings, { targets: _, strategy: __, weight: ___, ...around }: Settings): Settings {
  const { provider: _provider, virtual_key: _slug, api_key: _key, ...others } = around;
  const own = target['provider'] !== undefined || target['virtual_key'] !== undefined;
  const params = { ...settingsIn(around['override_params']), ...settingsIn(target['override_params']) };
  return { ...(own ? others : around), ...target, override_params: params };
}

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
