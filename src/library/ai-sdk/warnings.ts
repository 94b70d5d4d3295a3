import type { SharedV4Warning } from '@ai-sdk/provider';
import { notesOf } from '../../dialects/losses.ts';
import type { Loss } from '../../model/loss.ts';

/** The losses a caller may notice, as the AI SDK warns of them. */
export const warningsOf = (losses: readonly Loss[]): SharedV4Warning[] =>
  notesOf(losses).map(({ path, kind, note, impact }) => ({
    type: kind === 'dropped' ? 'unsupported' : 'compatibility',
    feature: path,
    details: `${note} (${impact})`,
  }));
