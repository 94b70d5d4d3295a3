import type { Segment } from '../model/caching.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { differenceOf } from '../policy/caching/difference.ts';
import { type Engine, engineFor, failureText } from './call.ts';
import { EXIT } from './exit.ts';
import { complain, say } from './print.ts';
import { readJson } from './work-cases.ts';

interface DiagnoseOptions {
  readonly model?: string;
  readonly url?: string;
  readonly config?: string;
}

/** Answers are no longer than this: only what was asked matters. */
const ANSWER_TOKENS = 16;

/**
 * `headgate cache diagnose`: asks both of two requests, the second with the vendor's own diagnostics of why it could not
 * be read from the cache that the first left, and says where they differ. Fails where the vendor found a miss.
 */
export async function cacheDiagnose(first: string, second: string, { model, ...options }: DiagnoseOptions): Promise<number> {
  const [before, now] = [asked(await readJson(first), model, first), asked(await readJson(second), model, second)];
  const messages = 'messages' in before;
  if (messages !== 'messages' in now) throw new Error('both files must be in one format: Messages (`messages`) or Responses (`input`)');
  const engine = await engineFor(options);
  if (!engine) return EXIT.failed;
  try {
    const way = messages ? MESSAGES : RESPONSES;
    const one = await answerOf(engine, way.path, way.first(before));
    const other = one && (await answerOf(engine, way.path, way.second(now, String(one['id']))));
    if (!other) return EXIT.failed;
    const verdict = way.verdict(other);
    say(`the vendor says: ${verdict.text}`);
    const difference = differenceOf(segmentsIn(before), segmentsIn(now));
    say(
      difference
        ? `they part at ${difference.place}, character ${difference.at} (${difference.change}${difference.was === undefined ? '' : `: ${difference.was} then ${difference.is}`})`
        : 'what stands before their turns is the same',
    );
    return verdict.missed ? EXIT.failed : EXIT.ok;
  } finally {
    await engine.close();
  }
}

interface Way {
  readonly path: string;
  first(body: JsonObject): JsonObject;
  second(body: JsonObject, id: string): JsonObject;
  verdict(answer: JsonObject): { readonly text: string; readonly missed: boolean };
}

/** Messages' `diagnostics` (@anthropic-ai/sdk 1, 2026-11). */
const MESSAGES: Way = {
  path: '/v1/messages',
  first: (body) => ({ ...body, max_tokens: ANSWER_TOKENS, diagnostics: { previous_message_id: null } }),
  second: (body, id) => ({ ...body, max_tokens: ANSWER_TOKENS, diagnostics: { previous_message_id: id } }),
  verdict({ diagnostics }) {
    if (!isObject(diagnostics)) return { text: 'nothing: this model or provider has no diagnostics', missed: false };
    const { cache_miss_reason: reason } = diagnostics;
    if (!isObject(reason)) return { text: 'no miss, or none found out yet', missed: false };
    return { text: missed(String(reason['type']), reason['cache_missed_input_tokens']), missed: true };
  },
};

/** Responses' `comparison_response_id` (openai SDK 7.57, 2026-11). */
const RESPONSES: Way = {
  path: '/v1/responses',
  first: (body) => ({ ...body, max_output_tokens: ANSWER_TOKENS }),
  second: (body, id) => ({
    ...body,
    max_output_tokens: ANSWER_TOKENS,
    prompt_cache_options: { ...(isObject(body['prompt_cache_options']) && body['prompt_cache_options']), comparison_response_id: id },
  }),
  verdict({ prompt_cache_diagnostics: found }) {
    if (!isObject(found)) return { text: 'nothing: this model or provider has no diagnostics', missed: false };
    const { type, reason, cache_missed_tokens: tokens } = found;
    if (type !== 'cache_miss') return { text: String(type), missed: false };
    return { text: missed(String(reason), tokens), missed: true };
  },
};

const missed = (reason: string, tokens: Json | undefined): string =>
  `${reason}${typeof tokens === 'number' ? `, about ${tokens.toLocaleString('en')} tokens read afresh` : ''}`;

function asked(body: Json, model: string | undefined, file: string): JsonObject {
  if (!isObject(body) || !('messages' in body || 'input' in body)) throw new Error(`${file} must be a request of Messages or Responses`);
  const { stream: _, ...rest } = body;
  return model === undefined ? rest : { ...rest, model };
}

async function answerOf(engine: Engine, path: string, body: JsonObject): Promise<JsonObject | undefined> {
  const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
  const answer = await engine.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.ok) return (await answer.json()) as JsonObject;
  complain(`error: ${await failureText(answer)}`);
  return undefined;
}

/** Tools and instructions, in the order they are cached. */
function segmentsIn({ tools, system, instructions }: JsonObject): Segment[] {
  const said = system ?? instructions;
  const texts = said === undefined ? [] : Array.isArray(said) ? said : [said];
  return [
    ...(Array.isArray(tools) ? tools : []).map((tool, index) => ({ place: `tools[${index}]`, text: JSON.stringify(tool) })),
    ...texts.map((one, index) => ({
      place: `instructions[${index}]`,
      text: typeof one === 'string' ? one : isObject(one) && typeof one['text'] === 'string' ? one['text'] : JSON.stringify(one),
    })),
  ];
}
