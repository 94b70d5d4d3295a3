import type { Json, JsonObject } from '../model/json.ts';
import type { Impact, Loss } from '../model/loss.ts';
import type { DialectName, Extra } from '../model/part.ts';

/** Collects what an encoder could not say. One per encoding. */
export class Losses {
  readonly list: Loss[] = [];
  readonly #dialect: DialectName;

  constructor(dialect: DialectName) {
    this.#dialect = dialect;
  }

  dropped(path: string, value: unknown, impact: Impact, note: string): void {
    this.list.push({ path, value: value as Json, kind: 'dropped', impact, note });
  }

  changed(path: string, value: unknown, impact: Impact, note: string): void {
    this.list.push({ path, value: value as Json, kind: 'changed', impact, note });
  }

  /**
   * Our own dialect's extra fields, to spread back; every other dialect's becomes a loss, with the
   * impact `impacts` names for the field; where it names none, `none` for bookkeeping and `behavior` for the rest.
   */
  extra(path: string, extra: Extra | undefined, impacts: Readonly<Record<string, Impact>> = {}): JsonObject {
    for (const [dialect, fields] of Object.entries(extra ?? {})) {
      if (dialect === this.#dialect) continue;
      for (const [field, value] of Object.entries(fields as JsonObject)) {
        const impact = value === null ? 'none' : (impacts[field] ?? (BOOKKEEPING.has(field) ? 'none' : 'behavior'));
        this.dropped([path, 'extra', dialect, field].filter(Boolean).join('.'), value, impact, `${this.#dialect} has no ${field}`);
      }
    }
    return extra?.[this.#dialect] ?? {};
  }
}

/** Fields of any dialect that say nothing a caller would miss: ids and states of stored objects, echoes, padding. */
const BOOKKEEPING = new Set([
  ...['id', 'status', 'object', 'obfuscation', 'system_fingerprint', 'sequence_number', 'annotations', 'logprobs', 'usage'],
  // Responses: what an answer repeats of its request, which part of it a message is, where its summaries were cut.
  ...['echo', 'phase', 'summary'],
  // Chat: filter verdicts and timings that Azure and Groq add, to the answer and (under `choice`) to its one choice.
  ...['choice', 'prompt_filter_results', 'x_groq', 'time_info', 'usage_breakdown', 'request_id'],
]);

/** What callers and logs are shown of losses: no values, nothing that has no effect. */
export interface LossNote {
  readonly path: string;
  readonly kind: Loss['kind'];
  readonly impact: Impact;
  readonly note: string;
}

/** The losses a caller may notice, without the lost values. */
export const notesOf = (losses: readonly Loss[]): LossNote[] =>
  losses.filter(({ impact }) => impact !== 'none').map(({ path, kind, impact, note }) => ({ path, kind, impact, note }));

/** The in-band report, to spread into an answer: `{ headgate: { losses } }`, or nothing when nothing was lost. */
export function report(losses: readonly Loss[]): JsonObject {
  const notes = notesOf(losses);
  return notes.length > 0 ? { headgate: { losses: notes as unknown as Json } } : {};
}

/** Proof, at compile time, that an encoder has looked at every field of what it encodes. */
export type Nothing = Record<string, never>;
