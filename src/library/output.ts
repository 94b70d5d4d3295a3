import { isStrict } from '../dialects/openai-strict.ts';
import { invalid } from '../model/failure.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import type { OutputFormat } from '../model/request.ts';
import { starvedText } from '../model/starved.ts';
import type { Outcome } from '../tools/run.ts';
import type { Reply } from './reply.ts';
import { eachSchema, type Issue, jsonSchemaOf, type Schema, tellable, validated } from './schema.ts';

/** Where a value stands that is no object: vendors want an object at the top. */
const VALUE = 'value';

/**
 * What the model is told of the schema; a schema of anything but an object is put inside one. Throws `invalid` for a
 * schema that cannot be told, or not be checked: once there is an answer it is too late for that.
 */
export function formatOf(schema: Schema): OutputFormat {
  const said = told(schema);
  const whole = isWrapped(said) ? wrapped(said) : said;
  return { type: 'schema', schema: whole, name: 'output', strict: isStrict(whole) };
}

function told(schema: Schema): JsonObject {
  try {
    return tellable(schema);
  } catch (error) {
    invalid(`output cannot be asked for: ${(error as Error).message}`, 'output');
  }
}

/** What a run of tools took, all its rounds together. */
export type RunTotals = Pick<Outcome, 'rounds' | 'tokens' | 'cost'>;

/** Why an answer has no output. */
export type OutputProblem = 'notJson' | 'unfit' | 'refused' | 'cut' | 'called' | 'empty';

/** An answer came, and its output cannot be had; the answer, which was paid for, is in `reply`. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  /**
   * `notJson`: the text is no JSON. `unfit`: it is, and does not fit the schema (`issues`). `refused`: the model
   * declined. `cut`: it came to its limit of tokens. `called`: it called a tool instead. `empty`: it said nothing.
   */
  readonly problem: OutputProblem;
  /** Of `unfit`, what is wrong where. */
  readonly issues: readonly Issue[];
  readonly reply: Reply;
  /** What the whole run came to whose last answer it was; absent where nothing but the question was asked. */
  readonly run?: RunTotals;

  constructor(problem: OutputProblem, message: string, reply: Reply, issues: readonly Issue[] = [], run?: RunTotals) {
    super(message);
    this.problem = problem;
    this.reply = reply;
    this.issues = issues;
    if (run) this.run = run;
  }
}

/** The output in an answer, as the schema makes it. Throws an `OutputError`. */
export async function readOutput(schema: Schema, reply: Reply, run?: RunTotals): Promise<unknown> {
  const { finish, text, refusal, toolCalls, starved } = reply;
  const fail = (problem: OutputProblem, message: string, issues?: readonly Issue[]): never => {
    throw new OutputError(problem, message, reply, issues, run);
  };
  if (finish.reason === 'refused' || refusal !== undefined) fail('refused', `the model refused${refusal ? `: ${refusal}` : ''}`);
  if (starved)
    fail(
      'cut',
      `the output was cut: the answer came to its limit of tokens, and ${starvedText(starved)} (set maxOutputTokens higher, or effort lower)`,
    );
  if (finish.reason === 'length') fail('cut', 'the output was cut: the answer came to its limit of tokens (set maxOutputTokens higher)');
  if (text.trim() === '' && toolCalls.length > 0) {
    const names = toolCalls.map(({ name }) => name).join(', ');
    fail('called', `the model called ${names} instead of answering: give the results, and ask again`);
  }
  if (text.trim() === '') fail('empty', 'the answer holds no text to read the output from');
  const said = parsed(text) ?? fail('notJson', 'the output is not JSON: the model wrote something else');
  const value = isWrapped(jsonSchemaOf(schema)) ? (said.json as JsonObject | null)?.[VALUE] : said.json;
  const result = await validated(schema, value);
  if (!('issues' in result)) return result.value;
  const places = result.issues.map(({ path, message }) => `${path === '' ? 'the whole' : path}: ${message}`).join('; ');
  return fail('unfit', `the output does not fit its schema: ${places}`, result.issues);
}

/** JSON, also where the model put a fence around it, as those do that take no schema. */
function parsed(text: string): { readonly json: unknown } | undefined {
  const inner = /^\s*```(?:json)?\s*\n([\s\S]*)\n```\s*$/.exec(text)?.[1] ?? text;
  try {
    return { json: JSON.parse(inner) as unknown };
  } catch {
    return undefined;
  }
}

const isWrapped = (schema: JsonObject) => schema['type'] !== 'object' || schema['anyOf'] !== undefined;

/** `$defs` stay at the top, where references look for them; a schema that refers to itself becomes one of them. */
function wrapped(schema: JsonObject): JsonObject {
  let name = 'whole';
  while (isObject(schema['$defs']) && name in schema['$defs']) name += '_';
  const place = `#/$defs/${name}`;
  let refersToItself = false;
  const { $defs, definitions, ...whole } = eachSchema(schema, (node) => {
    const { $ref } = node;
    if (typeof $ref !== 'string' || !OF_WHOLE.test($ref)) return node;
    refersToItself = true;
    return { ...node, $ref: `${place}${$ref.slice(1)}` };
  });
  const defs = refersToItself ? { ...($defs as JsonObject | undefined), [name]: whole } : $defs;
  return {
    type: 'object',
    properties: { [VALUE]: refersToItself ? { $ref: place } : whole },
    required: [VALUE],
    additionalProperties: false,
    ...(defs !== undefined && { $defs: defs }),
    ...(definitions !== undefined && { definitions }),
  };
}

/** References to the whole schema, or into it elsewhere than among its definitions. */
const OF_WHOLE = /^#(?:$|\/(?!\$defs\/|definitions\/))/;
