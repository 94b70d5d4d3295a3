import { isStrict } from '../dialects/openai-strict.ts';
import type { JsonObject } from '../model/json.ts';
import type { Tool } from '../model/request.ts';
import type { RunnableTool, ToolContext } from '../tools/tool.ts';
import { type OutputOf, type Schema, tellable, validated } from './schema.ts';

/** A tool as a program writes it. */
export interface ToolDefinition<S extends Schema, Result = unknown> extends Pick<Tool, 'cache' | 'extra'> {
  readonly name: string;
  readonly description?: string;
  /** What its arguments must be, an object at the top; they come checked and as the schema makes them. */
  readonly input: S;
  /** Whether the vendor holds the model to the schema; wherever it can unless told. */
  readonly strict?: boolean;
  /** How long it may take, in milliseconds; that of the run unless told. */
  readonly timeoutMs?: number;
  /**
   * Does it. What it gives is told to the model: text as it is, `{ parts }` as pictures, documents and texts, all else
   * as JSON; what it throws is told as an error.
   */
  run(input: OutputOf<S>, context: ToolContext): Result;
}

/** A tool for `runTools`; the types of its arguments follow from its schema. Throws a TypeError for one that could never be run. */
export function tool<S extends Schema, Result>(definition: ToolDefinition<S, Result>): RunnableTool<OutputOf<S>, Result> {
  const { name, description, input, cache, extra, timeoutMs, run } = definition;
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0))
    throw new TypeError(`timeoutMs of the tool "${name}" must be a number of milliseconds above 0, got ${timeoutMs}`);
  const parameters = told(name, input);
  if (parameters['type'] !== 'object') throw new TypeError(`the input of the tool "${name}" must be an object at the top: wrap it in one`);
  return {
    definition: {
      name,
      parameters,
      strict: definition.strict ?? isStrict(parameters),
      ...(description !== undefined && { description }),
      ...(cache && { cache }),
      ...(extra && { extra }),
    },
    ...(timeoutMs !== undefined && { timeoutMs }),
    check: (value) => validated(input, value),
    run: (value, context) => run(value, context),
  };
}

function told(name: string, input: Schema): JsonObject {
  try {
    return tellable(input);
  } catch (error) {
    throw new TypeError(`the input of the tool "${name}" cannot be asked for: ${(error as Error).message}`);
  }
}
