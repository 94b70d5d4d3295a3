import { createHash } from 'node:crypto';
import type { Batch, Line } from './batch.ts';

/** Lines as their results are given: in the order done, and in no order those done at once, which repeats from the batch's id. */
export function resultOrder({ id, lines, plan }: Batch): readonly Line[] {
  if (plan.inOrder) return lines;
  return lines
    .map((line) => ({ line, doneMs: line.doneMs ?? Number.POSITIVE_INFINITY, lot: digestOf(id, line.customId) }))
    .sort((a, b) => (a.doneMs === b.doneMs ? (a.lot < b.lot ? -1 : 1) : a.doneMs < b.doneMs ? -1 : 1))
    .map(({ line }) => line);
}

/** 64 hex digits for a line of a batch, always the same. */
export const digestOf = (batchId: string, customId: string): string => createHash('sha256').update(`${batchId}:${customId}`).digest('hex');
