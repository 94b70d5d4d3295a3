import { isObject, objectOf } from '../../model/json.ts';
import { INPUT_TOKENS_FIELDS, RESPONSES_FIELDS } from './openai-fields.ts';
import { badRequest, listed, missing, notOneOf, unsupported } from './openai-refusal.ts';
import { inputRules } from './openai-responses-input.ts';
import { formatProblem, functionProblem, nameProblem, saysJson, sharedRules } from './openai-shared.ts';
import { type Checked, firstOf, given, isGivenList, objectsOf, textOf, type VendorRule } from './rule.ts';

/** The effort the model will use. */
const effortOf = ({ wire, facts }: Checked): string => textOf(objectOf(wire['reasoning'])['effort']) ?? facts.effortDefault ?? 'none';

const parameterRules: readonly VendorRule[] = [
  {
    name: 'model and input are there',
    from: '§2.1',
    broken: ({ wire }) => {
      if (!given(wire['model']) && !given(wire['prompt'])) return missing('model');
      return ['input', 'previous_response_id', 'prompt', 'conversation'].some((field) => given(wire[field])) ? undefined : missing('input');
    },
  },
  ...sharedRules(RESPONSES_FIELDS, INPUT_TOKENS_FIELDS),
  {
    name: 'one kind of memory',
    from: '§2.1',
    broken: ({ wire }) =>
      given(wire['previous_response_id']) && given(wire['conversation'])
        ? badRequest(
            "Mutually exclusive parameters: ['previous_response_id', 'conversation']. Ensure you are only providing one of: 'previous_response_id' or 'conversation'.",
            undefined,
            'mutually_exclusive_parameters',
          )
        : undefined,
  },
  {
    name: 'sampling by model',
    from: '§6.1, recorded',
    broken: (request) => {
      const { wire, facts } = request;
      if (facts.sampling === 'yes' || (facts.sampling === 'effortNone' && effortOf(request) === 'none')) return undefined;
      const field = ['temperature', 'top_p', 'top_logprobs'].find((name) => given(wire[name]) && wire[name] !== 1 && wire[name] !== 0);
      return field ? badRequest(`Unsupported parameter: '${field}' is not supported with this model.`, field) : undefined;
    },
  },
  {
    name: 'known effort',
    from: '§5.11, §6.1',
    broken: ({ wire, facts, model }) => {
      const reasoning = objectOf(wire['reasoning']);
      if (facts.efforts.length === 0) {
        const field = ['effort', 'summary'].find((name) => given(reasoning[name]));
        return field ? unsupported(`reasoning.${field}`) : undefined;
      }
      const effort = textOf(reasoning['effort']);
      if (effort === undefined || facts.efforts.includes(effort)) return undefined;
      return badRequest(
        `Unsupported value: '${effort}' is not supported with the '${model}' model. Supported values are: ${listed(facts.efforts)}.`,
        'reasoning.effort',
        'unsupported_value',
      );
    },
  },
  {
    name: 'known things to include',
    from: '§2.1',
    broken: ({ wire }) => {
      const list = Array.isArray(wire['include']) ? wire['include'] : [];
      return firstOf(list, (item, index) => (INCLUDES.includes(String(item)) ? undefined : notOneOf(item, INCLUDES, `include[${index}]`)));
    },
  },
  {
    name: 'tools are well defined',
    from: '§2.4, §5.9',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['tools']), (tool, index) => {
        const type = textOf(tool['type']);
        if (type === undefined) return missing(`tools[${index}].type`);
        if (!TOOLS.test(type))
          return notOneOf(type, ['function', 'custom', 'web_search', 'file_search', 'mcp', 'code_interpreter'], `tools[${index}].type`);
        if (type === 'function') return functionProblem(tool, `tools[${index}]`);
        return type === 'custom' ? nameProblem(textOf(tool['name']) ?? '', `tools[${index}].name`) : undefined;
      }),
  },
  {
    name: 'tool choice needs tools',
    from: '§2.5, §5.14',
    broken: ({ wire }) => {
      const choice = wire['tool_choice'];
      if (!given(choice) || choice === 'auto' || choice === 'none' || isGivenList(wire['tools'])) return undefined;
      return badRequest(
        `Tool choice '${isObject(choice) ? choice['type'] : choice}' must be specified with 'tools' parameter.`,
        'tool_choice',
      );
    },
  },
  {
    name: 'the tool chosen exists',
    from: '§2.5',
    broken: ({ wire }) => {
      const choice = wire['tool_choice'];
      if (typeof choice === 'string') {
        return ['none', 'auto', 'required'].includes(choice) ? undefined : notOneOf(choice, ['none', 'auto', 'required'], 'tool_choice');
      }
      if (!isObject(choice) || (choice['type'] !== 'function' && choice['type'] !== 'custom')) return undefined;
      const name = textOf(choice['name']);
      if (name === undefined) return missing('tool_choice.name');
      return objectsOf(wire['tools']).some((tool) => tool['name'] === name)
        ? undefined
        : badRequest(`Tool choice '${choice['type']}' not found in 'tools' parameter.`, 'tool_choice');
    },
  },
  {
    name: 'output format',
    from: '§2.1, §5.9',
    broken: ({ wire }) => {
      const format = objectOf(wire['text'])['format'];
      if (!isObject(format)) return undefined;
      const type = textOf(format['type']) ?? '';
      if (!['json_object', 'json_schema', 'text'].includes(type)) {
        return notOneOf(type, ['json_object', 'json_schema', 'text'], 'text.format.type');
      }
      if (type === 'json_object' && !saysJson([wire['input'] ?? null, wire['instructions'] ?? null])) {
        return badRequest(
          "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
          'input',
        );
      }
      if (type !== 'json_schema') return undefined;
      if (!isObject(format['schema'])) return missing('text.format.schema');
      return formatProblem(format, 'text.format', 'text.format.schema');
    },
  },
];

/** All of OpenAI's rules for Responses, in the order they are tried. */
export const OPENAI_RESPONSES_RULES: readonly VendorRule[] = [...parameterRules, ...inputRules];

const INCLUDES = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
];
const TOOLS =
  /^(function|custom|namespace|tool_search|web_search.*|file_search|code_interpreter|computer.*|mcp|image_generation|local_shell|shell|apply_patch|programmatic_tool_calling)$/;
