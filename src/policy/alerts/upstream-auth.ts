/** What a provider said to one of our keys: an answer, or that the key itself is refused. */
export type KeyWord = 'accepted' | 'refused';

/** How long an open alert is silent before it is said again, in milliseconds. */
export const REMIND_MS = 3_600_000;

/** Whether a status speaks against the key itself. Some 403s only speak against what was asked: say so by `keyLevel`. */
export const keyWordOf = (status: number, keyLevel = true): KeyWord | undefined => {
  if (status === 401 || (status === 403 && keyLevel)) return 'refused';
  return status < 400 ? 'accepted' : undefined;
};

/** What it changes about the key's alert: the first refusal fires, the first success resolves. */
export function judgeKey(open: boolean, word: KeyWord | undefined): 'firing' | 'resolved' | undefined {
  if (word === 'refused' && !open) return 'firing';
  return word === 'accepted' && open ? 'resolved' : undefined;
}

/** Whether an alert open since then, or last told of then, is to be said again. */
export const reminderDue = (toldAtMs: number, nowMs: number, everyMs = REMIND_MS): boolean => nowMs - toldAtMs >= everyMs;
