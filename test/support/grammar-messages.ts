import type { Frame } from '../../src/dialects/sse.ts';
import { entryOf, findings, isText, type Loose, nameOf, objectIn } from './grammar-frames.ts';

/** Which blocks each kind of delta may grow; other deltas are tomorrow's and go anywhere. */
const GROWS: Readonly<Record<string, readonly string[]>> = {
  text_delta: ['text'],
  citations_delta: ['text'],
  thinking_delta: ['thinking'],
  signature_delta: ['thinking'],
  input_json_delta: ['tool_use', 'server_tool_use', 'mcp_tool_use'],
};
const FIELD: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  signature_delta: 'signature',
  input_json_delta: 'partial_json',
};

/**
 * Messages: `message_start`, whole blocks one after the other numbered from 0, `message_delta`s,
 * `message_stop`; pings anywhere, `error` ends it at any time. Every frame has its event line:
 * Anthropic's clients see nothing of one without.
 */
export function messagesGrammar(frames: readonly Frame[]): string[] {
  const found = findings();
  const { problems, wrong } = found;
  let started = false;
  let blocks = 0;
  let open: { readonly index: number; readonly type: string; signatures: number } | undefined;
  let stopReason: unknown;
  let deltas = 0;
  let ended: 'message_stop' | 'error' | undefined;

  for (const [at, frame] of frames.entries()) {
    if (frame.data === '[DONE]') {
      wrong(at, '[DONE] in a Messages stream');
      continue;
    }
    const wire = objectIn(frame, at, found);
    if (!wire) continue;
    const type = nameOf(frame, wire, at, found);
    if (ended) wrong(at, `${type} after ${ended}`);
    if (type === 'ping') continue;
    if (type === 'error') {
      if (!isText(wire['error']?.['type']) || !isText(wire['error']?.['message'])) wrong(at, 'an error without type or message');
      ended = 'error';
      continue;
    }
    if (!started && type !== 'message_start') wrong(at, `${type} before message_start`);
    if (deltas > 0 && type.startsWith('content_block')) wrong(at, `${type} after message_delta`);
    const index = wire['index'] as unknown as number;
    switch (type) {
      case 'message_start':
        if (started) wrong(at, 'a second message_start');
        started = true;
        checkStart(wire['message'], at);
        break;
      case 'content_block_start':
        if (open) wrong(at, `block ${index} starts while ${open.index} is open`);
        if (index !== blocks) wrong(at, `block index ${index}, expected ${blocks}`);
        blocks += 1;
        open = { index, type: wire['content_block']?.['type'] as unknown as string, signatures: 0 };
        break;
      case 'content_block_delta':
        if (open?.index !== index) wrong(at, `a delta for block ${index} while ${open?.index ?? 'none'} is open`);
        else checkDelta(wire['delta'], at);
        break;
      case 'content_block_stop':
        if (open?.index !== index) wrong(at, `a stop for block ${index} while ${open?.index ?? 'none'} is open`);
        open = undefined;
        break;
      case 'message_delta':
        if (open) wrong(at, `message_delta while block ${open.index} is open`);
        deltas += 1;
        stopReason = wire['delta']?.['stop_reason'] ?? stopReason;
        if (typeof (wire['usage']?.['output_tokens'] as unknown) !== 'number') wrong(at, 'message_delta without usage.output_tokens');
        break;
      case 'message_stop':
        if (open) wrong(at, `message_stop while block ${open.index} is open`);
        if (deltas === 0) wrong(at, 'message_stop without message_delta');
        else if (!isText(stopReason)) wrong(at, 'message_stop without a stop_reason');
        ended = 'message_stop';
        break;
    }
  }

  function checkStart(message: Loose | undefined, at: number): void {
    if ((message?.['content'] as unknown as [] | undefined)?.length !== 0) wrong(at, 'message_start must carry empty content');
    if (message?.['stop_reason'] !== null) wrong(at, 'message_start must carry stop_reason null');
    if (!message?.['usage']) wrong(at, 'message_start without usage');
  }

  function checkDelta(delta: Loose | undefined, at: number): void {
    const kind = delta?.['type'] as unknown as string;
    const [blocks, field] = [entryOf(GROWS, kind), entryOf(FIELD, kind)];
    if (blocks && !blocks.includes(open!.type)) wrong(at, `${kind} in a ${open!.type} block`);
    if (field && !isText(delta?.[field])) wrong(at, `${kind} without ${field}`);
    // The SDK keeps the last signature only.
    if (kind === 'signature_delta' && ++open!.signatures > 1) wrong(at, 'a second signature in one block');
  }

  if (!ended) problems.push('neither message_stop nor error');
  return problems;
}
