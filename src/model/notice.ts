import type { Money } from './money.ts';

/**
 * Something about the gateway itself that changed and that whoever runs it may want to know: one typed
 * stream that logs, metrics and alerts all read. Holds no prompts, no keys and no caller's words.
 */
export type Notice = { readonly atMs: number } & Happening;

/** What a notice tells, without its time (wall clock, milliseconds since 1970). */
export type Happening =
  /** An upstream (`provider/model`) is left alone, tried by one call, or trusted again. */
  | { readonly type: 'breaker'; readonly upstream: string; readonly state: BreakerState; readonly reason: string }
  /** One of a provider's keys is not used for now; `key` is its fingerprint. `untilMs` absent: until it works again or is changed. */
  | {
      readonly type: 'keyParked';
      readonly provider: string;
      readonly key: string;
      readonly reason: 'denied' | 'exhausted' | 'throttled';
      readonly status?: number;
      readonly untilMs?: number;
    }
  | { readonly type: 'keyRestored'; readonly provider: string; readonly key: string }
  /** A key that was parked is no longer among its provider's. */
  | { readonly type: 'keyRemoved'; readonly provider: string; readonly key: string }
  /** The share of failed (`errors`) or rate-limited (`throttled`) attempts at a provider crossed its threshold, or came back under the lower one. */
  | {
      readonly type: 'errorRate';
      readonly provider: string;
      readonly of: 'errors' | 'throttled';
      readonly state: 'high' | 'normal';
      /** 0 to 1. */
      readonly rate: number;
      readonly attempts: number;
    }
  /** Every target of a route rests, so calls are sent all the same (`on`), or no longer (`off`). */
  | { readonly type: 'panic'; readonly model: string; readonly state: 'on' | 'off' }
  /** An upstream's retries are spent, or there are some again. */
  | { readonly type: 'retryBudget'; readonly upstream: string; readonly state: 'spent' | 'available' }
  /** Calls are turned away because an upstream has all it can take (`on`), or no longer (`off`). */
  | { readonly type: 'shedding'; readonly upstream: string; readonly state: 'on' | 'off' }
  /** What an exporter (`influx`, `otlp`) sends is not taken, or is again. */
  | { readonly type: 'export'; readonly sink: string; readonly state: 'failing' | 'recovered'; readonly message: string }
  /** A budget refused its first call of a period: too little of it is left. */
  | { readonly type: 'budgetExceeded'; readonly budget: string; readonly untilMs: number }
  /** A call cost more than was set aside for it, by so much: what its provider did could not be known beforehand. */
  | { readonly type: 'budgetOverrun'; readonly budget: string; readonly callId: string; readonly amount: Money }
  /** The ledger cannot be written, can again, or has lost records for good. */
  | { readonly type: 'ledger'; readonly state: 'failing' | 'recovered'; readonly message: string }
  /** The gateway keys of the database cannot be read, so that what was known of them holds, or can be again. */
  | { readonly type: 'keys'; readonly state: 'failing' | 'recovered'; readonly message: string }
  /** Questions of a feature begin differently each time, so that nothing of them can be cached. */
  | { readonly type: 'churn'; readonly feature: string; readonly upstream: string; readonly place: string; readonly change: string }
  /** Jobs cannot be looked after, or can be again. */
  | { readonly type: 'jobs'; readonly state: 'failing' | 'recovered'; readonly message: string }
  /** An alert fired, is still so, or is over; once among all gateways on a database. */
  | {
      readonly type: 'alert';
      readonly state: 'firing' | 'repeated' | 'resolved';
      readonly rule: string;
      /** Its fingerprint, such as `daily_spend by feature{feature="chat"}`. */
      readonly alert: string;
      readonly severity: 'critical' | 'error' | 'warning' | 'info';
      readonly summary: string;
    }
  /** Somebody with a token of the admin API changed something: `by` tells tokens apart, `what` names the route, `of` what it was done to. */
  | { readonly type: 'adminChange'; readonly by: string; readonly what: string; readonly of: string }
  /** A recipient was not told of an alert and will not be. */
  | { readonly type: 'alertLost'; readonly message: string }
  | { readonly type: 'ledgerDropped'; readonly count: number; readonly message: string }
  /** Records of the journal were no longer what had been written: they were put aside, not booked. */
  | { readonly type: 'ledgerDamaged'; readonly count: number; readonly message: string };

export type BreakerState = 'closed' | 'open' | 'halfOpen';

/** Tells everyone who listens, in the order they began to. */
export interface Notices {
  tell(happening: Happening): void;
  /** The function returned stops the listening. */
  hear(listener: (notice: Notice) => void): () => void;
}

/** A listener that throws is a bug of its own: the others hear the notice all the same, then it is thrown. */
export function createNotices(now: () => number): Notices {
  const listeners = new Set<(notice: Notice) => void>();
  return {
    tell(happening) {
      const notice: Notice = { atMs: now(), ...happening };
      let failed: { readonly error: unknown } | undefined;
      for (const listener of listeners) {
        try {
          listener(notice);
        } catch (error) {
          failed ??= { error };
        }
      }
      if (failed) throw failed.error;
    },
    hear(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
