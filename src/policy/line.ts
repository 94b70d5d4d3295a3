/** How pressing a call is: who must wait, and who is turned away first. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** How much a provider is given to do at once. */
export interface LineLimits {
  /** Attempts under way at most. */
  readonly underWayMax: number;
  /** Attempts waiting at most; 0: none waits. */
  readonly waitingMax: number;
  /** Longest wait, in milliseconds. */
  readonly waitMsMax: number;
}

/** One that waits. */
export interface Waiter {
  readonly caller: string;
  readonly priority: Priority;
}

/**
 * Those who wait for one provider. Pressing ones go first; among equals callers take turns, so that one who
 * asks a thousand times at once does not make the others wait for all of them. `W` compares by identity.
 */
export interface Line<W extends Waiter> {
  readonly length: number;
  /**
   * Lets it wait, and says who must leave for it: nobody, itself, or the last of the caller who has the most
   * waiting among the least pressing. Low priority may fill four fifths of the line: the rest is for others.
   */
  join(one: W): W | undefined;
  /** Takes out the one whose turn it is. */
  next(): W | undefined;
  leave(one: W): void;
}

/** Share of the line that those of low priority may fill. */
const LOW_SHARE = 0.8;

/** `waitingMax` is asked each time: it may change. */
export function createLine<W extends Waiter>(waitingMax: () => number): Line<W> {
  // A Map keeps callers in the order of their turns: one that was served goes to the end.
  const lines: Readonly<Record<Priority, Map<string, W[]>>> = { high: new Map(), normal: new Map(), low: new Map() };
  let length = 0;

  function put(one: W): void {
    const line = lines[one.priority];
    const own = line.get(one.caller);
    if (own) own.push(one);
    else line.set(one.caller, [one]);
    length += 1;
  }

  function take(one: W): boolean {
    const line = lines[one.priority];
    const own = line.get(one.caller);
    const at = own?.indexOf(one) ?? -1;
    if (!own || at < 0) return false;
    own.splice(at, 1);
    if (own.length === 0) line.delete(one.caller);
    length -= 1;
    return true;
  }

  /** The last to have come of the caller who has the most waiting, among those less pressing than `than`, or as pressing and greedier. */
  function leastDeserving(than: W): W | undefined {
    for (const priority of PRIORITIES.toReversed()) {
      const line = lines[priority];
      if (rank(priority) < rank(than.priority)) return undefined;
      let greediest: readonly W[] | undefined;
      for (const own of line.values()) if (!greediest || own.length > greediest.length) greediest = own;
      if (!greediest) continue;
      if (rank(priority) > rank(than.priority)) return greediest.at(-1);
      const own = lines[than.priority].get(than.caller)?.length ?? 0;
      return greediest.length > own + 1 ? greediest.at(-1) : undefined;
    }
    return undefined;
  }

  return {
    get length() {
      return length;
    },
    join(one) {
      const room = one.priority === 'low' ? Math.floor(waitingMax() * LOW_SHARE) : waitingMax();
      if (length < room) {
        put(one);
        return undefined;
      }
      const out = length > 0 ? leastDeserving(one) : undefined;
      if (!out) return one;
      take(out);
      put(one);
      return out;
    },
    next() {
      for (const priority of PRIORITIES) {
        const [entry] = lines[priority];
        if (!entry) continue;
        const [caller, own] = entry;
        const one = own.shift()!;
        lines[priority].delete(caller);
        if (own.length > 0) lines[priority].set(caller, own);
        length -= 1;
        return one;
      }
      return undefined;
    },
    leave: (one) => void take(one),
  };
}

const rank = (priority: Priority): number => PRIORITIES.indexOf(priority);
