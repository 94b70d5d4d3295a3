import { plain, TEXT_MAX } from '../model/bookable.ts';
import type { Caller } from '../model/caller.ts';
import type { ModelFacts } from '../model/facts.ts';
import { invalid } from '../model/failure.ts';
import type { CallTerms } from '../model/make-call.ts';
import type { Part } from '../model/part.ts';
import type { ModelRequest, Turn } from '../model/request.ts';
import { formatOf } from './output.ts';
import type { Schema } from './schema.ts';

/** On whose account a call is. */
export interface Account {
  readonly feature?: string;
  readonly user?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A turn of a conversation; `content` is the short form of its parts: words, or parts. */
export type Message = Turn | { readonly role: Turn['role']; readonly content: string | readonly Part[] };

/**
 * What is asked, of whom, and on what terms: the fields of a canonical request that matter to a program, with
 * short forms for the common ones. One of `input` and `turns` must be given.
 */
export interface Question<S extends Schema | undefined = Schema | undefined>
  extends Account,
    Pick<CallTerms, 'signal' | 'deadlineMs' | 'onLoss' | 'priority' | 'idempotencyKey' | 'providerOptions' | 'maxVisibleTokens'>,
    Pick<ModelRequest, 'tools' | 'toolChoice' | 'maxOutputTokens' | 'reasoning' | 'sampling' | 'settings' | 'cache' | 'extra'> {
  /** A public name of the configuration, a vendor's own name, or `provider/model`. */
  readonly model: string;
  /** The newest thing said, by the user: words, or parts with pictures and documents among them. */
  readonly input?: string | readonly Part[];
  /** What was said before it, such as a reply's `turns`. */
  readonly turns?: readonly Message[];
  readonly instructions?: string | readonly Part[];
  /** What the answer must be; it then comes parsed and checked as the reply's `output`. */
  readonly output?: S;
  /** How hard to think: `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`; models differ in which they take. */
  readonly effort?: string;
}

/** The canonical request of a question. Throws `invalid`. */
export function requestOf(question: Question, stream: boolean): ModelRequest {
  const { model, input, turns = [], instructions, output, effort, reasoning } = question;
  if (typeof model !== 'string' || model === '') invalid('model must be the name of a model', 'model');
  if (!Array.isArray(turns)) invalid('turns must be a list of turns', 'turns');
  const said = turns.map(turnOf);
  if (input !== undefined) said.push({ role: 'user', parts: textParts(input, 'input') });
  if (said.length === 0) invalid('give input or turns: there is nothing to answer', 'input');
  const thinking = effort === undefined ? reasoning : { ...reasoning, effort };
  const { tools, toolChoice, maxOutputTokens, sampling, settings, cache, extra } = question;
  wholeTokens({ maxOutputTokens });
  return {
    model,
    turns: said,
    stream,
    ...(instructions !== undefined && { instructions: textParts(instructions, 'instructions') }),
    ...(tools && { tools }),
    ...(toolChoice && { toolChoice }),
    ...(output && { output: formatOf(output) }),
    ...(thinking && { reasoning: thinking }),
    ...(sampling && { sampling }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(settings && { settings }),
    ...(cache && { cache }),
    ...(extra && { extra }),
  };
}

/** Checked here, as programs without types write these by hand: a provider would name fields of a body they never saw. */
function turnOf(message: Message, index: number): Turn {
  const { role } = message;
  if (!ROLES.includes(role)) invalid(`turns[${index}].role must be one of ${ROLES.join(', ')}`, `turns[${index}].role`);
  const parts = 'parts' in message ? message.parts : message.content;
  if (typeof parts !== 'string' && !Array.isArray(parts)) invalid(`turns[${index}] must have content, or parts`, `turns[${index}].content`);
  return 'parts' in message ? message : { role, parts: textParts(parts, `turns[${index}].content`) };
}

const ROLES: readonly Turn['role'][] = ['system', 'developer', 'user', 'assistant'];

function textParts(said: string | readonly Part[], path: string): readonly Part[] {
  if (typeof said === 'string') return [{ type: 'text', text: said }];
  if (!Array.isArray(said)) invalid(`${path} must be words or a list of parts, got ${said === null ? 'null' : typeof said}`, path);
  return said;
}

/** Whose calls are, and the names of the providers there are, by which their options go; where there are none, all names will do. */
export interface Terms {
  readonly caller: Caller;
  readonly providerNames?: readonly string[];
}

/** The terms of a question for a caller in process. Throws `invalid`. */
export function termsOf(question: Omit<Question, 'model'>, { caller: base, providerNames }: Terms): CallTerms {
  const { signal, deadlineMs, onLoss, priority, idempotencyKey, providerOptions, maxVisibleTokens } = question;
  if (deadlineMs !== undefined && !(deadlineMs > 0))
    invalid(`deadlineMs must be a number of milliseconds above 0, got ${deadlineMs}`, 'deadlineMs');
  wholeTokens({ maxVisibleTokens });
  if (priority !== undefined && !PRIORITIES.includes(priority))
    invalid(`priority must be "high", "normal" or "low", got ${JSON.stringify(priority)}`, 'priority');
  if (providerOptions && providerNames) checkNames(Object.keys(providerOptions), providerNames);
  return {
    caller: callerFor(base, question),
    ...(signal && { signal }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(onLoss !== undefined && { onLoss }),
    ...(priority !== undefined && { priority }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(providerOptions && { providerOptions }),
    ...(maxVisibleTokens !== undefined && { maxVisibleTokens }),
  };
}

const PRIORITIES: readonly CallTerms['priority'][] = ['high', 'normal', 'low'];

function wholeTokens(limits: Readonly<Record<string, number | undefined>>): void {
  for (const [name, tokens] of Object.entries(limits))
    if (tokens !== undefined && !(Number.isInteger(tokens) && tokens > 0))
      invalid(`${name} must be a whole number of tokens above 0, got ${tokens}`, name);
}

/** Options under any other name would reach nobody. */
function checkNames(given: readonly string[], providers: readonly string[]): void {
  const known = [...new Set([...VENDORS, ...providers])];
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const path = `providerOptions.${unknown}`;
  invalid(`${path} is neither a vendor nor a provider of the configuration: there are ${known.join(', ')}`, path);
}

const VENDORS: readonly ModelFacts['vendor'][] = ['openai', 'anthropic', 'other'];

/** The caller on the account named. Throws `invalid` where a feature is required and none is named, and for what cannot be booked. */
function callerFor(base: Caller, { feature = base.feature, user = base.user, tags }: Account): Caller {
  if (feature === undefined && base.featureRequired)
    invalid('this call must say which feature it is for (attribution.feature: required)', 'feature');
  return {
    ...base,
    ...(feature !== undefined && { feature: booked(feature, 'feature') }),
    ...(user !== undefined && { user: booked(user, 'user') }),
    ...(tags && {
      tags: Object.fromEntries(Object.entries(tags).map(([name, value]) => [booked(name, 'tags'), booked(value, `tags.${name}`)])),
    }),
  };
}

function booked(text: string, path: string): string {
  if (typeof text !== 'string' || text === '') invalid(`${path} must be a text`, path);
  if (text.length > TEXT_MAX) invalid(`${path} must have at most ${TEXT_MAX} characters, got ${text.length}`, path);
  return plain(text);
}
