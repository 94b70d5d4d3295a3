import type { Line, Outcome } from './batch.ts';

/** Results as Anthropic gives them: all outcomes in one file, a line each. */
export const resultLines = (lines: readonly Line[]): string[] =>
  lines.map(({ customId, outcome }) => `{"custom_id":${JSON.stringify(customId)},"result":${resultOf(outcome!)}}\n`);

function resultOf(outcome: Outcome): string {
  switch (outcome.type) {
    case 'answered':
      return outcome.status < 300 ? `{"type":"succeeded","message":${outcome.body}}` : `{"type":"errored","error":${outcome.body}}`;
    case 'cancelled':
      return '{"type":"canceled"}';
    case 'expired':
      return '{"type":"expired"}';
  }
}
