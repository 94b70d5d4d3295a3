import { readUsage } from '../../accounting/read-usage.ts';
import { type Json, type JsonObject, objectOf } from '../../model/json.ts';
import { formatUsd, type Money } from '../../model/money.ts';
import { inputTokens, outputTokens } from '../../model/usage.ts';
import { type BudgetAlert, DEFAULT_PERCENTS, judgeBudget, UNTOLD } from '../../policy/alerts/budget.ts';
import { dayAt } from '../../policy/alerts/calendar.ts';
import { type StormChange, stormGrew, stormWent, tooLarge } from '../../policy/alerts/call-tokens.ts';
import { baselineOf, type DailySpend, DEFAULT_DAILY_SPEND, judgeDay, sameWeekdayOf, thresholdOf } from '../../policy/alerts/daily-spend.ts';
import { CALM, DEFAULT_ERROR_RATE, type ErrorRate, minuteOver, rateHeard } from '../../policy/alerts/error-rate.ts';
import { decimalFraction, fraction, fractionText, product } from '../../policy/alerts/fraction.ts';
import { judgeKey, keyWordOf, REMIND_MS, reminderDue } from '../../policy/alerts/upstream-auth.ts';

/**
 * Runs one case of `headgate-golden-alerts/1` through the rules themselves: its events in, the fields of its
 * `expected` out. Throws a `RangeError` that names the field on what it cannot read, parameters it does not know
 * among it: an answer that leaves one out would be the answer to another case. `defaults`: what the file says of rules
 * whose cases leave a parameter out.
 */
export function replayCase(golden: JsonObject, defaults: JsonObject = {}): JsonObject {
  const rule = String(golden['rule']);
  const replay = Object.hasOwn(REPLAYS, rule) && REPLAYS[rule];
  if (!replay) throw new RangeError(`rule must be ${Object.keys(REPLAYS).join(', ')}, got "${rule}"`);
  const known = PARAMS[rule] ?? [];
  for (const name of Object.keys(objectOf(golden['params']))) {
    if (!known.includes(name) && !LABELS.includes(name))
      throw new RangeError(`params.${name} is not known to ${rule}: it has ${known.join(', ') || 'none'}`);
  }
  const unsaid = Object.entries(objectOf(defaults[rule])).filter(([name]) => known.includes(name));
  return replay({ ...golden, params: { ...Object.fromEntries(unsaid), ...objectOf(golden['params']) } });
}

/** Parameters that change an answer, by rule. */
const PARAMS: Readonly<Record<string, readonly string[]>> = {
  daily_spend: ['ratio', 'clear_ratio', 'floor_usd', 'window_days', 'min_history_days', 'mode'],
  budget: ['percents'],
  call_tokens: ['limit_tokens'],
  call_tokens_storm: ['group_interval_s', 'calls', 'within_s'],
  error_rate: ['window_min', 'min_requests', 'fire_above', 'clear_at_or_below', 'clear_for_min'],
};

/** Parameters that only say whose figures a case shows: they are sorted by day, and into scopes, before it begins. */
const LABELS: readonly string[] = ['timezone', 'scope', 'by', 'name'];

const REPLAYS: Readonly<Record<string, (golden: JsonObject) => JsonObject>> = {
  daily_spend: replayDays,
  day_bucket: replayDay,
  budget: replayBudget,
  call_tokens: replayCall,
  call_tokens_storm: replayStorm,
  error_rate: replayMinutes,
  upstream_auth: replayKeys,
};

function replayDay({ instant, timezone }: JsonObject): JsonObject {
  // A time that names no zone is one of UTC, whatever the machine's.
  const text = String(instant);
  const atMs = Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text);
  if (Number.isNaN(atMs)) throw new RangeError(`instant must be a time such as "2026-11-23T12:00:00Z", got ${JSON.stringify(instant)}`);
  return { day: dayAt(atMs, String(timezone ?? 'UTC')) };
}

function replayDays(golden: JsonObject): JsonObject {
  const rule = dailySpendFrom(objectOf(golden['params']));
  const past = list(golden['history_usd']).map((usd, index) => moneyFrom(usd, `history_usd[${index}]`));
  const weekdays = golden['same_weekday_usd'];
  const baseline = baselineOf(
    rule,
    past,
    weekdays === undefined ? sameWeekdayOf(past) : list(weekdays).map((usd) => moneyFrom(usd, 'same_weekday_usd')),
  );
  const told = baseline && {
    threshold_usd: fractionText(thresholdOf(rule, baseline), 12),
    baseline_usd: fractionText(baseline, 12),
  };
  const notifications: Json[] = [];
  let spend = 0n as Money;
  let open = false;
  let ended = false;
  for (const event of list(golden['today_events']).map(objectOf)) {
    if (event['day_end'] !== undefined) {
      if (open) notifications.push({ at: event['day_end'], type: 'resolved', reason: 'day_closed', final_usd: formatUsd(spend) });
      open = false;
      ended = true;
      continue;
    }
    // What belongs to another day says nothing about this one, and an alert outlives a restart.
    if (ended || isOfAnotherDay(event) || event['restart'] !== undefined) continue;
    refuseUnknown(event);
    spend = (spend + moneyFrom(event['usd'], 'today_events: usd')) as Money;
    const change = judgeDay(rule, baseline, open, spend);
    if (!change || !told) continue;
    open = change === 'firing';
    const at = { at: event['at'] ?? null, type: change };
    notifications.push(
      open ? { ...at, spend_usd: formatUsd(spend), ...told } : { ...at, reason: 'below_clear_threshold', spend_usd: formatUsd(spend) },
    );
  }
  return {
    baseline_usd: told?.baseline_usd ?? null,
    threshold_usd: told?.threshold_usd ?? null,
    notifications,
    state: !baseline ? 'learning' : open ? 'firing' : 'ok',
  };
}

/** Whichever field says so. */
const isOfAnotherDay = (event: JsonObject): boolean =>
  event['late'] === true || ['day', 'belongs_to', 'for_day'].some((name) => event[name] !== undefined && event[name] !== 'today');

const EVENT_FIELDS: readonly string[] = [
  'at',
  'usd',
  'day',
  'belongs_to',
  'for_day',
  'late',
  'id',
  'note',
  'comment',
  'feature',
  'user',
  'model',
  'key',
];

function refuseUnknown(event: JsonObject): void {
  const unknown = Object.keys(event).find((name) => !EVENT_FIELDS.includes(name));
  if (unknown !== undefined) throw new RangeError(`today_events: ${unknown} is not known: it has ${EVENT_FIELDS.join(', ')}`);
}

const dailySpendFrom = (params: JsonObject): DailySpend => ({
  ratio: given(params, 'ratio', (text) => decimalFraction(text)) ?? DEFAULT_DAILY_SPEND.ratio,
  clearRatio: given(params, 'clear_ratio', (text) => decimalFraction(text)) ?? DEFAULT_DAILY_SPEND.clearRatio,
  floor: given(params, 'floor_usd', moneyFrom) ?? DEFAULT_DAILY_SPEND.floor,
  windowDays: given(params, 'window_days', countFrom) ?? DEFAULT_DAILY_SPEND.windowDays,
  historyDaysMin: given(params, 'min_history_days', countFrom) ?? DEFAULT_DAILY_SPEND.historyDaysMin,
  mode: given(params, 'mode', modeFrom) ?? DEFAULT_DAILY_SPEND.mode,
});

function modeFrom(text: string): DailySpend['mode'] {
  if (text === 'mean' || text === 'winsor' || text === 'weekday') return text;
  throw new RangeError(`expected mean, winsor or weekday, got ${JSON.stringify(text)}`);
}

function replayBudget(golden: JsonObject): JsonObject {
  const notifications: Json[] = [];
  const percents = objectOf(golden['params'])['percents'];
  const shares = percents === undefined ? DEFAULT_PERCENTS : list(percents).map(Number);
  let limit = moneyFrom(golden['limit_usd'], 'limit_usd');
  let spent = 0n as Money;
  let told: BudgetAlert = UNTOLD;
  for (const event of list(golden['events']).map(objectOf)) {
    if (event['rollover'] !== undefined) {
      if (told.open) notifications.push({ at: event['rollover'], type: 'resolved', reason: 'period_closed' });
      spent = 0n as Money;
      told = UNTOLD;
    }
    const limitBefore = limit;
    limit = given(event, 'set_limit', moneyFrom) ?? limit;
    spent = (spent + (given(event, 'usd', moneyFrom) ?? 0n)) as Money;
    const { change, ...now } = judgeBudget(shares, told, { spent, limit, limitBefore });
    told = now;
    if (!change) continue;
    const said = { at: event['at'] ?? event['rollover'] ?? null, ...change };
    if (change.type === 'resolved') notifications.push(said);
    else if (change.type === 'reached') notifications.push({ ...said, spent_usd: formatUsd(spent) });
    else notifications.push({ ...said, spent_usd: formatUsd(spent), limit_usd: formatUsd(limit) });
  }
  return { notifications };
}

function replayCall(golden: JsonObject): JsonObject {
  const total = golden['usage'] === undefined ? expectedTokens(golden) : usedTokens(golden);
  const limit = given(golden, 'limit_tokens', countFrom) ?? given(objectOf(golden['params']), 'limit_tokens', countFrom);
  if (limit === undefined) throw new RangeError('limit_tokens must say how many tokens a call may take');
  return { total_tokens: total, fires: tooLarge(total, limit) };
}

function usedTokens({ usage: wire = null, provider }: JsonObject): number {
  const usage = readUsage(objectOf(wire), { provider: String(provider), cacheTtls: [] });
  return [usage, ...(usage.parts ?? [])].reduce((sum, { tokens }) => sum + inputTokens({ tokens }) + outputTokens({ tokens }), 0);
}

/** Before a call is made: its question as estimated, and the longest answer it asks for. */
function expectedTokens(golden: JsonObject): number {
  const question = ['estimate_tokens', 'estimated_tokens', 'estimate'].map((name) => given(golden, name, countFrom)).find(isGiven);
  if (question === undefined) throw new RangeError('usage, or estimate_tokens and max_tokens, must say how large the call is');
  const answer = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'].map((name) => given(golden, name, countFrom)).find(isGiven);
  return question + (answer ?? 0);
}

const isGiven = (count: number | undefined): count is number => count !== undefined;

/** The format gives a storm's size in words alone: `1000 oversized calls in 60 s`; parameters may say it as numbers. */
function replayStorm(golden: JsonObject): JsonObject {
  const params = objectOf(golden['params']);
  const said = stormIn(String(golden['title'] ?? ''));
  const count = given(params, 'calls', countFrom) ?? said.calls;
  if (count === undefined) throw new RangeError('title must say how many calls there are, such as "1000 oversized calls in 60 s"');
  const seconds = given(params, 'within_s', countFrom) ?? said.seconds ?? 0;
  const everyMs = (given(params, 'group_interval_s', countFrom) ?? 300) * 1000;
  const notifications: Json[] = [];
  const tell = (atMs: number, change: StormChange | undefined) => {
    if (change?.type === 'firing') notifications.push({ at_s: atMs / 1000, type: 'firing', count: 1 });
    if (change?.type === 'digest') notifications.push({ at_s: atMs / 1000, type: 'digest', count: change.count });
  };
  let storm: ReturnType<typeof stormWent>['storm'];
  const wait = (untilMs: number) => {
    while (storm && storm.untilMs <= untilMs) {
      const endMs: number = storm.untilMs;
      const went = stormWent(storm, endMs, everyMs);
      storm = went.storm;
      tell(endMs, went.change);
    }
  };
  for (let call = 0; call < Number(count); call += 1) {
    const atMs = (call * Number(seconds) * 1000) / Number(count);
    wait(atMs);
    const grew = stormGrew(storm, { callId: String(call), tokens: 1 }, atMs, everyMs);
    storm = grew.storm;
    tell(atMs, grew.change);
  }
  wait(Number(seconds) * 1000 + 2 * everyMs);
  return { notifications };
}

/** `1,000 oversized calls in 10 min on one feature`. Throws on more features than one: each has a digest of its own. */
function stormIn(title: string): { readonly calls?: number; readonly seconds?: number } {
  const [, calls] = /(\d{1,3}(?:[,_]\d{3})+|\d+) (?:[a-z-]+ ){0,3}calls?\b/i.exec(title) ?? [];
  const [, time, unit] = /\b(?:in|within|over) (\d+(?:\.\d+)?) ?([a-z]*)/i.exec(title) ?? [];
  const [, features = 'one'] = /\b(?:on|over|across|for) (\w+) features?\b/i.exec(title) ?? [];
  const seconds = time === undefined ? undefined : Number(time) * (UNITS_S[unit!.toLowerCase()] ?? Number.NaN);
  if (Number.isNaN(seconds)) throw new RangeError(`title must say the time in s, min or h, got "${title}"`);
  if (!['one', 'a', 'the', '1', 'single'].includes(features.toLowerCase()))
    throw new RangeError(`title must be about one feature, as each has its own digest, got "${title}"`);
  return { ...(calls !== undefined && { calls: Number(calls.replace(/[,_]/g, '')) }), ...(seconds !== undefined && { seconds }) };
}

const UNITS_S: Readonly<Record<string, number>> = {
  ...{ s: 1, sec: 1, secs: 1, second: 1, seconds: 1 },
  ...{ m: 60, min: 60, mins: 60, minute: 60, minutes: 60, h: 3600, hour: 3600, hours: 3600 },
};

function replayMinutes(golden: JsonObject): JsonObject {
  const rule = errorRateFrom(objectOf(golden['params']));
  const notifications: Json[] = [];
  let state = CALM;
  for (const [index, counts] of list(golden['minutes']).entries()) {
    const [requests, errors] = list(counts);
    if (typeof requests !== 'number' || typeof errors !== 'number') throw new RangeError(`minutes[${index}] must be [requests, errors]`);
    const heard = rateHeard(rule, state, { requests, errors });
    if (heard.change) notifications.push({ minute: index + 1, type: 'firing', ...heard.window });
    const over = minuteOver(rule, heard.state);
    if (over.change) notifications.push({ minute: index + 1, type: 'resolved' });
    state = over.state;
  }
  return { notifications };
}

const errorRateFrom = (params: JsonObject): ErrorRate => ({
  windowMinutes: given(params, 'window_min', countFrom) ?? DEFAULT_ERROR_RATE.windowMinutes,
  requestsMin: given(params, 'min_requests', Number) ?? DEFAULT_ERROR_RATE.requestsMin,
  fireAbove: given(params, 'fire_above', Number) ?? DEFAULT_ERROR_RATE.fireAbove,
  clearAtOrBelow: given(params, 'clear_at_or_below', Number) ?? DEFAULT_ERROR_RATE.clearAtOrBelow,
  clearMinutes: given(params, 'clear_for_min', countFrom) ?? DEFAULT_ERROR_RATE.clearMinutes,
});

/** Within a second of the event, says the rule. */
const WITHIN_S = 1;

function replayKeys(golden: JsonObject): JsonObject {
  const notifications: Json[] = [];
  /** When each open alert was last told of, by upstream and key. */
  const told = new Map<string, { readonly key: Json; atS: number }>();
  const tell = (atS: number, type: string, key: Json) => notifications.push({ t_max: atS + WITHIN_S, type, key });
  const remind = (nowS: number) => {
    for (const open of told.values()) {
      while (reminderDue(open.atS * 1000, nowS * 1000)) {
        open.atS += REMIND_MS / 1000;
        tell(open.atS, 'reminder', open.key);
      }
    }
  };
  for (const event of list(golden['events']).map(objectOf)) {
    const atS = Number(event['t']);
    remind(atS);
    if (KEY_CHANGES.some((name) => event[name] !== undefined || event['event'] === name)) {
      const before = changedKey(event);
      for (const [id, { key }] of told) {
        if (event['upstream'] !== undefined && !id.startsWith(`${String(event['upstream'])}\n`)) continue;
        if (before !== undefined && key !== before) continue;
        told.delete(id);
        tell(atS, 'resolved', key);
      }
      continue;
    }
    // Alerts outlive a restart; a caller whose own key is bad is not our upstream's trouble.
    if (event['restart'] !== undefined || isCallers(event) || typeof event['upstream'] !== 'string') continue;
    const key = event['key'] ?? null;
    const id = `${event['upstream']}\n${String(key)}`;
    const change = judgeKey(told.has(id), keyWordOf(Number(event['status']), isAboutKey(event)));
    if (!change) continue;
    if (change === 'firing') told.set(id, { key, atS });
    else told.delete(id);
    tell(atS, change, key);
  }
  return { notifications };
}

/** Whether it is about the key a caller showed to us, whichever field says so. */
const isCallers = (event: JsonObject): boolean => event['caller'] !== undefined || Object.values(event).some((value) => value === 'caller');

/** Some 403s only speak against what was asked, such as a model the key may not use. */
const isAboutKey = ({ key_level = true, scope = 'key' }: JsonObject): boolean => key_level !== false && scope === 'key';

/** Which key is no longer used, where the event says; undefined: any of its upstream. */
const changedKey = (event: JsonObject): Json | undefined => objectOf(event['key_change'])['from'] ?? event['from'] ?? event['key'];

const KEY_CHANGES = ['key_changed', 'key_change', 'new_key', 'rotate'];

/** Dollars with or without a sign before them, exactly; `what` leads the error. */
function moneyFrom(usd: Json | undefined, what: string): Money {
  const text = String(usd);
  const negative = text.startsWith('-');
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new RangeError(`${what} must be dollars such as "1.5", got ${JSON.stringify(usd ?? null)}`);
  const { numerator, denominator } = product(decimalFraction(negative ? text.slice(1) : text), fraction(10n ** 12n));
  if (numerator % denominator !== 0n) throw new RangeError(`${what} must come to whole picodollars, got ${JSON.stringify(usd)}`);
  return ((negative ? -1n : 1n) * (numerator / denominator)) as Money;
}

function countFrom(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError(`expected a whole number of 1 or more, got ${JSON.stringify(text)}`);
  return Number(text);
}

/** A field as `read` understands it; undefined: there is none. What it throws names the field. */
function given<T>(fields: JsonObject, name: string, read: (text: string, what: string) => T): T | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  try {
    return read(String(value), name);
  } catch (error) {
    const { message } = error as Error;
    throw new RangeError(message.startsWith(name) ? message : `${name}: ${message}`);
  }
}
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
