import type { Destinations } from './destinations.ts';
import type { Asking } from './lanes/lane.ts';
import type { Running, Sink } from './model/sink.ts';

/** Makes copies of calls that nobody waits for. */
export interface Shadows {
  /** Sends a copy where the call's model name says, unless too many are under way. Booked like any call, tagged `shadow: copy`. */
  copy(asking: Asking, destinations: Destinations, start: (asking: Asking, sink: Sink) => Running): void;
}

export function createShadows(): Shadows {
  const underWay = new Map<string, number>();
  return {
    copy({ inbound, caller, deadlineMs, onLoss }, destinations, start) {
      const { model } = inbound.head;
      const route = destinations(model);
      const now = underWay.get(model) ?? 0;
      if ('kind' in route || !route.shadow || now >= route.shadow.concurrencyMax) return;
      underWay.set(model, now + 1);
      const over = () => underWay.set(model, underWay.get(model)! - 1);
      // Its key's limits are for what its caller asked; budgets count the copy, since it is paid for.
      const { limits: _, scopes: __, ...owner } = caller;
      const copy: Asking = {
        inbound,
        caller: { ...owner, tags: { ...caller.tags, shadow: 'copy' } },
        arm: 'shadow',
        priority: 'low',
        ...(deadlineMs !== undefined && { deadlineMs }),
        ...(onLoss !== undefined && { onLoss }),
      };
      start(copy, unread(over));
    },
  };
}

const unread = (over: () => void): Sink => ({ head() {}, write: () => true, end: over, fail: over, onDrained() {} });
