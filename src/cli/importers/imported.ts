/** Settings of another gateway in our words, and what of them has none. */
export interface Imported {
  readonly config: {
    readonly server?: object;
    readonly providers: Readonly<Record<string, object>>;
    readonly models: Readonly<Record<string, object>>;
    readonly defaults?: object;
    readonly prices?: object;
    readonly modelFacts?: object;
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

interface Vendor {
  /** Where it is; absent: wherever the file says, or, of OpenAI and Anthropic, where we know them to be. */
  readonly baseUrl?: string;
  /** The variables LiteLLM looks for its key in; absent: it takes none. */
  readonly keys?: readonly [string, ...string[]];
}

const MISTRAL: Vendor = { baseUrl: 'https://api.mistral.ai/v1', keys: ['MISTRAL_API_KEY'] };
const TOGETHER: Vendor = {
  baseUrl: 'https://api.together.xyz/v1',
  keys: ['TOGETHERAI_API_KEY', 'TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY', 'TOGETHER_AI_TOKEN'],
};
const FIREWORKS: Vendor = {
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  keys: ['FIREWORKS_AI_API_KEY', 'FIREWORKS_API_KEY', 'FIREWORKSAI_API_KEY', 'FIREWORKS_AI_TOKEN'],
};
const XAI: Vendor = { baseUrl: 'https://api.x.ai/v1', keys: ['XAI_API_KEY'] };
const PERPLEXITY: Vendor = { baseUrl: 'https://api.perplexity.ai', keys: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'] };
const GEMINI: Vendor = {
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
};

/** Whom we can speak to, by the name others give them: the two vendors, and servers that speak Chat Completions. */
export const VENDORS: ReadonlyMap<string, Vendor> = new Map<string, Vendor>([
  ['openai', { keys: ['OPENAI_API_KEY'] }],
  ['anthropic', { keys: ['ANTHROPIC_API_KEY'] }],
  ['groq', { baseUrl: 'https://api.groq.com/openai/v1', keys: ['GROQ_API_KEY'] }],
  ['mistral', MISTRAL],
  ['mistral-ai', MISTRAL],
  ['deepseek', { baseUrl: 'https://api.deepseek.com/v1', keys: ['DEEPSEEK_API_KEY'] }],
  ['together_ai', TOGETHER],
  ['together-ai', TOGETHER],
  ['fireworks_ai', FIREWORKS],
  ['fireworks-ai', FIREWORKS],
  ['openrouter', { baseUrl: 'https://openrouter.ai/api/v1', keys: ['OPENROUTER_API_KEY'] }],
  ['xai', XAI],
  ['x-ai', XAI],
  ['perplexity', PERPLEXITY],
  ['perplexity-ai', PERPLEXITY],
  ['cerebras', { baseUrl: 'https://api.cerebras.ai/v1', keys: ['CEREBRAS_API_KEY'] }],
  ['gemini', GEMINI],
  ['google', GEMINI],
  ['ollama', { baseUrl: 'http://127.0.0.1:11434/v1' }],
  ['hosted_vllm', {}],
  ['vllm', {}],
  ['lm_studio', {}],
  ['openai_like', {}],
  ['custom_openai', {}],
]);

/** A provider's settings but for its key; undefined where we cannot speak to it. `baseUrl`: as the file says. */
export function providerOf(vendor: string, baseUrl: string | undefined): Record<string, unknown> | undefined {
  if (vendor === 'anthropic') return { dialect: 'anthropic', ...(baseUrl && { baseUrl: baseUrl.replace(/\/v1\/?$/, '') }) };
  if (vendor === 'openai' && (baseUrl === undefined || /\/\/api\.openai\.com/.test(baseUrl)))
    return { dialect: 'openai', ...(baseUrl && { baseUrl }) };
  const address = baseUrl ?? VENDORS.get(vendor)?.baseUrl;
  if (!address || !VENDORS.has(vendor)) return undefined;
  // Others ask Ollama's own API at its root; Chat Completions are below /v1.
  return { dialect: 'openai-chat', baseUrl: vendor === 'ollama' ? address.replace(/(\/v1)?\/*$/, '/v1') : address };
}

/** An address without what may be secret in it. */
export function addressOf(written: string, place: string, notes: string[]): string {
  const plain = written.replace(/^(https?:\/\/)[^/?#]*@/i, '$1').replace(/[?#].*$/, '');
  if (plain !== written) notes.push(`${place}: a user, a password or what follows "?" was not copied; write apiKey or headers`);
  return plain;
}

/** Providers as they are needed, each address and key once. */
export function createProviders() {
  const providers: Record<string, Record<string, unknown>> = {};
  const names = new Map<string, string>();
  return {
    providers,
    /** A provider of this very name; false where another has it, or it could not stand before a "/". */
    called(name: string, settings: Record<string, unknown>): boolean {
      if (!/^[\w.-]+$/.test(name) || name in providers) return JSON.stringify(providers[name]) === JSON.stringify(settings);
      providers[name] = settings;
      const identity = JSON.stringify([settings, '']);
      names.set(identity, names.get(identity) ?? name);
      return true;
    },
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

/** A count as our settings take them: whole, and no more than a thousand million. */
export const countOf = (number: number): number => Math.min(Math.max(Math.round(number), 1), 1_000_000_000);

/** Retries as tries of ours: the first counts, and ten are the most. */
export function triesOf(retries: number, place: string, notes: string[]): number {
  const tries = Math.round(retries) + 1;
  if (tries > TRIES_MAX) notes.push(`${place}: ${retries} retries are more than there are here; ${TRIES_MAX} tries, the first included`);
  return Math.min(tries, TRIES_MAX);
}

const TRIES_MAX = 10;
