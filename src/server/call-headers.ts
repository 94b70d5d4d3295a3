import type { Asking } from '../lanes/lane.ts';
import type { Caller } from '../model/caller.ts';
import { invalid } from '../model/failure.ts';
import type { RequestHeaders } from './rooms.ts';

/** Longest feature, user, tag name, tag value or idempotency key, in characters; most tags of one call. */
const TEXT_MAX = 256;
const TAGS_MAX = 32;

/** The caller with the feature, user and tags its `x-headgate-…` headers name, over those of its key. Throws `invalid`. */
export function callerOf(caller: Caller, headers: RequestHeaders): Caller {
  const feature = text('x-headgate-feature', headers);
  const user = text('x-headgate-user', headers);
  const tags = headers['x-headgate-tags'] === undefined ? undefined : tagsOf(String(headers['x-headgate-tags']));
  if (feature === undefined && user === undefined && tags === undefined) return caller;
  return {
    ...caller,
    ...(feature !== undefined && { feature }),
    ...(user !== undefined && { user }),
    ...(tags !== undefined && { tags: { ...caller.tags, ...tags } }),
  };
}

/** What the caller asks of this one call beyond its body. Throws `invalid`. */
export function optionsOf(headers: RequestHeaders): Pick<Asking, 'onLoss' | 'deadlineMs' | 'idempotencyKey'> {
  const onLoss = headers['x-headgate-on-loss'];
  const deadline = headers['x-headgate-deadline-ms'];
  const idempotencyKey = text('idempotency-key', headers);
  if (onLoss === undefined && deadline === undefined && idempotencyKey === undefined) return NO_OPTIONS;
  return {
    ...(onLoss !== undefined && { onLoss: String(onLoss) }),
    ...(deadline !== undefined && { deadlineMs: millisecondsOf(String(deadline)) }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}

const NO_OPTIONS = {};

function text(name: string, headers: RequestHeaders): string | undefined {
  const value = headers[name];
  if (value === undefined || value === '') return undefined;
  return short(String(value), name);
}

function short(value: string, name: string): string {
  if (value.length > TEXT_MAX) invalid(`${name} must have at most ${TEXT_MAX} characters, got ${value.length}`, name);
  return value;
}

function millisecondsOf(value: string): number {
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) : 0;
  if (ms < 1) invalid('x-headgate-deadline-ms must be a whole number of milliseconds from 1', 'x-headgate-deadline-ms');
  return ms;
}

/** `team=blue,tier=gold` or a JSON object of texts; JSON for values with commas or letters beyond Latin-1. */
function tagsOf(written: string): Record<string, string> {
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
    return [name, String(value)];
  });
  return Object.fromEntries(pairs);
}
