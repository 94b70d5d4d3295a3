import { isList, isObject, objectOf } from '../../model/json.ts';
import { chatMessageRules } from './openai-chat-messages.ts';
import { CHAT_FIELDS } from './openai-fields.ts';
import { badRequest, listed, missing, notOneOf, tooMany, unsupported } from './openai-refusal.ts';
import { chosenName, formatProblem, functionProblem, nameProblem, saysJson, sharedRules } from './openai-shared.ts';
import { type Checked, firstOf, given, objectsOf, textOf, type VendorRule } from './rule.ts';

/** The effort the model will use. */
const effortOf = ({ wire, facts }: Checked): string => textOf(wire['reasoning_effort']) ?? facts.effortDefault ?? 'none';

const parameterRules: readonly VendorRule[] = [
  {
    name: 'model and messages are there',
    from: '§1.1',
    broken: ({ wire }) => {
      if (!given(wire['model'])) return badRequest('you must provide a model parameter');
      return given(wire['messages']) ? undefined : missing('messages');
    },
  },
  {
    name: 'the model is served on Chat',
    from: '§6.1',
    broken: ({ facts }) =>
      facts.chat
        ? undefined
        : {
            status: 404,
            type: 'invalid_request_error',
            message: 'This model is only supported in v1/responses and not in v1/chat/completions.',
            param: 'model',
          },
  },
  ...sharedRules(CHAT_FIELDS),
  {
    name: 'one cap on the answer, by its right name',
    from: '§1.1, §6.1',
    broken: ({ wire, facts }) => {
      if (given(wire['max_tokens']) && facts.reasons) return unsupported('max_tokens', " Use 'max_completion_tokens' instead.");
      if (given(wire['max_tokens']) && given(wire['max_completion_tokens'])) {
        return badRequest(
          "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
          'max_tokens',
          'invalid_parameter_combination',
        );
      }
      const [field, asked] = given(wire['max_tokens'])
        ? ['max_tokens', wire['max_tokens']]
        : ['max_completion_tokens', wire['max_completion_tokens']];
      const most = facts.outputTokensMax;
      if (typeof asked !== 'number' || most === undefined || asked <= most) return undefined;
      return badRequest(
        `${field} is too large: ${asked}. This model supports at most ${most} completion tokens, whereas you provided ${asked}.`,
        String(field),
        'invalid_value',
      );
    },
  },
  {
    name: 'sampling by model',
    from: '§5.11, §6.1',
    broken: (request) => {
      const { wire, facts } = request;
      if (facts.sampling === 'yes' || (facts.sampling === 'effortNone' && effortOf(request) === 'none')) return undefined;
      const sampled = ['temperature', 'top_p'].find((field) => given(wire[field]) && wire[field] !== 1);
      if (sampled) {
        return badRequest(
          `Unsupported value: '${sampled}' does not support ${wire[sampled]} with this model. Only the default (1) value is supported.`,
          sampled,
          'unsupported_value',
        );
      }
      const probed = ['logprobs', 'top_logprobs'].find((field) => given(wire[field]) && wire[field] !== false && wire[field] !== 0);
      return probed ? unsupported(probed) : undefined;
    },
  },
  {
    name: 'penalties and biases by model',
    from: '§6.1',
    broken: ({ wire, facts }) => {
      if (!facts.reasons) return undefined;
      const field = ['frequency_penalty', 'presence_penalty', 'logit_bias'].find((name) => given(wire[name]) && wire[name] !== 0);
      return field ? unsupported(field) : undefined;
    },
  },
  {
    name: 'stop sequences by model',
    from: '§1.1, recorded',
    broken: ({ wire, facts }) => {
      if (!given(wire['stop'])) return undefined;
      if (!facts.stop) return unsupported('stop');
      return isList(wire['stop']) && wire['stop'].length > 4 ? tooMany('stop', wire['stop'].length, 4) : undefined;
    },
  },
  {
    name: 'known effort',
    from: '§5.11, §6.1',
    broken: ({ wire, facts }) => {
      const effort = textOf(wire['reasoning_effort']);
      if (effort === undefined) return undefined;
      if (facts.efforts.length === 0) return unsupported('reasoning_effort');
      if (facts.efforts.includes(effort)) return undefined;
      return badRequest(
        `Unsupported value: 'reasoning_effort' does not support '${effort}' with this model. Supported values are: ${listed(facts.efforts)}.`,
        'reasoning_effort',
        'unsupported_value',
      );
    },
  },
  {
    name: 'function tools on Chat only without reasoning',
    from: '§0.8, §5.11',
    broken: (request) => {
      const { wire, facts, model } = request;
      const hasFunctions = objectsOf(wire['tools']).some((tool) => tool['type'] === 'function') || given(wire['functions']);
      if (!hasFunctions || facts.toolsOnChat === 'yes') return undefined;
      if (facts.toolsOnChat === 'effortNone' && effortOf(request) === 'none') return undefined;
      return badRequest(
        `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.`,
        'reasoning_effort',
      );
    },
  },
  {
    name: 'tools are well defined',
    from: '§1.4, §5.9',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['tools']), (tool, index) => {
        const type = textOf(tool['type']);
        if (type === undefined) return missing(`tools[${index}].type`);
        if (type !== 'function' && type !== 'custom') return notOneOf(type, ['function', 'custom'], `tools[${index}].type`);
        const definition = tool[type];
        if (!isObject(definition)) return missing(`tools[${index}].${type}`);
        if (type === 'function') return functionProblem(definition, `tools[${index}].function`);
        return nameProblem(textOf(definition['name']) ?? '', `tools[${index}].custom.name`);
      }),
  },
  {
    name: 'tool choice needs tools',
    from: '§1.1, §5.14',
    broken: ({ wire }) => {
      if (given(wire['tools'])) return undefined;
      const field = ['tool_choice', 'parallel_tool_calls'].find((name) => given(wire[name]) && wire[name] !== 'none');
      return field ? badRequest(`Invalid value for '${field}': '${field}' is only allowed when 'tools' are specified.`, field) : undefined;
    },
  },
  {
    name: 'the tool chosen exists',
    from: '§1.4',
    broken: ({ wire }) => {
      const choice = wire['tool_choice'];
      if (typeof choice === 'string') {
        return ['none', 'auto', 'required'].includes(choice) ? undefined : notOneOf(choice, ['none', 'auto', 'required'], 'tool_choice');
      }
      if (!isObject(choice) || choice['type'] === 'allowed_tools') return undefined;
      const name = chosenName(choice);
      if (name === undefined) return missing('tool_choice.function.name');
      return objectsOf(wire['tools']).some((tool) => chosenName(tool) === name)
        ? undefined
        : badRequest(`Invalid value for 'tool_choice': '${name}' not found in 'tools'.`, 'tool_choice', 'invalid_value');
    },
  },
  {
    name: 'output format',
    from: '§1.1, §5.9',
    broken: ({ wire, facts }) => {
      const format = wire['response_format'];
      if (!isObject(format)) return undefined;
      const type = textOf(format['type']) ?? '';
      if (!FORMATS.includes(type)) return notOneOf(type, FORMATS, 'response_format.type');
      if (type === 'json_object' && !saysJson(wire['messages'])) {
        return badRequest(
          "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
          'messages',
        );
      }
      if (type !== 'json_schema') return undefined;
      if (!facts.structuredOutput) {
        return badRequest(
          "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model. Learn more about supported models at the Structured Outputs guide: https://platform.openai.com/docs/guides/structured-outputs",
        );
      }
      const schema = objectOf(format['json_schema']);
      return formatProblem(schema, 'response_format.json_schema', 'response_format');
    },
  },
];

/** All of OpenAI's rules for Chat Completions, in the order they are tried. */
export const OPENAI_CHAT_RULES: readonly VendorRule[] = [...parameterRules, ...chatMessageRules];

const FORMATS = ['json_object', 'json_schema', 'text'];
