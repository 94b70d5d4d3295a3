import type { CachePlan } from '../model/caching.ts';
import type { CacheMark, DialectName, Part } from '../model/part.ts';
import type { ModelRequest, Turn } from '../model/request.ts';
import { inboundOf } from './inbound.ts';
import type { Inbound } from './lane.ts';
import type { Cacheable } from './prefixes.ts';
import { CLOSE_BRACE, elementsIn, OPEN_BRACKET, QUOTE, type Spans, scan, splice } from './scan.ts';

/**
 * The question with what is to be cached marked in it, for a target that speaks `dialect`. What stands there stays:
 * in the caller's own dialect its bytes, with marks set between them; elsewhere its parts. A place that takes no mark
 * is passed over.
 */
export function marked(inbound: Inbound, { leading }: Cacheable, plan: CachePlan, dialect: DialectName): Inbound {
  if (plan.marks.length === 0 && !plan.explicit) return inbound;
  if (inbound.dialect !== dialect) {
    const request = markedRequest(inbound.decode(), leading, plan, dialect);
    return {
      operation: inbound.operation,
      dialect: inbound.dialect,
      headers: inbound.headers,
      head: inbound.head,
      get body() {
        return inbound.body;
      },
      ...(inbound.providerOptions && { providerOptions: inbound.providerOptions }),
      ...(inbound.maxVisibleTokens !== undefined && { maxVisibleTokens: inbound.maxVisibleTokens }),
      decode: () => request,
    };
  }
  const edits = editsOf(inbound.body, leading, plan, dialect);
  if (edits.length === 0) return inbound;
  const { operation, headers, body, maxVisibleTokens } = inbound;
  const again = inboundOf(operation, dialect, headers, splice(body, edits));
  return maxVisibleTokens === undefined ? again : { ...again, maxVisibleTokens };
}

const markOf = (minutes: number): CacheMark => ({ ttlMinutes: minutes });

function markedRequest(request: ModelRequest, leading: number, { marks, explicit }: CachePlan, dialect: DialectName): ModelRequest {
  const turns = [...request.turns];
  let { instructions, tools } = request;
  for (const { at, minutes } of marks) {
    const index = at === 0 ? leading - 1 : leading + at - 1;
    if (index >= 0) {
      const turn = turns[index];
      if (turn) turns[index] = { ...turn, parts: lastMarked(turn.parts, minutes, (part) => takesMark(part, turn, dialect)) };
    } else if (instructions && instructions.length > 0) {
      // OpenAI's have no place for a mark.
      if (dialect === 'anthropic-messages')
        instructions = lastMarked(instructions, minutes, (part) => part.type === 'text' && part.text !== '');
    } else if (tools && tools.length > 0 && dialect === 'anthropic-messages') {
      tools = tools.map((tool, at) => (at === tools!.length - 1 ? { ...tool, cache: markOf(minutes) } : tool));
    }
  }
  return {
    ...request,
    turns,
    ...(instructions && { instructions }),
    ...(tools && { tools }),
    ...(explicit && { settings: { ...request.settings, cacheOptions: { mode: 'explicit' } } }),
  };
}

function lastMarked(parts: readonly Part[], minutes: number, takes: (part: Part) => boolean): readonly Part[] {
  const last = parts.at(-1);
  return last && takes(last) ? [...parts.slice(0, -1), { ...last, cache: markOf(minutes) }] : parts;
}

/** Neither vendor takes a mark on a thought or an empty text, OpenAI none on what the model said. */
function takesMark(part: Part, { role }: Turn, dialect: DialectName): boolean {
  if (part.type === 'text') return part.text !== '' && (dialect === 'anthropic-messages' || role !== 'assistant');
  if (part.type === 'media') return dialect === 'anthropic-messages' || role !== 'assistant';
  return dialect === 'anthropic-messages' && (part.type === 'toolCall' || part.type === 'toolResult');
}

type Edit = { readonly span: readonly [number, number]; readonly with: string };

const WANTED = new Set(['system', 'tools', 'messages', 'input', 'prompt_cache_options']);

function editsOf(body: Buffer, leading: number, { marks, explicit }: CachePlan, dialect: DialectName): Edit[] {
  const spans = scan(body, WANTED) ?? {};
  const turns = elementsIn(
    body,
    spans['messages'] ?? (dialect === 'openai-responses' ? listIn(body, spans['input']) : undefined),
    Number.POSITIVE_INFINITY,
  );
  const edits: Edit[] = [];
  for (const { at, minutes } of marks) {
    const index = at === 0 ? leading - 1 : leading + at - 1;
    const mark = wireMark(minutes, dialect);
    const place =
      index >= 0
        ? turns[index] && contentEdit(body, turns[index], mark, dialect)
        : dialect === 'anthropic-messages'
          ? headEdit(body, spans, mark)
          : undefined;
    if (place) edits.push(place);
  }
  if (explicit && !spans['prompt_cache_options'] && dialect !== 'anthropic-messages') {
    const afterBrace = body.indexOf('{') + 1;
    edits.push({ span: [afterBrace, afterBrace], with: '"prompt_cache_options":{"mode":"explicit"},' });
  }
  return edits;
}

const listIn = (body: Buffer, span: Spans[string]): Spans[string] => (span && body[span[0]] === OPEN_BRACKET ? span : undefined);

/** Messages keeps a prefix 5 minutes unless told, OpenAI 30. */
function wireMark(minutes: number, dialect: DialectName): string {
  if (dialect === 'anthropic-messages') return `"cache_control":{"type":"ephemeral"${minutes > 5 ? ',"ttl":"1h"' : ''}}`;
  return `"prompt_cache_breakpoint":{"mode":"explicit"${minutes > 60 ? ',"ttl":"12h"' : ''}}`;
}

function headEdit(body: Buffer, spans: Spans, mark: string): Edit | undefined {
  if (spans['system']) return valueEdit(body, spans['system'], mark, 'text');
  const last = elementsIn(body, listIn(body, spans['tools']), Number.POSITIVE_INFINITY).at(-1);
  return last && intoObject(body, last, mark);
}

const FIELDS = new Set(['content', 'type', 'role']);

/** A mark on the last block of a message or item. */
function contentEdit(body: Buffer, [from, to]: readonly [number, number], mark: string, dialect: DialectName): Edit | undefined {
  const element = body.subarray(from, to);
  const spans = scan(element, FIELDS) ?? {};
  const content = spans['content'];
  if (!content) return undefined;
  const role = spans['role'] && element.toString('latin1', spans['role'][0] + 1, spans['role'][1] - 1);
  if (dialect !== 'anthropic-messages' && (role === 'assistant' || role === 'tool' || role === undefined)) return undefined;
  return valueEdit(body, [from + content[0], from + content[1]], mark, dialect === 'openai-responses' ? 'input_text' : 'text');
}

/** A text becomes a list of one, with the mark; in a list the last takes it. */
function valueEdit(body: Buffer, span: readonly [number, number], mark: string, type: string): Edit | undefined {
  if (body[span[0]] === QUOTE)
    return span[1] - span[0] > 2
      ? { span, with: `[{"type":"${type}","text":${body.toString('utf8', span[0], span[1])},${mark}}]` }
      : undefined;
  const last = elementsIn(body, listIn(body, span), Number.POSITIVE_INFINITY).at(-1);
  if (!last) return undefined;
  const { type: kind, text } = JSON.parse(body.toString('utf8', last[0], last[1])) as { type?: string; text?: string };
  if (kind === 'thinking' || kind === 'redacted_thinking' || text === '') return undefined;
  return intoObject(body, last, mark);
}

function intoObject(body: Buffer, [, to]: readonly [number, number], mark: string): Edit | undefined {
  const brace = to - 1;
  return body[brace] === CLOSE_BRACE ? { span: [brace, brace], with: `,${mark}` } : undefined;
}
