/** Settings of another gateway in our words, and what of them has none. */
export interface Imported {
  readonly config: {
    readonly server?: object;
    readonly providers: Readonly<Record<string, object>>;
    readonly models: Readonly<Record<string, object>>;
    readonly defaults?: object;
  };
  /** What was not carried over, or means something else here; each with its place in the file. */
  readonly notes: readonly string[];
}

export type Settings = { readonly [name: string]: unknown };

export const isSettings = (value: unknown): value is Settings => typeof value === 'object' && value !== null && !Array.isArray(value);
export const settingsIn = (value: unknown): Settings => (isSettings(value) ? value : {});
export const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
/** A number from 0 on, also one written as text. */
export function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return number >= 0 && Number.isFinite(number) ? number : undefined;
}
/** A number above 0: where 0 stands for no limit, or for none that was set. */
export const positiveIn = (value: unknown): number | undefined => numberIn(value) || undefined;

/** Servers that speak Chat Completions, by the name others give them. */
const COMPATIBLE: Readonly<Record<string, string>> = {
  groq: 'https://api.groq.com/openai/v1',
  mistral: 'https://api.mistral.ai/v1',
  'mistral-ai': 'https://api.mistral.ai/v1',
  deepseek: 'https://api.deepseek.com/v1',
  together_ai: 'https://api.together.xyz/v1',
  'together-ai': 'https://api.together.xyz/v1',
  fireworks_ai: 'https://api.fireworks.ai/inference/v1',
  'fireworks-ai': 'https://api.fireworks.ai/inference/v1',
  openrouter: 'https://openrouter.ai/api/v1',
  xai: 'https://api.x.ai/v1',
  'x-ai': 'https://api.x.ai/v1',
  perplexity: 'https://api.perplexity.ai',
  'perplexity-ai': 'https://api.perplexity.ai',
  cerebras: 'https://api.cerebras.ai/v1',
  gemini: 'https://generativelanguage.googleapis.com/v1beta/openai',
  google: 'https://generativelanguage.googleapis.com/v1beta/openai',
  ollama: 'http://127.0.0.1:11434/v1',
  hosted_vllm: '',
  vllm: '',
  lm_studio: '',
  openai_like: '',
  custom_openai: '',
};

/** A provider's settings but for its key; undefined where we cannot speak to it. `baseUrl`: as the file says. */
export function providerOf(vendor: string, baseUrl: string | undefined): Record<string, unknown> | undefined {
  if (vendor === 'anthropic') return { dialect: 'anthropic', ...(baseUrl && { baseUrl: baseUrl.replace(/\/v1\/?$/, '') }) };
  if (vendor === 'openai' && (baseUrl === undefined || /\/\/api\.openai\.com/.test(baseUrl)))
    return { dialect: 'openai', ...(baseUrl && { baseUrl }) };
  const address = baseUrl ?? COMPATIBLE[vendor];
  if (!address || (vendor !== 'openai' && !(vendor in COMPATIBLE))) return undefined;
  return { dialect: 'openai-chat', baseUrl: address };
}

/** Providers as they are needed, each address and key once. */
export function createProviders() {
  const providers: Record<string, Record<string, unknown>> = {};
  const names = new Map<string, string>();
  return {
    providers,
    /** The name of the provider of these settings; `owner`: whose it is alone, as a rate is. */
    name(wanted: string, settings: Record<string, unknown>, owner = ''): string {
      const identity = JSON.stringify([settings, owner]);
      const known = names.get(identity);
      if (known !== undefined) return known;
      const plain = wanted.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '') || 'provider';
      let name = plain;
      for (let number = 2; name in providers; number += 1) name = `${plain}-${number}`;
      providers[name] = settings;
      names.set(identity, name);
      return name;
    },
  };
}

/** Variables for keys, each key's its own. `taken`: what the file calls variables of its own. */
export function createVariables(taken: Iterable<string> = []) {
  const used = new Set(taken);
  const names = new Map<string, string>();
  /** The variable of a key: `identity` tells it from others, the words name it. */
  return (identity: string, ...words: readonly string[]): string => {
    const known = names.get(identity);
    if (known !== undefined) return known;
    let name = variable(...words, 'api key');
    for (let number = 2; used.has(name); number += 1) name = variable(...words, String(number), 'api key');
    used.add(name);
    names.set(identity, name);
    return name;
  };
}

/** An environment variable's name made of words. */
export const variable = (...words: readonly string[]): string =>
  words
    .join('_')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .replace(/^(?=\d)/, '_');

/** Seconds as a duration of ours. */
export const seconds = (count: number): string => (Number.isInteger(count) ? `${count}s` : `${Math.max(1, Math.round(count * 1000))}ms`);

/** Retries as tries of ours: the first counts, and ten are the most. */
export function triesOf(retries: number, place: string, notes: string[]): number {
  const tries = Math.round(retries) + 1;
  if (tries > TRIES_MAX) notes.push(`${place}: ${retries} retries are more than there are here; ${TRIES_MAX} tries, the first included`);
  return Math.min(tries, TRIES_MAX);
}

const TRIES_MAX = 10;
