import { createHash, createHmac } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { blocksOf, objectsOf } from './rules/rule.ts';

/**
 * The proofs models attach to their thoughts. A vendor's are cryptographic and so are these: made
 * under one fixed key, so that any simulator accepts what another one signed, and nothing else.
 */
const KEY = 'headgate simulator';

/** What a thought is tied to: everything said before it. */
export interface Prefix {
  readonly tools: string;
  readonly system: string;
  readonly turns: string;
}

/** The signature of a thought as delivered; an omitted thought's text is empty. */
export function signThought(model: string, thought: string, prefix: Prefix): string {
  const fields = [familyOf(model), mac('thought', thought), prefix.tools, prefix.system, prefix.turns];
  return sealed('sim1', fields);
}

/** What is wrong with a thought sent back; `undefined` too when another family's, which the vendor drops in silence. */
export function thoughtProblem(
  model: string,
  thought: string,
  signature: string,
  prefix: Prefix,
): 'forged' | 'changed' | keyof Prefix | undefined {
  const fields = opened('sim1', signature);
  if (!fields) return 'forged';
  const [family, text, tools, system, turns] = fields;
  if (family !== familyOf(model)) return undefined;
  if (text !== mac('thought', thought)) return 'changed';
  if (!isBound(model)) return undefined;
  if (system !== prefix.system) return 'system';
  if (tools !== prefix.tools) return 'tools';
  return turns === prefix.turns ? undefined : 'turns';
}

/** The blob of a thought that is not shown. */
export const redactedThought = (model: string, thought: string): string => sealed('sim1r', [familyOf(model), mac('thought', thought)]);
export const isRedactedThought = (data: string): boolean => opened('sim1r', data) !== undefined;

/** Responses' `encrypted_content`. */
export const encryptedReasoning = (model: string, thought: string, id: string): string =>
  `gAAAAA${sealed('sim1e', [familyOf(model), mac('thought', thought), mac('id', id)])}`;
export const isEncryptedReasoning = (data: string): boolean => data.startsWith('gAAAAA') && opened('sim1e', data.slice(6)) !== undefined;

/** Families whose thoughts are tied to the exact conversation before them (§0.5, §6.2 of the protocol notes). */
const isBound = (model: string): boolean => /^claude-((fable|mythos)-5-[12]|(opus|sonnet|haiku)-5-5)/.test(model);

/** What precedes block `block` of message `message`; by default, of the answer to come. Earlier thoughts and cache marks do not count. */
export function prefixOf(wire: JsonObject, message = Number.POSITIVE_INFINITY, block = Number.POSITIVE_INFINITY): Prefix {
  const said = objectsOf(wire['messages'])
    .slice(0, message + 1)
    .flatMap(({ role, content }, index) =>
      blocksOf(content)
        .slice(0, index === message ? block : undefined)
        .filter(({ type }) => type !== 'thinking' && type !== 'redacted_thinking')
        .map((said) => [role ?? null, bare(said)]),
    );
  return {
    tools: digest(bare(wire['tools'] ?? [])),
    system: digest(bare([...blocksOf(wire['system'])])),
    turns: digest(said as Json),
  };
}

const familyOf = (model: string) => model.replace(/-\d{8}$/, '');

const mac = (...said: string[]) => createHmac('sha256', KEY).update(said.join('\n')).digest('hex').slice(0, 24);
const digest = (value: Json) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

function sealed(kind: string, fields: readonly string[]): string {
  const said = [kind, ...fields].join('|');
  return Buffer.from(`${said}|${mac(said)}`).toString('base64');
}

function opened(kind: string, seal: string): string[] | undefined {
  const text = Buffer.from(seal, 'base64').toString();
  if (Buffer.from(text).toString('base64') !== seal) return undefined;
  const cut = text.lastIndexOf('|');
  const said = text.slice(0, cut);
  const fields = said.split('|');
  return fields[0] === kind && text.slice(cut + 1) === mac(said) ? fields.slice(1) : undefined;
}

/** Without what does not reach the model: cache marks, and fields that are null. Key order stays: it reaches the model. */
function bare(value: Json): Json {
  if (Array.isArray(value)) return value.map(bare);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === 'cache_control' || inner === null ? [] : [[key, bare(inner)]])),
  );
}
