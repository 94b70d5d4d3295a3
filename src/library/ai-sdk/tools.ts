import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { DialectName } from '../../model/part.ts';
import type { Tool } from '../../model/request.ts';
import { cacheIn } from './metadata.ts';

type AiTool = NonNullable<LanguageModelV4CallOptions['tools']>[number];

export function toolOf(tool: AiTool): Tool {
  if (tool.type === 'provider') return providersTool(tool);
  const { name, description, inputSchema, strict, providerOptions } = tool;
  return {
    name,
    ...(description !== undefined && { description }),
    parameters: inputSchema as JsonObject,
    ...(strict !== undefined && { strict }),
    ...cacheIn(providerOptions),
  };
}

/** A tool its provider runs itself, such as `anthropic.web_search_20250305`: of that vendor, in its own words. */
function providersTool({ id, name, args }: Extract<AiTool, { type: 'provider' }>): Tool {
  const [vendor, type] = id.split('.', 2);
  const dialect: DialectName = vendor === 'anthropic' ? 'anthropic-messages' : 'openai-responses';
  const fields = snake(args as JsonObject) as JsonObject;
  return { name, extra: { [dialect]: { type: type ?? id, ...(dialect === 'anthropic-messages' && { name }), ...fields } } };
}

/** The AI SDK's `maxUses` is the wire's `max_uses`. */
function snake(value: Json): Json {
  if (isList(value)) return value.map(snake);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), snake(inner)]),
  );
}
