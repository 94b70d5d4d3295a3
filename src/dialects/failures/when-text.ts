import type { FailureRow } from './row.ts';

/** What an answer must show for a row to fit, in words: `status 429 and words "…"`; `anything else` where nothing is asked. */
export function whenText({ dialects, status, words, message, header, metadata, body }: FailureRow['when']): string {
  const conditions = [
    ...(dialects ? [`dialect ${dialects.join(' or ')}`] : []),
    ...(status ? [`status ${status.join(', ')}`] : []),
    ...(words ? [`code or type ${words.map((word) => (typeof word === 'string' ? word : `/${word.source}/`)).join(', ')}`] : []),
    ...(message ? [`message /${message.source}/`] : []),
    ...(header ? [`header ${header.name} /${header.value.source}/`] : []),
    ...(metadata ? [`metadata ${metadata.join(' or ')}`] : []),
    ...(body ? ['no API error in the body'] : []),
  ];
  return conditions.join('; ') || 'anything else';
}
