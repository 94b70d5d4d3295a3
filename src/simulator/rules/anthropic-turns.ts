import { isList, type Json, type JsonObject, objectOf } from '../../model/json.ts';
import { badRequest } from './anthropic-refusal.ts';
import { blocksOf, firstOf, objectsOf, repeated, textOf, type VendorRule } from './rule.ts';

/** What Anthropic asks of the order of messages and of the pairing of calls with results. */
export const turnRules: readonly VendorRule[] = [
  {
    name: 'at least one message',
    from: '§3.2',
    broken: ({ wire }) =>
      isList(wire['messages']) && wire['messages'].length === 0 ? badRequest('messages: at least one message is required') : undefined,
  },
  {
    name: 'known roles',
    from: '§3.2',
    broken: ({ wire, facts }) =>
      firstOf(objectsOf(wire['messages']), ({ role }, index) => {
        if (role === 'user' || role === 'assistant') return undefined;
        if (role !== 'system') return badRequest(`messages.${index}.role: Input should be 'user', 'assistant' or 'system'`);
        return facts.systemTurns ? undefined : badRequest(`messages.${index}: role 'system' is not supported on this model`);
      }),
  },
  {
    name: 'the user begins',
    from: '§3.2',
    // Claude 4.5 has been recorded taking a conversation that the assistant begins.
    broken: ({ wire, facts }) => {
      const first = objectsOf(wire['messages'])[0];
      return first && first['role'] !== 'user' && !(facts.prefill && first['role'] === 'assistant')
        ? badRequest('messages: first message must use the "user" role')
        : undefined;
    },
  },
  {
    name: 'place of system messages',
    from: '§3.2',
    broken: ({ wire }) => {
      const messages = objectsOf(wire['messages']);
      return firstOf(messages, (message, index) => {
        if (message['role'] !== 'system') return undefined;
        if (blocksOf(message['content']).some((block) => !SYSTEM_BLOCKS.has(String(block['type'])))) {
          return badRequest(`messages.${index}: system messages may only contain text blocks`);
        }
        const before = messages[index - 1];
        const after = messages[index + 1];
        const lawful = (before?.['role'] === 'user' || endsInServerTool(before)) && (!after || after['role'] === 'assistant');
        return lawful
          ? undefined
          : badRequest(`messages.${index}: a system message must follow a user message and be last or followed by an assistant message`);
      });
    },
  },
  {
    name: 'no beginning of the answer',
    from: '§0.4, §3.2, §5.9',
    broken: ({ wire, facts }) => {
      const last = objectsOf(wire['messages']).at(-1);
      if (last?.['role'] !== 'assistant' || endsInServerTool(last)) return undefined;
      if (!facts.prefill) {
        return badRequest('This model does not support assistant message prefill. The conversation must end with a user message.');
      }
      if (objectOf(wire['thinking'])['type'] === 'enabled') {
        return badRequest('messages: the final message must use the "user" role when thinking is enabled');
      }
      if (objectOf(wire['output_config'])['format'])
        return badRequest('output_config.format: prefill is not supported with output formats');
      const text = textOf(blocksOf(last['content']).at(-1)?.['text']) ?? '';
      return /\s$/.test(text) ? badRequest('messages: final assistant content cannot end with trailing whitespace') : undefined;
    },
  },
  {
    name: 'ids of calls are unique',
    from: '§5.14',
    // Within one message only: recorded conversations say an id again in a later turn.
    broken: ({ wire }) =>
      objectsOf(wire['messages']).some(({ role, content }) => role === 'assistant' && repeated(callIds(content)) !== undefined)
        ? badRequest('messages: `tool_use` ids must be unique')
        : undefined,
  },
  {
    name: 'every call has its result right after it',
    from: '§3.2, §5.11',
    broken: ({ wire }) => {
      const turns = merged(wire['messages']);
      return firstOf(turns, ({ role, blocks, index }, place) => {
        if (role !== 'assistant') return undefined;
        const calls = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => String(id));
        if (calls.length === 0) return undefined;
        const next = turns[place + 1];
        // A call at the very end is a beginning of an answer; another rule speaks of it.
        if (!next) return undefined;
        const results = next.role === 'user' ? leadingResults(next.blocks) : [];
        const open = calls.filter((id) => !results.includes(id));
        if (open.length === 0) return undefined;
        return badRequest(
          `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
        );
      });
    },
  },
  {
    name: 'every result has its call right before it',
    from: '§3.2, §5.11',
    broken: ({ wire }) => {
      const turns = merged(wire['messages']);
      return firstOf(turns, ({ role, blocks, index }, place) => {
        if (role !== 'user') return undefined;
        const results = blocks.filter(({ type }) => type === 'tool_result').map(({ tool_use_id }) => String(tool_use_id));
        const twice = repeated(results);
        if (twice !== undefined) {
          return badRequest(
            `messages.${index}.content: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`,
          );
        }
        const before = turns[place - 1];
        const calls =
          before?.role === 'assistant' ? before.blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => String(id)) : [];
        const at = results.findIndex((id) => !calls.includes(id));
        if (at < 0) return undefined;
        return badRequest(
          `messages.${index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${results[at]}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
        );
      });
    },
  },
];

// The last two are a beta's: tools that come and go in the middle of a conversation.
const SYSTEM_BLOCKS = new Set(['text', 'tool_addition', 'tool_removal']);

interface MergedTurn {
  readonly role: string;
  readonly blocks: readonly JsonObject[];
  /** Of the first message in it. */
  readonly index: number;
}

/** Messages as the vendor sees them: neighbours of one role are one turn. */
function merged(messages: Json | undefined): MergedTurn[] {
  const turns: MergedTurn[] = [];
  for (const [index, { role, content }] of objectsOf(messages).entries()) {
    const last = turns.at(-1);
    if (last && last.role === role) turns[turns.length - 1] = { ...last, blocks: [...last.blocks, ...blocksOf(content)] };
    else turns.push({ role: String(role), blocks: blocksOf(content), index });
  }
  return turns;
}

/** Results count only as long as nothing else came before them. */
function leadingResults(blocks: readonly JsonObject[]): string[] {
  const end = blocks.findIndex(({ type }) => type !== 'tool_result');
  return (end < 0 ? blocks : blocks.slice(0, end)).map((block) => String(block['tool_use_id']));
}

const callIds = (content: Json | undefined): string[] =>
  blocksOf(content).flatMap((block) => (block['type'] === 'tool_use' ? String(block['id']) : []));

/** A turn paused inside the vendor's own tools: it is sent back as it stands to be continued. */
function endsInServerTool(message: JsonObject | undefined): boolean {
  const type = textOf(blocksOf(message?.['content']).at(-1)?.['type']) ?? '';
  return message?.['role'] === 'assistant' && (type === 'server_tool_use' || /_tool_result$/.test(type));
}
