import type { Json, JsonObject } from '../../../model/json.ts';
import type { Tool } from '../../../model/request.ts';
import type { Losses } from '../../losses.ts';
import { take } from '../../take.ts';
import { dropMark } from '../cache-mark.ts';
import { extraOf, present } from '../fields.ts';

/**
 * A tool. Functions and custom tools are tools everyone can say; any other (web search, MCP, a
 * namespace, …) is one whose extra holds its whole wire, `type` included, and whose name is the
 * wire's or its type. `strict: null` in the extra says that the caller left strictness to OpenAI.
 */
export function decodeTool(wire: Json, path: string): Tool {
  const fields = take(wire, path);
  const type = fields.string('type');
  if (type !== 'function' && type !== 'custom') {
    const name = fields.maybeString('name') ?? type;
    const description = fields.maybeString('description');
    return { name, ...(description !== undefined && { description }), ...extraOf(wire as JsonObject) };
  }
  const name = fields.string('name');
  const description = fields.maybeString('description');
  const described = { name, ...(description !== undefined && { description }) };
  if (type === 'custom') {
    const format = fields.maybeObject('format');
    return { ...described, custom: { ...(format && { format }) }, ...fields.rest('openai-responses') };
  }
  const parameters = fields.maybeObject('parameters');
  const strict = fields.maybeBoolean('strict');
  const { extra } = fields.rest('openai-responses');
  const unsaid = { ...(strict === undefined && { strict: null }), ...(parameters === undefined && { parameters: null }) };
  return {
    ...described,
    ...(parameters && { parameters }),
    ...(strict !== undefined && { strict }),
    ...extraOf({ ...unsaid, ...extra?.['openai-responses'] }),
  };
}

/** The hosted tool's wire, when the tool is one of `dialect`'s own. */
export const hostedWire = ({ extra }: Tool): JsonObject | undefined => {
  const own = extra?.['openai-responses'];
  return own && 'type' in own ? own : undefined;
};

/** Whether another dialect's server runs it (Messages' `web_search_…`): nobody here could. */
const foreignHosted = ({ extra = {} }: Tool): string | undefined =>
  Object.entries(extra).find(([dialect, fields]) => dialect !== 'openai-responses' && 'type' in fields && fields['type'] !== 'custom')?.[0];

/** The tool under its fitted name, or nothing when only another dialect's server could run it. */
export function encodeTool(tool: Tool, name: string, path: string, losses: Losses): JsonObject[] {
  const { description, parameters, strict, custom, cache, extra } = tool;
  dropMark(cache, path, losses, 'tools');
  const hosted = hostedWire(tool);
  if (hosted) return [hosted];
  const owner = foreignHosted(tool);
  if (owner !== undefined) {
    losses.dropped(
      path,
      tool,
      'content',
      `tool ${JSON.stringify(tool.name)} is run by the server of ${owner}; openai-responses has no such tool`,
    );
    return [];
  }
  const { strict: strictUnsaid, parameters: parametersUnsaid, ...own } = losses.extra(path, extra, TOOL_IMPACTS);
  if (custom) return [present({ type: 'custom', name, description, format: custom.format, ...own })];
  return [
    present({
      type: 'function',
      name,
      description,
      parameters: parameters ?? (parametersUnsaid === null ? undefined : NO_PARAMETERS),
      // Left unsaid, Responses rewrites the schema to a strict one; only a caller of Responses means that.
      strict: strict ?? (strictUnsaid === null ? undefined : false),
      ...own,
    }),
  ];
}

const NO_PARAMETERS: JsonObject = { type: 'object', properties: {} };

const TOOL_IMPACTS = { eager_input_streaming: 'none', type: 'none' } as const;
