import type { ModelEvent } from '../../src/model/reply.ts';

/**
 * What is wrong with a sequence of events under the law of order:
 * `start (open (delta|amend)* close)* finish|fail`, parts numbered from 0 in the order they open,
 * several may be open at once, `opaque` anywhere before the end, `fail` at any time and even first.
 */
export function orderProblems(events: readonly ModelEvent[]): string[] {
  const problems: string[] = [];
  const open = new Set<number>();
  let started = false;
  let next = 0;
  let ended: string | undefined;
  for (const [at, event] of events.entries()) {
    const wrong = (what: string) => problems.push(`#${at} ${event.type}: ${what}`);
    if (ended) wrong(`after ${ended}`);
    if (event.type === 'start') {
      if (started) wrong('a second start');
      started = true;
    } else if (!started && event.type !== 'fail' && event.type !== 'opaque') wrong('before start');
    switch (event.type) {
      case 'open':
        if (event.index !== next) wrong(`index ${event.index}, expected ${next}`);
        next = Math.max(next, event.index) + 1;
        open.add(event.index);
        break;
      case 'delta':
      case 'amend':
        if (!open.has(event.index)) wrong(`part ${event.index} is not open`);
        break;
      case 'close':
        if (!open.delete(event.index)) wrong(`part ${event.index} is not open`);
        break;
      case 'finish':
        if (open.size > 0) wrong(`parts ${[...open]} are still open`);
        ended = 'finish';
        break;
      case 'fail':
        ended = 'fail';
        break;
    }
  }
  if (!ended) problems.push('neither finish nor fail');
  return problems;
}
