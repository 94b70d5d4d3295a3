import {
  createProviders,
  createVariables,
  type Imported,
  listIn,
  positiveIn,
  type Settings,
  seconds,
  settingsIn,
  textIn,
  VENDORS,
} from './imported.ts';
import { left } from './left.ts';
import {
  type Deployment,
  deploymentOf,
  hostOf,
  KNOWN_PARAMS,
  keyOf,
  limitsOf,
  prefixOf,
  variablesIn,
  WILDCARD_PARAMS,
} from './litellm-deployments.ts';
import { knownOf } from './litellm-facts.ts';
import { defaultsOf, fallbacksOf, rest, routerOf, serverOf } from './litellm-settings.ts';
import { among, drawn, evenly, STRATEGIES, shuffled } from './litellm-shares.ts';
import type { Share } from './shares.ts';

/** The settings of LiteLLM's proxy (`config.yaml`, as documented 2026-11) in ours. */
export function fromLiteLlm(file: Settings): Imported {
  const notes: string[] = [];
  const all = createProviders();
  const variables = createVariables([...variablesIn(file), ...VENDORS.values().flatMap(({ keys = [] }) => keys)]);
  const models = new Map<string, Share[]>();
  const deadlines = new Map<string, number>();
  const router = routerOf(file);
  const said = textIn(router.values['routing_strategy']) ?? 'simple-shuffle';
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
  if (!strategy) notes.push(`${router.at('routing_strategy')}: ${said} has no like; calls are shared out by weight`);
  const fallbacks = fallbacksOf(router, notes);
  const aliases = new Map(
    Object.entries(settingsIn(router.values['model_group_alias'])).map(([alias, to]) => [
      alias,
      textIn(to) ?? textIn(settingsIn(to)['model']),
    ]),
  );
  /** Where a fallback leads. */
  const targetsOf = (to: string, place: string): readonly string[] => {
    const shares = models.get(to) ?? models.get(aliases.get(to) ?? '');
    if (shares) return shares.map((share) => share.to);
    if (prefixes.has(/^([^/]+)\/./.exec(to)?.[1] ?? '')) return [to];
    notes.push(`${place}: "${to}" is no model here; left out`);
    return [];
  };
  for (const [name, list] of fallbacks) if (name !== '*' && !models.has(name)) notes.push(`${list[0]!.place}: is no model here; left out`);
  const written: Record<string, object> = {};
  for (const [name, own] of models) {
    const further = (fallbacks.get(name) ?? fallbacks.get('*') ?? []).flatMap(({ to, place }) => targetsOf(to, place));
    const deadline = deadlines.get(name);
    written[name] = {
      ...among(name, own, further, strategy ?? 'weighted', notes),
      ...(deadline !== undefined && { deadline: seconds(deadline) }),
    };
  }
  for (const [alias, name] of aliases) {
    const place = `${router.at('model_group_alias')}.${alias}`;
    if (name !== undefined && written[name]) written[alias] = written[name];
    else notes.push(`${place}: leads to no model of the file; left out`);
    left(settingsIn(settingsIn(router.values['model_group_alias'])[alias]), new Set(['model']), place, notes);
  }
  const defaults = defaultsOf(router, notes);
  const server = serverOf(settingsIn(file['general_settings']), notes);
  rest(file, notes);
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
