import { isList, isObject, type Json, type JsonObject } from '../../../model/json.ts';

/** The first choice of a chunk. */
export const firstChoice = (chunk: JsonObject): JsonObject | undefined => {
  const choices = chunk['choices'];
  return isList(choices) ? choices.find((choice): choice is JsonObject => isObject(choice) && indexOf(choice) === 0) : undefined;
};

/** The choices after the first, when a caller asked for several. */
export const otherChoices = (chunk: JsonObject): JsonObject[] => {
  const choices = chunk['choices'];
  return isList(choices) ? choices.filter((choice): choice is JsonObject => isObject(choice) && indexOf(choice) !== 0) : [];
};

export const indexOf = (choice: JsonObject): number => (typeof choice['index'] === 'number' ? choice['index'] : 0);

/** A choice's delta; some servers send a whole `message` instead. */
export function deltaOf(choice: JsonObject): JsonObject {
  const delta = choice['delta'] ?? choice['message'];
  return isObject(delta) ? delta : {};
}

/** The usage a chunk tells, where it tells one. Groq once put it inside an object of its own. */
export function usageIn(chunk: JsonObject): JsonObject | undefined {
  const groq = chunk['x_groq'];
  const usage = chunk['usage'] ?? (isObject(groq) ? groq['usage'] : undefined);
  return isObject(usage) ? usage : undefined;
}

/** Whether a delta says anything a reader or a program would see; a role alone does not. */
export const speaks = (delta: JsonObject): boolean => Object.entries(delta).some(([key, value]) => key !== 'role' && !isEmpty(value));

/** Whether a field of a delta says nothing. */
export const isEmpty = (value: Json | undefined): boolean =>
  value === undefined || value === null || value === '' || (isList(value) && value.length === 0);

export const textIn = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
