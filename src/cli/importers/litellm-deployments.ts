import {
  addressOf,
  countOf,
  type createVariables,
  positiveIn,
  providerOf,
  type Settings,
  settingsIn,
  textIn,
  VENDORS,
} from './imported.ts';
import { left, unread } from './left.ts';
import { PRICED_PARAMS } from './litellm-facts.ts';

/** An entry of `model_list` that Headgate can ask. */
export interface Deployment {
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

/** An entry as a deployment; none, and a note, where Headgate has no way to ask it. */
export function deploymentOf(entry: Settings, place: string, notes: string[]): readonly Deployment[] {
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
  if (!provider) return [];
  left(entry, ENTRY, place, notes);
  unread(params, ['rpm', 'tpm', 'weight', 'timeout'], `${place}.litellm_params`, notes);
  const priced = Object.entries(params).filter(([field]) => PRICED_PARAMS.includes(field));
  const info = { ...settingsIn(entry['model_info']), ...Object.fromEntries(priced) };
  return [{ place, name, vendor, model, base, params, info, provider }];
}

/** `anthropic/*`, all of a vendor's models under a prefix: here a provider of that name. */
export const prefixOf = ({ name, model }: Deployment): string | undefined => (model === '*' ? /^([^/*]+)\/\*$/.exec(name)?.[1] : undefined);

/** What is read of a deployment, and of a wildcard. */
export const WILDCARD_PARAMS = new Set([...PRICED_PARAMS, 'model', 'api_key', 'api_base', 'base_url', 'rpm', 'tpm', 'custom_llm_provider']);
export const KNOWN_PARAMS = new Set([...WILDCARD_PARAMS, 'timeout', 'weight']);
const ENTRY = new Set(['model_name', 'litellm_params', 'model_info']);

/** `anthropic/claude-sonnet-5`: vendor and name; a bare name is OpenAI's unless it is plainly Anthropic's. */
function vendorOf(model: string, said: string | undefined): readonly [vendor: string, name: string] {
  const slash = model.indexOf('/');
  const before = model.slice(0, Math.max(slash, 0));
  const vendor = said ?? (before || (model.startsWith('claude') ? 'anthropic' : 'openai'));
  return [vendor === 'ollama_chat' ? 'ollama' : vendor, vendor === before ? model.slice(slash + 1) : model];
}

/** `os.environ/NAME` is a variable. */
export const reference = (text: string): string => text.replace(/^os\.environ\/([A-Za-z_][A-Za-z0-9_]*)$/, '$${$1}');

/** The variables that a file names. */
export const variablesIn = (file: Settings): readonly string[] =>
  [...JSON.stringify(file).matchAll(/os\.environ\/(\w+)/g)].map(([, name]) => name!);

export function keyOf(
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

/** What a server is called by its address: `example` at `api.example.com`. */
export function hostOf(address: string): string {
  const words = URL.canParse(address) ? new URL(address).hostname.split('.') : [];
  return words.slice(-2, -1).find((word) => /[a-z]/i.test(word)) ?? 'compatible';
}

/** Rates are a provider's here and a deployment's there: one with rates is a provider of its own. */
export function limitsOf(params: Settings): object | undefined {
  const [requests, tokens] = [positiveIn(params['rpm']), positiveIn(params['tpm'])];
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests && { requestsPerMinute: countOf(requests) }), ...(tokens && { tokensPerMinute: countOf(tokens) }) };
}
