import { isList, isObject, objectOf } from '../../model/json.ts';
import { badRequest } from './anthropic-refusal.ts';
import { schemaProblem } from './anthropic-schema.ts';
import { firstOf, given, objectsOf, repeated, textOf, type VendorRule } from './rule.ts';

/** What Anthropic asks of tools and of the choice among them. */
export const toolRules: readonly VendorRule[] = [
  {
    name: 'tools are named',
    from: '§3.3, §3.4',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['tools']), (tool, index) => {
        if (!isClient(tool)) return undefined;
        const at = `tools.${index}.custom`;
        if (typeof tool['name'] !== 'string') return badRequest(`${at}.name: Field required`);
        return NAME.test(tool['name']) ? undefined : badRequest(`${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
      }),
  },
  {
    name: 'tools have an object schema',
    from: '§3.4, §5.14',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['tools']), (tool, index) => {
        if (!isClient(tool)) return undefined;
        const at = `tools.${index}.custom.input_schema`;
        const schema = tool['input_schema'];
        if (!isObject(schema)) return badRequest(`${at}: ${given(schema) ? 'Input should be a valid dictionary' : 'Field required'}`);
        if (schema['type'] === undefined) return badRequest(`${at}.type: Field required`);
        if (schema['type'] !== 'object') return badRequest(`${at}.type: Input should be 'object'`);
        const root = ['oneOf', 'anyOf', 'allOf'].find((keyword) => schema[keyword] !== undefined);
        return root ? badRequest(`${at}: input_schema does not support oneOf, allOf, or anyOf at the top level`) : undefined;
      }),
  },
  {
    name: 'tool fields are known',
    from: '§3.4',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['tools']), (tool, index) => {
        if (!isClient(tool)) return undefined;
        const unknown = Object.keys(tool).find((field) => !TOOL_FIELDS.has(field));
        return unknown ? badRequest(`tools.${index}.custom.${unknown}: Extra inputs are not permitted`) : undefined;
      }),
  },
  {
    name: 'tool names are unique',
    from: '§5.14',
    broken: ({ wire }) => {
      const twice = repeated(objectsOf(wire['tools']).flatMap((tool) => textOf(tool['name']) ?? []));
      return twice === undefined ? undefined : badRequest('tools: Tool names must be unique.');
    },
  },
  {
    name: 'strict tools in the supported subset',
    from: '§5.9',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['tools']), (tool, index) => {
        if (tool['strict'] !== true || !isObject(tool['input_schema'])) return undefined;
        const problem = schemaProblem(tool['input_schema']);
        return problem ? badRequest(`tools.${index}.custom: ${problem}`) : undefined;
      }),
  },
  {
    name: 'known tool choice',
    from: '§3.1',
    broken: ({ wire }) => {
      const choice = wire['tool_choice'];
      if (!isObject(choice)) return undefined;
      const type = textOf(choice['type']) ?? '';
      if (!['auto', 'any', 'tool', 'none'].includes(type)) {
        return badRequest(
          `tool_choice: Input tag '${type}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`,
        );
      }
      if (type === 'tool' && typeof choice['name'] !== 'string') return badRequest('tool_choice.tool.name: Field required');
      if (type === 'none' && given(choice['disable_parallel_tool_use'])) {
        return badRequest('tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted');
      }
      return undefined;
    },
  },
  {
    name: 'tool choice needs tools',
    from: '§5.2',
    broken: ({ wire }) =>
      given(wire['tool_choice']) && !(isList(wire['tools']) && wire['tools'].length > 0)
        ? badRequest('tool_choice may only be specified while providing tools.')
        : undefined,
  },
  {
    name: 'the tool chosen exists',
    from: '§3.1',
    broken: ({ wire }) => {
      const { type, name } = objectOf(wire['tool_choice']);
      if (type !== 'tool' || objectsOf(wire['tools']).some((tool) => tool['name'] === name)) return undefined;
      return badRequest(`tool_choice.tool.name: Tool '${name}' not found in provided tools`);
    },
  },
  {
    name: 'forced choice where taken',
    from: '§0.4, §5.11',
    broken: ({ wire, facts }) => {
      const type = textOf(objectOf(wire['tool_choice'])['type']) ?? '';
      if (facts.forcedToolChoice || !['any', 'tool'].includes(type)) return undefined;
      return badRequest('tool_choice: type "tool" and "any" are not supported for this model.');
    },
  },
  {
    name: 'no forced choice with a thinking budget',
    from: '§5.8, recorded',
    broken: ({ wire }) => {
      const type = textOf(objectOf(wire['tool_choice'])['type']) ?? '';
      if (!['any', 'tool'].includes(type) || objectOf(wire['thinking'])['type'] !== 'enabled') return undefined;
      return badRequest('Thinking may not be enabled when tool_choice forces tool use.');
    },
  },
];

/** A tool the client runs and describes itself; the vendor's own have a dated type. */
const isClient = (tool: { readonly [field: string]: unknown }) =>
  tool['type'] === undefined || tool['type'] === null || tool['type'] === 'custom';

const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const TOOL_FIELDS = new Set([
  ...['name', 'description', 'input_schema', 'type', 'strict', 'cache_control'],
  ...['defer_loading', 'allowed_callers', 'eager_input_streaming', 'input_examples'],
]);
