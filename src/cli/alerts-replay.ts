import { replayCase } from '../monitor/alerts/replay.ts';
import { readJson, workCases } from './work-cases.ts';

/** `headgate alerts replay`: worked cases in the format `headgate-golden-alerts/1` through the alert rules. */
export const alertsReplay = async ({ cases }: { readonly cases: string }): Promise<number> => workCases(await readJson(cases), replayCase);
