import { createHash } from 'node:crypto';
import { isObject, type Json } from '../model/json.ts';
import type { SimulatedRequest } from './request.ts';
import { given, isGivenList } from './rules/rule.ts';
import type { Feature, ScriptedUpload, ScriptRule, When } from './script.ts';
import type { Settings } from './simulate.ts';
import type { State } from './state.ts';

/** How a script has the body of a request taken in, of which only the head has come; undefined: as it comes. */
export function uploadFor(
  { script, seed }: Pick<Settings, 'script' | 'seed'>,
  head: Omit<SimulatedRequest, 'body'>,
  state: State,
): ScriptedUpload | undefined {
  state.heads += 1;
  const request = { ...head, body: new Uint8Array() };
  const [first] = script.filter(
    (rule, index) =>
      rule.upload !== undefined &&
      holds(rule, request, undefined, () => '') &&
      isChosen(rule, `${seed}:head ${state.heads}:${index}`) &&
      isDue(rule, state.announced),
  );
  return first?.upload;
}

/** What a script has for one request: of each aspect, that of the first matching rule that has it. */
export type Directions = Omit<ScriptRule, 'when' | 'upload'>;

export function directionsFor(
  { script, seed }: Pick<Settings, 'script' | 'seed'>,
  request: SimulatedRequest,
  wire: Json | undefined,
  state: State,
): Directions {
  if (script.length === 0) return {};
  let read: string | undefined;
  const body = () => (read ??= Buffer.from(request.body).toString());
  const matching = script.filter(
    (rule, index) => holds(rule, request, wire, body) && isChosen(rule, `${seed}:${state.serial}:${index}`) && isDue(rule, state.matched),
  );
  const first = <A extends keyof Directions>(aspect: A): Pick<Directions, A> => {
    const rule = matching.find((candidate) => candidate[aspect] !== undefined);
    return (rule ? { [aspect]: rule[aspect] } : {}) as Pick<Directions, A>;
  };
  return {
    ...first('reply'),
    ...first('timing'),
    ...first('fault'),
    ...first('rateLimit'),
    ...first('batch'),
    ...first('line'),
  };
}

function holds(
  { when = {} }: ScriptRule,
  { path, headers, customId }: SimulatedRequest,
  wire: Json | undefined,
  body: () => string,
): boolean {
  const model = isObject(wire) && typeof wire['model'] === 'string' ? wire['model'] : '';
  return (
    (when.model === undefined || pattern(when.model).test(model)) &&
    (when.path === undefined || path.includes(when.path)) &&
    (when.contains === undefined || body().includes(when.contains)) &&
    Object.entries(when.header ?? {}).every(([name, piece]) => headers[name.toLowerCase()]?.includes(piece)) &&
    (when.customId === undefined || (customId !== undefined && pattern(when.customId).test(customId))) &&
    (when.feature === undefined || FEATURE_TESTS[when.feature](isObject(wire) ? wire : {}, body()))
  );
}

/** Whether chance has chosen the request, which repeats from the seed. */
function isChosen({ when }: ScriptRule, salt: string): boolean {
  if (when?.chance === undefined) return true;
  return createHash('sha256').update(salt).digest().readUInt32BE(0) / 2 ** 32 < when.chance;
}

/** Counts the request for the rule and says whether it is the rule's turn. */
function isDue(rule: ScriptRule, counts: State['matched']): boolean {
  const { nth, times }: When = rule.when ?? {};
  if (nth === undefined && times === undefined) return true;
  const count = (counts.get(rule) ?? 0) + 1;
  counts.set(rule, count);
  const isNth = nth === undefined || (typeof nth === 'number' ? nth === count : nth.includes(count));
  return isNth && (times === undefined || count <= times);
}

const pattern = (glob: string): RegExp => new RegExp(`^${glob.split('*').map(escaped).join('.*')}$`);
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const FEATURE_TESTS: Readonly<Record<Feature, (wire: { readonly [field: string]: Json }, body: string) => boolean>> = {
  stream: (wire) => wire['stream'] === true,
  tools: (wire) => isGivenList(wire['tools']),
  toolResults: (_, body) => /"type":\s*"tool_result"|"role":\s*"tool"|_call_output"/.test(body),
  media: (_, body) => /"type":\s*"(image|document|image_url|input_image|input_file|file|input_audio)"/.test(body),
  structured: (wire) =>
    given(wire['response_format']) ||
    ['output_config', 'text'].some((field) => isObject(wire[field]) && given((wire[field] as { readonly [f: string]: Json })['format'])),
  reasoning: (wire) => ['reasoning', 'reasoning_effort', 'thinking'].some((field) => given(wire[field])),
};
