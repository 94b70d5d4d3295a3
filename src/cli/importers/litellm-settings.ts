import { listIn, numberIn, positiveIn, type Settings, seconds, settingsIn, textIn, triesOf } from './imported.ts';
import { left, unread } from './left.ts';
import { reference } from './litellm-deployments.ts';

/** The settings of LiteLLM's router, which stand in two places, the second before the first. */
export interface Router {
  readonly values: Settings;
  /** Where a setting stands. */
  at(name: string): string;
}

export function routerOf(file: Settings): Router {
  const [settings, router] = [settingsIn(file['litellm_settings']), settingsIn(file['router_settings'])];
  return {
    values: { ...settings, ...router },
    at: (name) => `${name in router ? 'router_settings' : 'litellm_settings'}.${name}`,
  };
}

/** Where calls for a model go on, and the setting that says so. */
export type Fallbacks = ReadonlyMap<string, readonly { readonly to: string; readonly place: string }[]>;

/** Fallbacks of all kinds, those of every model under `*`: here a target that cannot take a call is passed over by itself. */
export function fallbacksOf({ values, at }: Router, notes: string[]): Fallbacks {
  const all = new Map<string, { readonly to: string; readonly place: string }[]>();
  for (const kind of ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks', 'default_fallbacks']) {
    const said = kind === 'default_fallbacks' ? [{ '*': values[kind] }] : listIn(values[kind]);
    for (const [name, list] of said.flatMap((one) => Object.entries(settingsIn(one))))
      for (const other of listIn(list)) {
        const [to, place] = [textIn(other), `${at(kind)} of "${name}"`];
        if (to === undefined) notes.push(`${place}: one of them is no name; left out`);
        else all.set(name, [...(all.get(name) ?? []), { to, place }]);
      }
    if (kind === 'content_policy_fallbacks' && said.length > 0)
      notes.push(`${at(kind)}: here a refusal is an answer; these are tried after failures only`);
  }
  return all;
}

export function defaultsOf({ values, at }: Router, notes: string[]): object | undefined {
  const retries = numberIn(values['num_retries']);
  const timeout = positiveIn(values['request_timeout']) ?? positiveIn(values['timeout']);
  if (values['drop_params'] === true)
    notes.push(
      `${at('drop_params')}: here what a model does not take is reported and left out by itself, unless it is part of what is said (onLoss)`,
    );
  if (positiveIn(values['request_timeout']) !== undefined && positiveIn(values['timeout']) !== undefined)
    notes.push(`${at('timeout')}: not carried over; the deadline is request_timeout`);
  if (retries === undefined && timeout === undefined) return undefined;
  return {
    ...(timeout !== undefined && { deadline: seconds(timeout) }),
    ...(retries !== undefined && { retry: { tries: triesOf(retries, at('num_retries'), notes) } }),
  };
}

export function serverOf(general: Settings, notes: string[]): object | undefined {
  const key = textIn(general['master_key']);
  if (key === undefined) return undefined;
  const held = reference(key);
  if (held === key) notes.push('general_settings.master_key: holds a key; it was not copied, put it into the variable LITELLM_MASTER_KEY');
  return { keys: [{ id: 'master', key: held === key ? '${LITELLM_MASTER_KEY}' : held }] };
}

const SECTIONS = new Set(['model_list', 'litellm_settings', 'router_settings', 'general_settings', 'environment_variables']);
const NUMBERS = ['num_retries', 'request_timeout', 'timeout'];
const CARRIED = new Set([
  ...NUMBERS,
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'default_fallbacks',
  'drop_params',
  'routing_strategy',
  'model_group_alias',
]);

/** Says what was not carried over, but for models. */
export function rest(file: Settings, notes: string[]): void {
  left(file, SECTIONS, '', notes);
  for (const section of ['litellm_settings', 'router_settings']) {
    left(settingsIn(file[section]), CARRIED, section, notes);
    unread(settingsIn(file[section]), NUMBERS, section, notes);
  }
  left(settingsIn(file['general_settings']), new Set(['master_key']), 'general_settings', notes);
  for (const name of Object.keys(settingsIn(file['environment_variables'])))
    notes.push(`environment_variables.${name}: not copied; set it where Headgate is started`);
}
