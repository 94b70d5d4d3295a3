import { factsOf, knownModels, vendorOf } from '../catalogue/index.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { Failure } from '../model/failure.ts';
import type { Config, ModelRoute } from './config.ts';
import { didYouMean } from './nearest.ts';

/**
 * Where calls for a model name go. In this order: a public name from `models`; `provider/model`, all
 * after the first slash being the provider's own name; a vendor's own model name, which goes to the
 * first provider of that vendor. Anything else is `unroutable`, with the names it may have meant.
 */
export function routeOf(config: Config, name: string): ModelRoute | Failure {
  const route = config.models.get(name);
  if (route) return route;
  const slash = name.indexOf('/');
  const prefix = name.slice(0, Math.max(slash, 0));
  if (slash > 0 && slash < name.length - 1 && config.providers.has(prefix)) return direct(config, prefix, name.slice(slash + 1));
  // No vendor's own name has a slash: what has one meant a provider that is not there.
  const vendor = slash < 0 ? vendorOf(name) : undefined;
  const provider = vendor && providerOf(config, vendor);
  if (provider !== undefined) return direct(config, provider, name);
  return { kind: 'unroutable', param: 'model', message: unroutable(config, name, prefix, vendor) };
}

/** What is known of a model at a provider: the catalogue, corrected by what the operator wrote. */
export function factsFor(config: Config, provider: string, model: string): ModelFacts {
  const { modelFacts } = config;
  return { ...factsOf(model, config.providers.get(provider)?.vendor), ...modelFacts.get(model), ...modelFacts.get(`${provider}/${model}`) };
}

/** Every name that is sure to be routed: public names first, then the models of the vendors there are providers for. */
export function namesOf(config: Config): string[] {
  const vendors = new Set([...config.providers.values()].map(({ vendor }) => vendor));
  const known = knownModels().filter(({ facts }) => vendors.has(facts.vendor));
  return [...new Set([...config.models.keys(), ...known.map(({ name }) => name)])];
}

const direct = ({ defaults }: Config, provider: string, model: string): ModelRoute => ({
  ...defaults,
  strategy: 'ordered',
  targets: [{ provider, model, weight: 1 }],
});

const providerOf = ({ providers }: Config, vendor: ModelFacts['vendor']): string | undefined =>
  providers.values().find((provider) => provider.vendor === vendor)?.name;

function unroutable(config: Config, name: string, prefix: string, vendor: ModelFacts['vendor'] | undefined): string {
  // A name comes from the caller: it is shown, but not at any length.
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  if (name === '') return 'model must name a model, got ""';
  if (vendor !== undefined) {
    const label = vendor === 'openai' ? 'OpenAI' : 'Anthropic';
    return `model "${shown}" is ${label}'s, and no provider with dialect ${vendor} is configured`;
  }
  const near = didYouMean(name.slice(0, 80), namesOf(config));
  if (near === '' && prefix !== '') {
    return `model "${shown}" is not known, and "${prefix.slice(0, 80)}" is no provider${didYouMean(prefix.slice(0, 80), config.providers.keys()) || `; there are ${[...config.providers.keys()].join(', ')}`}`;
  }
  return `model "${shown}" is not known${near || '; write provider/model, or add it to models'}`;
}
