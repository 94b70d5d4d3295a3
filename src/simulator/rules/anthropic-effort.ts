import { isObject, objectOf } from '../../model/json.ts';
import { badRequest } from './anthropic-refusal.ts';
import { given, textOf, type VendorRule } from './rule.ts';

/** What Anthropic asks of how much a model is to think. */
export const effortRules: readonly VendorRule[] = [
  {
    name: 'known effort',
    from: '§3.1, §6.2',
    broken: ({ wire, facts, model }) => {
      const effort = objectOf(wire['output_config'])['effort'];
      if (!given(effort)) return undefined;
      if (!EFFORTS.includes(String(effort))) {
        return badRequest(`output_config.effort: Input should be ${EFFORTS.map((word) => `'${word}'`).join(', ')}`);
      }
      if (facts.efforts.length === 0) return badRequest('output_config.effort: This model does not support the effort parameter.');
      return facts.efforts.includes(String(effort))
        ? undefined
        : badRequest(`output_config.effort: '${effort}' is not supported for ${model}. Supported values: ${facts.efforts.join(', ')}.`);
    },
  },
  {
    name: 'thinking by model',
    from: '§3.5, §6.2',
    broken: ({ wire, facts }) => {
      if (!isObject(wire['thinking'])) return undefined;
      const type = textOf(wire['thinking']['type']) ?? '';
      if (!['adaptive', 'enabled', 'disabled', 'between_tools'].includes(type)) {
        return badRequest(
          `thinking: Input tag '${type}' found using 'type' does not match any of the expected tags: 'adaptive', 'between_tools', 'disabled', 'enabled'`,
        );
      }
      if ((facts.thinking as readonly string[]).includes(type)) return undefined;
      return badRequest(
        `thinking.type: "${type}" is not supported for this model.${facts.thinking.length > 0 ? ` Use ${facts.thinking.map((word) => `"${word}"`).join(' or ')}.` : ''}`,
      );
    },
  },
  {
    name: 'thinking off or between tools only at modest effort',
    from: '§3.5, §6.2',
    broken: ({ wire, model }) => {
      const type = objectOf(wire['thinking'])['type'];
      const effort = textOf(objectOf(wire['output_config'])['effort']) ?? '';
      const isHigh = ['xhigh', 'max'].includes(effort);
      if (!isHigh || !(type === 'between_tools' || (type === 'disabled' && /^claude-(opus|haiku)-5/.test(model)))) return undefined;
      return badRequest(`thinking.type: "${type}" is only supported with effort "low", "medium" or "high".`);
    },
  },
  {
    name: 'thinking budget',
    from: '§3.5',
    broken: ({ wire, counting }) => {
      const thinking = objectOf(wire['thinking']);
      if (thinking['type'] !== 'enabled') return undefined;
      const budget = thinking['budget_tokens'];
      if (!given(budget)) return badRequest('thinking.enabled.budget_tokens: Field required');
      if (Number(budget) < 1024) return badRequest('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
      if (!counting && Number(budget) >= Number(wire['max_tokens'])) {
        return badRequest(
          '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size',
        );
      }
      return undefined;
    },
  },
  {
    name: 'thinking wants default sampling',
    from: '§3.5',
    broken: ({ wire }) => {
      const thinks = ['enabled', 'adaptive'].includes(textOf(objectOf(wire['thinking'])['type']) ?? '');
      if (!thinks || !given(wire['temperature']) || wire['temperature'] === 1) return undefined;
      return badRequest(
        '`temperature` may only be set to 1 when thinking is enabled. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#important-considerations-when-using-extended-thinking',
      );
    },
  },
];

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];
