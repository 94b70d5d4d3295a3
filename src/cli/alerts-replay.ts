import { readFileSync } from 'node:fs';
import type { JsonObject } from '../model/json.ts';
import { replayCase } from '../monitor/alerts/replay.ts';
import { EXIT } from './exit.ts';
import { say } from './print.ts';

/** `headgate alerts replay`: worked cases through the alert rules, one JSON line each: its `id` and the fields of its `expected`. */
export function alertsReplay({ cases: file }: { readonly cases: string }): number {
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases?: readonly JsonObject[] };
  if (!Array.isArray(cases)) throw new Error(`${file}: cases must be a list, as in the format headgate-golden-alerts/1`);
  for (const golden of cases) say(JSON.stringify({ id: golden['id'], ...replayCase(golden) }));
  return EXIT.ok;
}
