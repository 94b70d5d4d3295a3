import { type JsonObject, objectOf } from '../../model/json.ts';
import { isRedactedThought, prefixOf, thoughtProblem } from '../seals.ts';
import { badRequest } from './anthropic-refusal.ts';
import { blocksOf, type Checked, firstOf, objectsOf, type Refusal, type VendorRule } from './rule.ts';

/** What Anthropic asks of thoughts that come back: there where they must be, and unchanged. */
export const thinkingRules: readonly VendorRule[] = [
  {
    name: 'thoughts begin the turn that called tools',
    from: '§3.5',
    broken: ({ wire }) => {
      if (objectOf(wire['thinking'])['type'] !== 'enabled') return undefined;
      const messages = objectsOf(wire['messages']);
      const last = messages.findLastIndex(({ role }) => role === 'assistant');
      const isLoop = messages.slice(last + 1).some(({ content }) => blocksOf(content).some(({ type }) => type === 'tool_result'));
      const first = blocksOf(messages[last]?.['content'])[0];
      if (!isLoop || !first || first['type'] === 'thinking' || first['type'] === 'redacted_thinking') return undefined;
      return badRequest(
        `messages.${last}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first['type']}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking`,
      );
    },
  },
  {
    name: 'thoughts come back unchanged',
    from: '§0.5, §3.5, §5.11',
    broken: (request) => {
      const messages = objectsOf(request.wire['messages']);
      const latest = messages.findLastIndex(({ role }) => role === 'assistant');
      return firstOf(messages, ({ role, content }, message) =>
        role === 'assistant'
          ? firstOf(blocksOf(content), (block, index) => changed(request, block, message, index, message === latest))
          : undefined,
      );
    },
  },
];

function changed(
  { wire, model, headers }: Checked,
  block: JsonObject,
  message: number,
  index: number,
  isLatest: boolean,
): Refusal | undefined {
  const at = `messages.${message}.content.${index}`;
  if (block['type'] === 'redacted_thinking') {
    return isRedactedThought(String(block['data'])) ? undefined : badRequest(`${at}: Invalid \`data\` in \`redacted_thinking\` block`);
  }
  if (block['type'] !== 'thinking') return undefined;
  const problem = thoughtProblem(model, String(block['thinking']), String(block['signature']), prefixOf(wire, message, index));
  if (problem === undefined) return undefined;
  if (problem === 'forged') return badRequest(`${at}: Invalid \`signature\` in \`thinking\` block`);
  if (problem === 'changed') {
    return badRequest(
      isLatest
        ? `${at}: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.`
        : `${at}: Invalid \`signature\` in \`thinking\` block`,
    );
  }
  // With this beta a caller may ask for blocks that do not fit to be dropped instead.
  const binding = objectOf(objectOf(wire['thinking'])['block_binding']);
  if (binding['prefix_mismatch_behavior'] === 'drop_block' && headers['anthropic-beta']?.includes('thinking-binding-controls'))
    return undefined;
  return badRequest(
    `${at}: Invalid \`signature\` in \`thinking\` block. The block is bound to a different conversation. ${DIFFERS[problem]} from the request that produced it.`,
  );
}

const DIFFERS = {
  system: 'The system prompt differs',
  tools: 'The list of tools differs',
  turns: 'The messages before the block differ',
} as const;
