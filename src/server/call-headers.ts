import type { Asking } from '../lanes/lane.ts';
import { plain, TEXT_MAX } from '../model/bookable.ts';
import { invalid } from '../model/failure.ts';
import { languageIn } from '../model/language.ts';
import type { RequestHeaders } from './rooms.ts';

/** Most tags of one call. */
const TAGS_MAX = 32;

/** What the caller asks of this one call beyond its body. Throws `invalid`. */
export function optionsOf(headers: RequestHeaders): Pick<Asking, 'onLoss' | 'deadlineMs' | 'idempotencyKey' | 'priority' | 'language'> {
  const onLoss = headers['x-headgate-on-loss'];
  const deadline = headers['x-headgate-deadline-ms'];
  const idempotencyKey = textIn(headers, 'idempotency-key');
  const priority = headers['x-headgate-priority'];
  // Nobody is refused for it: many clients send one unasked.
  const language = languageIn(String(headers['accept-language'] ?? ''));
  if (onLoss === undefined && deadline === undefined && idempotencyKey === undefined && priority === undefined && language === undefined)
    return NO_OPTIONS;
  return {
    ...(onLoss !== undefined && { onLoss: String(onLoss) }),
    ...(deadline !== undefined && { deadlineMs: millisecondsOf(String(deadline)) }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(priority !== undefined && { priority: priorityOf(String(priority)) }),
    ...(language !== undefined && { language }),
  };
}

const NO_OPTIONS = {};

/** What a header says; undefined when it says nothing. Throws `invalid`. */
export function textIn(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined || value === '') return undefined;
  return plain(short(String(value), name));
}

function short(value: string, name: string): string {
  if (value.length > TEXT_MAX) invalid(`${name} must have at most ${TEXT_MAX} characters, got ${value.length}`, name);
  return value;
}

function millisecondsOf(value: string): number {
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) : 0;
  if (ms < 1) invalid('x-headgate-deadline-ms must be a whole number of milliseconds from 1 to 999999999', 'x-headgate-deadline-ms');
  return ms;
}

/** `x-headgate-max-visible-tokens`; undefined when it is not there. Throws `invalid`. */
export function visibleMaxOf(headers: RequestHeaders): number | undefined {
  const value = headers[VISIBLE];
  if (value === undefined) return undefined;
  const tokens = /^\d{1,9}$/.test(String(value).trim()) ? Number(value) : 0;
  if (tokens < 1) invalid(`${VISIBLE} must be a whole number of tokens from 1 to 999999999`, VISIBLE);
  return tokens;
}

const VISIBLE = 'x-headgate-max-visible-tokens';

function priorityOf(value: string): NonNullable<Asking['priority']> {
  const word = value.trim().toLowerCase();
  if (word === 'high' || word === 'normal' || word === 'low') return word;
  invalid(`x-headgate-priority must be "high", "normal" or "low", got "${value.slice(0, 40)}"`, 'x-headgate-priority');
}

/** Tags, written `team=blue,tier=gold` or as a JSON object of texts, for values with commas or letters beyond Latin-1. Throws `invalid`. */
export function tagsIn(headers: RequestHeaders): Record<string, string> | undefined {
  if (headers[TAGS] === undefined) return undefined;
  const written = String(headers[TAGS]);
  const tags = written.trimStart().startsWith('{') ? jsonTags(written) : listedTags(written);
  const entries = Object.entries(tags);
  if (entries.length > TAGS_MAX) invalid(`${TAGS} must hold at most ${TAGS_MAX} tags, got ${entries.length}`, TAGS);
  for (const [name, value] of entries) {
    short(name, TAGS);
    short(value, TAGS);
  }
  return tags;
}

const TAGS = 'x-headgate-tags';

function listedTags(written: string): Record<string, string> {
  const pairs = written
    .split(',')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) invalid(`${TAGS} must be name=value pairs with commas between, or a JSON object`, TAGS);
      return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
    }),
  );
}

function jsonTags(written: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(written);
  } catch {
    invalid(`${TAGS} begins like a JSON object and is none`, TAGS);
  }
  const pairs = Object.entries(parsed as object).map(([name, value]): [string, string] => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      invalid(`${TAGS}: the value of each tag must be a text, a number, true or false`, TAGS);
    return [plain(name), plain(String(value))];
  });
  return Object.fromEntries(pairs);
}
