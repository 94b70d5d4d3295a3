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

/** A deployment: where a model of LiteLLM's goes. */
interface Deployment {
  readonly target: string;
  readonly weight: number | undefined;
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
  const models = new Map<string, Deployment[]>();
  const rates = new Map<string, { place: string; requests?: number | undefined; tokens?: number | undefined }[]>();
  const deadlines = new Map<string, number>();
  const settings = settingsIn(file['litellm_settings']);
  const router = { ...settings, ...settingsIn(file['router_settings']) };

  for (const [index, entry] of listIn(file['model_list']).entries()) {
    const place = `model_list[${index}]`;
    const { model_name: name, litellm_params: given } = settingsIn(entry);
    const params = settingsIn(given);
    const model = textIn(params['model']);
    if (textIn(name) === undefined || model === undefined) {
      notes.push(`${place}: has no model_name or litellm_params.model; left out`);
      continue;
    }
    const [vendor, own] = vendorOf(model, textIn(params['custom_llm_provider']));
    const base = textIn(params['api_base']) ?? textIn(params['base_url']);
    const provider = providerOf(vendor, base && reference(base));
    if (!provider) {
      notes.push(`${place}: ${vendor} speaks no protocol Headgate does (${model}); left out`);
      continue;
    }
    const key = keyOf(textIn(params['api_key']), vendor, name as string, place, notes);
    const called = all.name(vendor === 'openai' && base ? hostOf(base) : vendor, {
      ...provider,
      ...(key !== undefined && { apiKey: key }),
    });
    const target = `${called}/${own}`;
    const list = models.get(name as string) ?? [];
    models.set(name as string, [
      ...list,
      { target, weight: numberIn(params['weight']) ?? numberIn(params['rpm']) ?? numberIn(params['tpm']) },
    ]);
    const rate = { place, requests: numberIn(params['rpm']), tokens: numberIn(params['tpm']) };
    rates.set(called, [...(rates.get(called) ?? []), rate]);
    const timeout = numberIn(params['timeout']);
    if (timeout !== undefined) deadlines.set(name as string, Math.max(timeout, deadlines.get(name as string) ?? 0));
    left(params, KNOWN_PARAMS, `${place}.litellm_params`, notes);
  }
  limit(all.providers, rates, notes);

  const strategy = STRATEGIES[textIn(router['routing_strategy']) ?? 'simple-shuffle'];
  if (!strategy)
    notes.push(`router_settings.routing_strategy: ${textIn(router['routing_strategy'])} has no like; calls are shared out by weight`);
  const fallbacks = fallbacksOf(router, notes);
  const written: Record<string, object> = {};
  for (const [name, own] of models) {
    const further = (fallbacks.get(name) ?? []).flatMap(
      (other) => models.get(other)?.map(({ target }) => target) ?? unknown(other, name, notes),
    );
    const deadline = deadlines.get(name);
    written[name] = {
      ...(further.length > 0 ? inOrder(name, own, further, notes) : among(own, strategy ?? 'weighted')),
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
    config: { ...(server && { server }), providers: all.providers, models: written, ...(defaults && { defaults }) },
    notes,
  };
}

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
]);

/** `anthropic/claude-sonnet-5`: vendor and name; a bare name is OpenAI's unless it is plainly Anthropic's. */
function vendorOf(model: string, said: string | undefined): readonly [vendor: string, name: string] {
  const slash = model.indexOf('/');
  if (said !== undefined) return [said, slash > 0 && model.slice(0, slash) === said ? model.slice(slash + 1) : model];
  if (slash < 0) return [model.startsWith('claude') ? 'anthropic' : 'openai', model];
  return [model.slice(0, slash), model.slice(slash + 1)];
}

/** `os.environ/NAME` is a variable. */
const reference = (text: string): string => text.replace(/^os\.environ\/([A-Za-z_][A-Za-z0-9_]*)$/, '$${$1}');

function keyOf(key: string | undefined, vendor: string, name: string, place: string, notes: string[]): string | undefined {
  if (key === undefined) return vendor === 'openai' || vendor === 'anthropic' ? `\${${variable(vendor, 'api key')}}` : undefined;
  if (key.startsWith('os.environ/')) return reference(key);
  const named = variable(vendor, name, 'api key');
  notes.push(`${place}.litellm_params.api_key: holds a key; it was not copied, put it into the variable ${named}`);
  return `\${${named}}`;
}

const hostOf = (address: string): string =>
  URL.canParse(address) ? (new URL(address).hostname.split('.').slice(-2, -1)[0] ?? 'compatible') : 'compatible';

/** Rates are a provider's here, a deployment's there. */
function limit(
  providers: Record<string, Record<string, unknown>>,
  rates: ReadonlyMap<string, readonly { place: string; requests?: number | undefined; tokens?: number | undefined }[]>,
  notes: string[],
): void {
  for (const [name, list] of rates) {
    const said = list.filter(({ requests, tokens }) => requests !== undefined || tokens !== undefined);
    if (said.length === 0) continue;
    const [{ requests, tokens }] = said as [(typeof said)[number]];
    if (list.length === 1)
      providers[name]!['limits'] = {
        ...(requests !== undefined && { requestsPerMinute: requests }),
        ...(tokens !== undefined && { tokensPerMinute: tokens }),
      };
    else
      for (const { place } of said)
        notes.push(`${place}: rpm and tpm are a deployment's there and a provider's here: they count as weights, and limit nothing`);
  }
}

/** Deployments of a model alone. */
function among(own: readonly Deployment[], strategy: string): object {
  if (own.length === 1) return { targets: [own[0]!.target] };
  if (strategy !== 'weighted') return { strategy, targets: own.map(({ target }) => target) };
  return { strategy, targets: own.map(({ target, weight = 1 }) => ({ to: target, weight })) };
}

function inOrder(name: string, own: readonly Deployment[], further: readonly string[], notes: string[]): object {
  if (own.length > 1)
    notes.push(`model "${name}": its deployments are tried in order, as fallbacks come after them; shuffle them with a name of their own`);
  return { targets: [...new Set([...own.map(({ target }) => target), ...further])] };
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
  const timeout = numberIn(router['request_timeout']) ?? numberIn(router['timeout']);
  if (router['drop_params'] === true)
    notes.push(
      'drop_params: here what a model does not take is reported and left out by itself, unless it is part of what is said (onLoss)',
    );
  if (retries === undefined && timeout === undefined) return undefined;
  return {
    ...(timeout !== undefined && { deadline: seconds(timeout) }),
    ...(retries !== undefined && { retry: { tries: retries + 1 } }),
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
