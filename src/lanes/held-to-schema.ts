import { isStrict } from '../dialects/openai-strict.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { JsonObject } from '../model/json.ts';
import type { Loss } from '../model/loss.ts';
import type { ModelRequest, Tool } from '../model/request.ts';

/**
 * What a schema in Messages' words means to OpenAI. Anthropic holds every answer to its schema and the arguments of
 * strict tools to theirs, optional properties and all; OpenAI holds to a schema only where told, and refuses
 * strictness for any that leaves something open (§5.9 of the protocol notes).
 */
export function heldToSchema(
  request: ModelRequest,
  { vendor }: ModelFacts,
): { readonly request: ModelRequest; readonly losses: readonly Loss[] } {
  const { output, tools } = request;
  if (vendor !== 'openai' || (output?.type !== 'schema' && !tools?.some(({ strict }) => strict))) return { request, losses: [] };
  const losses: Loss[] = [];
  const lost = (path: string, note: string) => losses.push({ path, value: true, kind: 'dropped', impact: 'behavior', note });
  const strictly = output?.type === 'schema' && isTaken(output.schema);
  if (output?.type === 'schema' && !strictly) lost('output.strict', `the answer is not held to the schema: ${WHY}`);
  const offered = tools?.map((tool: Tool, index): Tool => {
    if (!tool.strict || (tool.parameters && isTaken(tool.parameters))) return tool;
    lost(`tools[${index}].strict`, `arguments are not held to the schema: ${WHY}`);
    return { ...tool, strict: false };
  });
  return {
    request: {
      ...request,
      ...(output?.type === 'schema' && { output: { ...output, strict: strictly } }),
      ...(offered && { tools: offered }),
    },
    losses,
  };
}

const isTaken = (schema: JsonObject): boolean => schema['type'] === 'object' && schema['anyOf'] === undefined && isStrict(schema);

const WHY = 'OpenAI wants an object with every property required';
