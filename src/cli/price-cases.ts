import { isDeepStrictEqual } from 'node:util';
import { priceCase } from '../accounting/cases.ts';
import { readUsage } from '../accounting/read-usage.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { EXIT } from './exit.ts';
import { complain, say } from './print.ts';

/**
 * One JSON line per case of a `headgate-golden-costs/1` file (or of a bare list of cases): its `id` and the
 * fields of its `expected`, worked out. Fails when a case cannot be worked out, or comes to something
 * else than it expects; those are named on standard error.
 */
export function workCases(file: Json): number {
  const cases = Array.isArray(file) ? file : (file as JsonObject | null)?.['cases'];
  if (!Array.isArray(cases)) throw new Error('a file of cases must have a list `cases`');
  const wrong = (cases as readonly JsonObject[]).flatMap((given) => {
    const { id = null, expected } = given;
    try {
      const answer = { ...priceCase(given, readUsage) };
      say(JSON.stringify({ id, ...answer }));
      return expected === undefined || isDeepStrictEqual(answer, expected) ? [] : [`${String(id)}: expected ${JSON.stringify(expected)}`];
    } catch (error) {
      const { message } = error as Error;
      say(JSON.stringify({ id, error: message }));
      return [`${String(id)}: ${message}`];
    }
  });
  for (const line of wrong) complain(`error: ${line}`);
  return wrong.length > 0 ? EXIT.failed : EXIT.ok;
}
