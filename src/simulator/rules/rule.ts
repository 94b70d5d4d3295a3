import type { ModelFacts } from '../../model/facts.ts';
import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';

/** A request as the vendor's rules see it: as sent, before any codec has read it. */
export interface Checked {
  readonly wire: JsonObject;
  readonly model: string;
  readonly facts: ModelFacts;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether tokens are only to be counted. */
  readonly counting: boolean;
  /** Whether it is a line of a batch. */
  readonly batched?: boolean;
}

/** The vendor's answer to a request that breaks a rule. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly code?: string;
  readonly param?: string;
}

/** Whether an endpoint came to a refusal, rather than to the object it was after. */
export const isRefusal = (value: object): value is Refusal =>
  'status' in value && typeof value.status === 'number' && 'message' in value && typeof value.message === 'string';

/** One thing a vendor insists on. */
export interface VendorRule {
  readonly name: string;
  /** Where it is known from: a section of the protocol notes this project was built from, or `recorded` (see docs/simulator.md). */
  readonly from: string;
  /** What the vendor answers when the request breaks it. */
  broken(request: Checked): Refusal | undefined;
}

/** The first rule broken, as its refusal. */
export function firstBroken(rules: readonly VendorRule[], request: Checked): Refusal | undefined {
  for (const rule of rules) {
    const refusal = rule.broken(request);
    if (refusal) return refusal;
  }
  return undefined;
}

export const objectsOf = (value: Json | undefined): JsonObject[] => (isList(value) ? value.filter(isObject) : []);
export const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

/** Content as blocks: a string is one text block. */
export const blocksOf = (content: Json | undefined): JsonObject[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content);

/** Whether a field was given; `null` is the same as absent. */
export const given = (value: Json | undefined): boolean => value !== undefined && value !== null;

/** The first element for which `find` answers something. */
export function firstOf<T, R>(list: readonly T[], find: (item: T, index: number) => R | undefined): R | undefined {
  for (const [index, item] of list.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first element said twice. */
export const repeated = (list: readonly string[]): string | undefined => list.find((item, index) => list.indexOf(item) !== index);

/** What the vendors call the kind of a value. */
export function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'decimal';
  return typeof value === 'object' ? 'object' : typeof value;
}

/** Whether a list with something in it was given. */
export const isGivenList = (value: Json | undefined): boolean => isList(value) && value.length > 0;
