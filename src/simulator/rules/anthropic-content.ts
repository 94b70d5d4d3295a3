import { isObject, type JsonObject } from '../../model/json.ts';
import { mediaProblem } from './anthropic-media.ts';
import { places } from './anthropic-places.ts';
import { badRequest, isNewest } from './anthropic-refusal.ts';
import { blocksOf, type Checked, firstOf, given, isGivenList, objectsOf, type Refusal, textOf, type VendorRule } from './rule.ts';

/** What Anthropic asks of the blocks inside messages, system prompt and tools. */
export const contentRules: readonly VendorRule[] = [
  {
    name: 'messages have content',
    from: '§3.2',
    broken: ({ wire }) => {
      const messages = objectsOf(wire['messages']);
      return firstOf(messages, ({ content, role }, index) => {
        if (!given(content)) return badRequest(`messages.${index}.content: Field required`);
        if (typeof content !== 'string' && !Array.isArray(content))
          return badRequest(`messages.${index}.content: Input should be a valid list`);
        const isEmpty = content.length === 0;
        if (!isEmpty || (role === 'assistant' && index === messages.length - 1)) return undefined;
        return badRequest(`messages.${index}: all messages must have non-empty content except for the optional final assistant message`);
      });
    },
  },
  {
    name: 'known blocks with known fields',
    from: '§3.3',
    broken: (request) =>
      eachBlock(request, (block, at) => {
        const type = textOf(block['type']);
        if (type === undefined) return badRequest(`${at}.type: Field required`);
        if (OPEN_TYPES.test(type)) return undefined;
        const fields = BLOCK_FIELDS[type];
        if (!fields) {
          return badRequest(
            `${at}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${Object.keys(BLOCK_FIELDS)
              .map((tag) => `'${tag}'`)
              .join(', ')}`,
          );
        }
        const unknown = Object.keys(block).find((field) => field !== 'type' && !(field in fields));
        if (unknown) return badRequest(`${at}.${type}.${unknown}: Extra inputs are not permitted`);
        const missing = Object.keys(fields).find((field) => fields[field] && !given(block[field]));
        return missing ? badRequest(`${at}.${type}.${missing}: Field required`) : undefined;
      }),
  },
  {
    name: 'blocks stand with their role',
    from: '§0.1, §3.3',
    broken: (request) =>
      eachBlock(request, (block, at, role) => {
        const type = textOf(block['type']) ?? '';
        if (role !== 'assistant' && ASSISTANT_ONLY.has(type))
          return badRequest(`${at}: \`${type}\` blocks can only be in \`assistant\` messages`);
        if (role !== 'user' && type === 'tool_result') return badRequest(`${at}: \`tool_result\` blocks can only be in \`user\` messages`);
        if (role === 'assistant' && type === 'document' && isNewest(request)) {
          return badRequest(`${at}: \`document\` blocks are not permitted in \`assistant\` messages`);
        }
        const isCited = isGivenList(block['citations']);
        return role === 'user' && type === 'text' && isCited && isNewest(request)
          ? badRequest(`${at}.text.citations: citations are not permitted in \`user\` messages`)
          : undefined;
      }),
  },
  {
    name: 'text says something',
    from: '§3.2, §3.6',
    broken: ({ wire }) =>
      firstOf([...places(wire)], ({ block, at, section, besideCalls }) => {
        if (block['type'] !== 'text') return undefined;
        if (block['text'] === '') {
          return given(block['cache_control'])
            ? badRequest(`${at}.cache_control: cache_control cannot be set for empty text blocks`)
            : badRequest(`${section}: text content blocks must be non-empty`);
        }
        return textOf(block['text'])?.trim() === '' && !besideCalls
          ? badRequest(`${section}: text content blocks must contain non-whitespace text`)
          : undefined;
      }),
  },
  {
    name: 'ids and inputs of calls',
    from: '§3.3, §5.11',
    broken: (request) =>
      eachBlock(request, (block, at) => {
        if (block['type'] === 'tool_result' && !CALL_ID.test(String(block['tool_use_id']))) {
          return badRequest(`${at}.tool_result.tool_use_id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
        }
        if (block['type'] !== 'tool_use') return undefined;
        if (!CALL_ID.test(String(block['id']))) return badRequest(`${at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
        if (!TOOL_NAME.test(String(block['name']))) {
          return badRequest(`${at}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
        }
        return isObject(block['input']) ? undefined : badRequest(`${at}.tool_use.input: Input should be a valid dictionary`);
      }),
  },
  {
    name: 'pictures and documents are what they say',
    from: '§3.3, §5.14',
    // Claude 3 has been recorded taking pictures under another name.
    broken: (request) => (/^claude-3/.test(request.model) ? undefined : eachBlock(request, (block, at) => mediaProblem(block, at))),
  },
];

/** Each message block's fields: whether one must be there. */
const BLOCK_FIELDS: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  text: { text: true, citations: false, cache_control: false },
  image: { source: true, cache_control: false, transformations: false },
  document: { source: true, title: false, context: false, citations: false, cache_control: false },
  search_result: { source: true, title: true, content: true, citations: false, cache_control: false },
  tool_use: { id: true, name: true, input: true, caller: false, toolset_name: false, cache_control: false },
  tool_result: { tool_use_id: true, content: false, is_error: false, toolset_name: false, cache_control: false },
  thinking: { thinking: true, signature: true },
  redacted_thinking: { data: true },
  container_upload: { file_id: true, cache_control: false },
};
/** Blocks of the vendor's own tools, of toolsets and of betas: not looked into. */
const OPEN_TYPES =
  /^(server_tool_use|.+_tool_result|tool_reference|browser_state|compaction|fallback|mcp_tool_use|tool_addition|tool_removal)$/;
const ASSISTANT_ONLY = new Set(['tool_use', 'thinking', 'redacted_thinking', 'server_tool_use']);
const CALL_ID = /^[a-zA-Z0-9_-]+$/;
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;

/** Looks at every block of every message, those inside tool results after the result itself. */
function eachBlock({ wire }: Checked, look: (block: JsonObject, at: string, role: string) => Refusal | undefined): Refusal | undefined {
  return firstOf(objectsOf(wire['messages']), ({ role, content }, message) =>
    firstOf(blocksOf(content), (block, index) => {
      const at = `messages.${message}.content.${index}`;
      const refusal = look(block, at, String(role));
      if (refusal || block['type'] !== 'tool_result') return refusal;
      return firstOf(blocksOf(block['content']), (inner, nth) => look(inner, `${at}.tool_result.content.${nth}`, 'result'));
    }),
  );
}
