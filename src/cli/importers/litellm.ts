import {
  addressOf,
  countOf,
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
} from './imported.ts';
import { knownOf, PRICED_PARAMS } from './litellm-facts.ts';
import { type Share, sharedOut } from './shares.ts';

/** An entry of `model_list` that Headgate can ask. */
interface Deployment {
  readonly place: string;
  readonly name: string;
  readonly vendor: string;
  /** The provider's own name of the model. */
  readonly model: string;
  readonly base: string | undefined;
  readonly params: Settings;
  /** What it says of its model. */
  readonly info: Settings;
  readonly provider: Record<string, unknown>;
}

/** LiteLLM's strategies, and ours. */
const STRATEGIES: Readonly<Record<string, string>> = {
  'simple-shuffle': 'weighted',
  'latency-based-routing': 'fastest',
  'cost-based-routing': 'cheapest',
};

/** The settings of LiteLLM's proxy (`config.yaml`, as documented 2026-11) in ours. */
export function fromLiteLlm(file: Settings): Imported {
  const notes: string[] = [];
  const all = createProviders();
  const variables = createVariables([...variablesIn(file), ...VENDORS.values().flatMap(({ keys = [] }) => keys)]);
  const models = new Map<string, Share[]>();
  const deadlines = new Map<string, number>();
  const settings = settingsIn(file['litellm_settings']);
  const router = { ...settings, ...settingsIn(file['router_settings']) };

  const said = textIn(router['routing_strategy']) ?? 'simple-shuffle';
  const groups = new Map<string, Deployment[]>();
  for (const [index, entry] of listIn(file['model_list']).entries())
    for (const one of deploymentOf(settingsIn(entry), `model_list[${index}]`, notes))
      groups.set(one.name, [...(groups.get(one.name) ?? []), one]);
  const settingsOf = ({ provider, params }: Deployment, key: string | undefined) => {
    const limits = limitsOf(params);
    return { ...provider, ...(key !== undefined && { apiKey: key }), ...(limits && { limits }) };
  };
  /** The name of a deployment's provider. */
  const providerFor = (one: Deployment): string => {
    const settings = settingsOf(one, keyOf(one, variables, notes));
    return all.name(one.vendor === 'openai' && one.base ? hostOf(one.base) : one.vendor, settings, settings.limits && one.model);
  };

  const prices: Record<string, object> = {};
  const facts: Record<string, object> = {};
  const learnt = new Map<string, { readonly place: string; readonly written: string }>();
  /** What a deployment says of its model; of two that differ, the first counts. */
  const learn = (target: string, { vendor, info, place, params }: Deployment): void => {
    const known = knownOf(vendor, info);
    for (const field of known.left) notes.push(`${place}.${field in params ? 'litellm_params' : 'model_info'}.${field}: not carried over`);
    const written = JSON.stringify([known.prices, known.facts]);
    if (written === '[{},{}]') return;
    const first = learnt.get(target);
    if (first && first.written !== written)
      notes.push(`${place}.model_info: says other things of ${target} than ${first.place} does; left out`);
    if (first) return;
    learnt.set(target, { place, written });
    if (Object.keys(known.prices).length > 0) prices[target] = known.prices;
    if (Object.keys(known.facts).length > 0) facts[target] = known.facts;
  };

  // Wildcards come first: theirs are the providers whose names are given.
  const wildcards = [...groups].filter(([name]) => name.includes('*')).flatMap(([, group]) => group);
  const prefixes = new Set<string>();
  for (const one of wildcards.toSorted((a, b) => Number(prefixOf(b) !== undefined) - Number(prefixOf(a) !== undefined))) {
    const prefix = prefixOf(one);
    if (prefix !== undefined && all.called(prefix, settingsOf(one, keyOf(one, variables, notes)))) prefixes.add(prefix);
    else
      notes.push(
        `${one.place}.model_name: "${one.name}" is no name here; callers say ${providerFor(one)}/ before the vendor's own name, or models has it`,
      );
    left(one.params, WILDCARD_PARAMS, `${one.place}.litellm_params`, notes);
    left(one.info, new Set(), `${one.place}.model_info`, notes);
    groups.delete(one.name);
  }
  for (const [name, group] of groups)
    for (const { share, ...one } of drawn(said, group) ? shuffled(group, notes) : evenly(group)) {
      const to = `${providerFor(one)}/${one.model}`;
      models.set(name, [...(models.get(name) ?? []), { to, share }]);
      learn(to, one);
      const timeout = positiveIn(one.params['timeout']);
      if (timeout !== undefined) deadlines.set(name, Math.max(timeout, deadlines.get(name) ?? 0));
      left(one.params, KNOWN_PARAMS, `${one.place}.litellm_params`, notes);
    }

  const strategy = STRATEGIES[said];
  if (!strategy) notes.push(`router_settings.routing_strategy: ${said} has no like; calls are shared out by weight`);
  const fallbacks = fallbacksOf(router, notes);
  const written: Record<string, object> = {};
  for (const [name, own] of models) {
    const further = (fallbacks.get(name) ?? []).flatMap(
      (other) =>
        models.get(other)?.map(({ to }) => to) ??
        (prefixes.has(/^([^/]+)\/./.exec(other)?.[1] ?? '') ? [other] : unknown(other, name, notes)),
    );
    const deadline = deadlines.get(name);
    written[name] = {
      ...among(name, own, further, strategy ?? 'weighted', notes),
      ...(deadline !== undefined && { deadline: seconds(deadline) }),
    };
  }
  for (const [alias, to] of Object.entries(settingsIn(router['model_group_alias']))) {
    const name = textIn(to) ?? textIn(settingsIn(to)['model']);
    if (name !== undefined && written[name]) written[alias] = written[name];
    else notes.push(`router_settings.model_group_alias.${alias}: leads to no model of the file; left out`);
  }
  const defaults = defaultsOf(router, notes);
  const server = serverOf(settingsIn(file['general_settings']), notes);
  rest(file, router, notes);
  return {
    config: {
      ...(server && { server }),
      providers: all.providers,
      models: written,
      ...(defaults && { defaults }),
      ...(Object.keys(prices).length > 0 && { prices }),
      ...(Object.keys(facts).length > 0 && { modelFacts: facts }),
    },
    notes: [...new Set(notes)],
  };
}

/** An entry as a deployment; none, and a note, where Headgate has no way to ask it. */
function deploymentOf(entry: Settings, place: string, notes: string[]): readonly Deployment[] {
  const params = settingsIn(entry['litellm_params']);
  const [name, said] = [textIn(entry['model_name']), textIn(params['model'])];
  if (name === undefined || said === undefined) {
    notes.push(`${place}: has no model_name or litellm_params.model; left out`);
    return [];
  }
  const [vendor, model] = vendorOf(said, textIn(params['custom_llm_provider']));
  const field = textIn(params['api_base']) ? 'api_base' : 'base_url';
  const address = textIn(params[field]);
  const base = address && addressOf(address, `${place}.litellm_params.${field}`, notes);
  const provider = providerOf(vendor, base && reference(base));
  if (!provider) notes.push(`${place}: ${vendor} speaks no protocol Headgate does (${said}); left out`);
  const priced = Object.entries(params).filter(([field]) => PRICED_PARAMS.includes(field));
  const info = { ...settingsIn(entry['model_info']), ...Object.fromEntries(priced) };
  return provider ? [{ place, name, vendor, model, base, params, info, provider }] : [];
}

/** `anthropic/*`, all of a vendor's models under a prefix: here a provider of that name. */
const prefixOf = ({ name, model }: Deployment): string | undefined => (model === '*' ? /^([^/*]+)\/\*$/.exec(name)?.[1] : undefined);

const WILDCARD_PARAMS = new Set([...PRICED_PARAMS, 'model', 'api_key', 'api_base', 'base_url', 'rpm', 'tpm', 'custom_llm_provider']);
const KNOWN_PARAMS = new Set([
  'model',
  'api_key',
  'api_base',
  'base_url',
  'rpm',
  'tpm',
  'timeout',
  'weight',
  'custom_llm_provider',
  'stream_timeout',
  'max_retries',
  ...PRICED_PARAMS,
]);

/** `anthropic/claude-sonnet-5`: vendor and name; a bare name is OpenAI's unless it is plainly Anthropic's. */
function vendorOf(model: string, said: string | undefined): readonly [vendor: string, name: string] {
  const slash = model.indexOf('/');
  const before = model.slice(0, Math.max(slash, 0));
  const vendor = said ?? (before || (model.startsWith('claude') ? 'anthropic' : 'openai'));
  return [vendor === 'ollama_chat' ? 'ollama' : vendor, vendor === before ? model.slice(slash + 1) : model];
}

/** `os.environ/NAME` is a variable. */
const reference = (text: string): string => text.replace(/^os\.environ\/([A-Za-z_][A-Za-z0-9_]*)$/, '$${$1}');

/** The variables that a file names. */
const variablesIn = (file: Settings): readonly string[] =>
  [...JSON.stringify(file).matchAll(/os\.environ\/(\w+)/g)].map(([, name]) => name!);

function keyOf(
  { params, vendor, name, place }: Deployment,
  variables: ReturnType<typeof createVariables>,
  notes: string[],
): string | undefined {
  const key = textIn(params['api_key']);
  if (key === undefined) {
    const [first, ...others] = VENDORS.get(vendor)?.keys ?? [];
    if (others.length > 0) notes.push(`${place}: its key is taken from ${first}; LiteLLM may have it in ${others.join(', ')}`);
    return first && `\${${first}}`;
  }
  if (reference(key) !== key) return reference(key);
  const held = variables(JSON.stringify([vendor, key]), vendor, name);
  notes.push(`${place}.litellm_params.api_key: holds a key; it was not copied, put it into the variable ${held}`);
  return `\${${held}}`;
}

const hostOf = (address: string): string =>
  URL.canParse(address) ? (new URL(address).hostname.split('.').slice(-2, -1)[0] ?? 'compatible') : 'compatible';

/** Rates are a provider's here and a deployment's there: one with rates is a provider of its own. */
function limitsOf(params: Settings): object | undefined {
  const [requests, tokens] = [positiveIn(params['rpm']), positiveIn(params['tpm'])];
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests && { requestsPerMinute: countOf(requests) }), ...(tokens && { tokensPerMinute: countOf(tokens) }) };
}

/** What LiteLLM draws a deployment by: the first of these that any of them has; one without it is not drawn. */
const DRAWN_BY = ['weight', 'rpm', 'tpm'] as const;

/** Whether deployments are drawn by what they weigh: in a shuffle, and under a strategy without a like where all of them say it. */
const drawn = (strategy: string, group: readonly Deployment[]): boolean =>
  strategy === 'simple-shuffle' ||
  (!STRATEGIES[strategy] && DRAWN_BY.some((field) => group.every(({ params }) => positiveIn(params[field]) !== undefined)));

/** Deployments with the shares that a shuffle gives them; those it gives none are told of and left out. */
function shuffled(group: readonly Deployment[], notes: string[]): readonly (Deployment & { readonly share: number })[] {
  const by = DRAWN_BY.find((field) => group.some(({ params }) => positiveIn(params[field]) !== undefined));
  if (by === undefined) return evenly(group);
  const shares = group.map((one) => ({ ...one, share: numberIn(one.params[by]) ?? 0 }));
  for (const { place, share } of shares)
    if (share === 0)
      notes.push(`${place}.litellm_params.${by}: without one above 0, as others of its model have, it is not drawn; left out`);
  return shares.filter(({ share }) => share > 0);
}

const evenly = (group: readonly Deployment[]) => group.map((one) => ({ ...one, share: 1 }));

/** A model's deployments, and where its calls go on after them. */
function among(name: string, own: readonly Share[], further: readonly string[], strategy: string, notes: string[]): object {
  if (strategy === 'weighted') return sharedOut(name, [...own, ...further.map((to) => ({ to, share: 0 }))], notes);
  const targets = [...new Set(own.map(({ to }) => to))];
  if (further.length === 0) return targets.length === 1 ? { targets } : { strategy, targets };
  if (targets.length > 1)
    notes.push(`model "${name}": its deployments are tried in order and not ${strategy} first, as fallbacks come after them`);
  return { targets: [...new Set([...targets, ...further])] };
}

function unknown(other: string, name: string, notes: string[]): string[] {
  notes.push(`fallbacks of "${name}": "${other}" is no model of the file; left out`);
  return [];
}

/** Fallbacks of all kinds: here a target that cannot take a call is passed over by itself. */
function fallbacksOf(router: Settings, notes: string[]): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const kind of ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks']) {
    for (const one of listIn(router[kind]))
      for (const [name, to] of Object.entries(settingsIn(one)))
        all.set(name, [...(all.get(name) ?? []), ...listIn(to).flatMap((other) => textIn(other) ?? [])]);
    if (kind === 'content_policy_fallbacks' && listIn(router[kind]).length > 0)
      notes.push(`${kind}: here a refusal is an answer; these are tried after failures only`);
  }
  if (listIn(router['default_fallbacks']).length > 0) notes.push('default_fallbacks: name them as targets of each model');
  return all;
}

function defaultsOf(router: Settings, notes: string[]): object | undefined {
  const retries = numberIn(router['num_retries']);
  const timeout = positiveIn(router['request_timeout']) ?? positiveIn(router['timeout']);
  if (router['drop_params'] === true)
    notes.push(
      'drop_params: here what a model does not take is reported and left out by itself, unless it is part of what is said (onLoss)',
    );
  if (retries === undefined && timeout === undefined) return undefined;
  return {
    ...(timeout !== undefined && { deadline: seconds(timeout) }),
    ...(retries !== undefined && { retry: { tries: triesOf(retries, 'num_retries', notes) } }),
  };
}

function serverOf(general: Settings, notes: string[]): object | undefined {
  const key = textIn(general['master_key']);
  if (general['database_url'] !== undefined)
    notes.push(
      'general_settings.database_url: Headgate keeps its own ledger (ledger.url) and keys (headgate keys); virtual keys are not carried over',
    );
  if (key === undefined) return undefined;
  if (!key.startsWith('os.environ/'))
    notes.push('general_settings.master_key: holds a key; it was not copied, put it into the variable LITELLM_MASTER_KEY');
  return { keys: [{ id: 'master', key: key.startsWith('os.environ/') ? reference(key) : '${LITELLM_MASTER_KEY}' }] };
}

const CARRIED = new Set(['model_list', 'litellm_settings', 'router_settings', 'general_settings', 'environment_variables']);
const CARRIED_SETTINGS = new Set([
  ...[
    'fallbacks',
    'context_window_fallbacks',
    'content_policy_fallbacks',
    'default_fallbacks',
    'num_retries',
    'request_timeout',
    'timeout',
  ],
  ...['drop_params', 'routing_strategy', 'model_group_alias', 'set_verbose', 'json_logs'],
]);
const HINTS: Readonly<Record<string, string>> = {
  cache: 'answers are not cached here; prompts are, see cache: auto',
  callbacks: 'see metrics, otel and influx',
  success_callback: 'see metrics, otel and influx',
  failure_callback: 'see metrics, otel and influx',
  max_budget: 'see budgets',
  budget_duration: 'see budgets',
  redis_host: 'several processes share one ledger instead',
  allowed_fails: 'see breaker',
  cooldown_time: 'see breaker',
};

function rest(file: Settings, router: Settings, notes: string[]): void {
  left(file, CARRIED, '', notes);
  left(router, CARRIED_SETTINGS, 'settings', notes);
}

/** Says which settings were not carried over. */
function left(settings: Settings, known: ReadonlySet<string>, place: string, notes: string[]): void {
  for (const [name, value] of Object.entries(settings))
    if (!known.has(name) && value !== undefined && value !== null && !(isSettings(value) && Object.keys(value).length === 0))
      notes.push(`${place === '' ? '' : `${place}.`}${name}: not carried over${HINTS[name] ? `; ${HINTS[name]}` : ''}`);
}
