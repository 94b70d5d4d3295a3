import type { Frame } from '../../src/dialects/sse.ts';
import { findings, isText, type Loose, objectIn } from './grammar-frames.ts';

interface Choice {
  role: boolean;
  finish?: string;
  readonly tools: { readonly id: string; readonly type: string }[];
}

/**
 * Chat Completions: role chunk, deltas, finish chunk, at most one usage chunk, `[DONE]`. An error
 * frame ends it instead. What the official SDK's stream helper throws at is wrong here too.
 */
export function chatGrammar(frames: readonly Frame[]): string[] {
  const found = findings();
  const { problems, wrong } = found;
  const choices = new Map<number, Choice>();
  const constant = new Map<string, unknown>();
  let ended: 'done' | 'error' | undefined;
  let usageSeen = false;
  let chunks = 0;

  for (const [at, frame] of frames.entries()) {
    if (frame.event !== undefined) wrong(at, 'an event line');
    // A terminator after an error is harmless: the SDKs have thrown by then.
    if (ended === 'done' || (ended && frame.data !== '[DONE]')) wrong(at, `after ${ended}`);
    if (frame.data === '[DONE]') {
      ended = 'done';
      continue;
    }
    const chunk = objectIn(frame, at, found);
    if (!chunk) continue;
    if (chunk['error'] !== undefined) {
      if (!isText(chunk['error']['message'])) wrong(at, 'an error without a message');
      ended = 'error';
      continue;
    }
    chunks += 1;
    if ((chunk['object'] as unknown) !== 'chat.completion.chunk') wrong(at, `object ${JSON.stringify(chunk['object'])}`);
    for (const field of ['id', 'created', 'model']) {
      if (!constant.has(field)) constant.set(field, chunk[field]);
      else if (constant.get(field) !== chunk[field]) wrong(at, `${field} changes to ${JSON.stringify(chunk[field])}`);
    }
    if (usageSeen) wrong(at, 'after the usage chunk');
    if (!Array.isArray(chunk['choices'])) {
      wrong(at, 'choices is not a list');
      continue;
    }
    if (chunk['usage']) usageSeen = true;
    for (const choice of chunk['choices'] as Loose[]) checkChoice(choice, at);
  }

  function checkChoice(wire: Loose, at: number): void {
    const index = wire['index'] as unknown as number;
    const choice = choices.get(index) ?? { role: false, tools: [] };
    if (!choices.has(index) && index !== choices.size) wrong(at, `choice ${index}, expected ${choices.size}`);
    choices.set(index, choice);
    const delta = wire['delta'] as Loose | undefined;
    if (!delta || typeof delta !== 'object') {
      wrong(at, 'no delta');
      return;
    }
    if (isText(delta['role'])) choice.role = true;
    else if (!choice.role) wrong(at, `choice ${index} has no role yet`);
    if (choice.finish !== undefined && (delta['content'] || delta['refusal'] || delta['tool_calls']))
      wrong(at, `content after finish_reason`);
    for (const call of (delta['tool_calls'] as unknown as Loose[] | undefined) ?? []) checkCall(call, choice, at);
    const finish = wire['finish_reason'] as unknown;
    if (isText(finish)) {
      if (choice.finish !== undefined) wrong(at, `a second finish_reason`);
      choice.finish = finish;
    } else if (finish !== null) wrong(at, `finish_reason ${JSON.stringify(finish)}`);
  }

  function checkCall(call: Loose, { tools }: Choice, at: number): void {
    const index = call['index'] as unknown as number;
    const known = tools[index];
    const type = (known?.type ?? call['type']) as string;
    const body = call[type];
    if (!known) {
      if (index !== tools.length) wrong(at, `tool call ${index}, expected ${tools.length}`);
      if (!isText(call['id']) || call['id'] === '') wrong(at, `tool call ${index} starts without id`);
      if (type !== 'function' && type !== 'custom') wrong(at, `tool call ${index} starts with type ${type}`);
      if (!isText(body?.['name'])) wrong(at, `tool call ${index} starts without a name`);
      tools[index] = { id: call['id'] as unknown as string, type };
    }
    const more = body?.[type === 'custom' ? 'input' : 'arguments'];
    if (!isText(more)) wrong(at, `tool call ${index} carries no text`);
  }

  if (chunks === 0 && !ended) problems.push('no chunks');
  if (ended !== 'error' && !problems.some((problem) => problem.includes('after error'))) {
    const failed = frames.some(({ data }) => data.startsWith('{"error"'));
    if (ended !== 'done') problems.push('no [DONE]');
    for (const [index, { finish }] of choices) if (finish === undefined && !failed) problems.push(`choice ${index} never finishes`);
    if (choices.size === 0 && !failed) problems.push('no choice');
  }
  return problems;
}
