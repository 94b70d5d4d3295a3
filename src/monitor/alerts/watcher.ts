import type { UsageRecord } from '../../accounting/record.ts';
import type { Notice } from '../../model/notice.ts';
import type { Alert, AlertNews, Contributor } from '../../policy/alerts/alert.ts';

/** What a watcher wants done about an alert. */
export type Change = { readonly alert: Alert; readonly atMs: number } & (
  | {
      readonly do: 'fire';
      /** Above 0; an open alert is told of again only at a higher one. */
      readonly level: number;
      /** Looks up what the value is made of, for the telling. */
      readonly contributors?: () => Promise<readonly Contributor[]>;
    }
  /** Tells once more of what is open, unless it was told within `everyMs`. */
  | { readonly do: 'repeat'; readonly everyMs: number }
  /** `closes`: its period is over, it never fires again. `level`: what of it still holds and is not told again; 0. */
  | { readonly do: 'resolve'; readonly reason: string; readonly closes: boolean; readonly level?: number }
);

/** One rule at work: hears what happens and says, when it is asked, what changed. */
export interface Watcher {
  /** Called for every call that is over, before its caller sees the end: must be cheap. */
  readonly hear?: (records: readonly UsageRecord[]) => void;
  readonly notice?: (notice: Notice) => void;
  /** What is to be done at this moment. Asked soon after something was heard, and every half second. */
  readonly look: (nowMs: number) => readonly Change[];
  /** Takes over an alert of its rule that was open when it began; what it does not know is to be resolved. */
  readonly adopt: (open: AlertNews, level: number, nowMs: number) => void;
}
