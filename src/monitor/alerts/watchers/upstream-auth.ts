import type { Notice } from '../../../model/notice.ts';
import type { Alert } from '../../../policy/alerts/alert.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import { judgeKey, reminderDue } from '../../../policy/alerts/upstream-auth.ts';
import type { Change, Watcher } from '../watcher.ts';

type Parked = Extract<Notice, { type: 'keyParked' }>;

/** Fingerprints of each provider's keys as configured now. */
export type ProviderKeys = () => ReadonlyMap<string, readonly string[]>;

interface OpenKey {
  readonly provider: string;
  readonly key: string;
  toldAtMs: number;
  readonly reason: 'denied' | 'exhausted';
  /** Answers the provider gave since this process began, while nothing was heard of the key; absent: it was refused since. */
  answers?: number;
}

/** So many answers for each of a provider's keys, and every one of them was in use: keys are taken in turn. */
const ANSWERS_PER_KEY = 20;

/** Watches for keys that a provider refuses or has no credit for, each by itself. */
export function watchUpstreamAuth(rule: Extract<AlertRule, { rule: 'upstream_auth' }>, keys: ProviderKeys): Watcher {
  const open = new Map<string, OpenKey>();
  let heard: Change[] = [];

  function alertOf({ provider, key, reason }: Pick<OpenKey, 'provider' | 'key' | 'reason'>, works: boolean, status?: number): Alert {
    const broke = reason === 'exhausted';
    return {
      rule: 'upstream_auth',
      name: rule.name,
      severity: 'critical',
      about: { provider, key },
      period: '',
      summary: works
        ? `${provider} takes the key ${key} again, or it was changed`
        : broke
          ? `${provider} has no credit left for the key ${key}; other keys go on`
          : `${provider} refuses the key ${key}; it is not used, other keys go on`,
      value: works ? 'accepted' : status === undefined ? reason : `status ${status}`,
      threshold: 'the first refusal',
      contributors: [],
      advice: broke
        ? `Add credit or raise the spending cap at ${provider}`
        : `Put a valid key into providers.${provider}.apiKey (headgate doctor tries it); the file is read again when it changes`,
    };
  }

  function parked({ provider, key, reason, status, atMs }: Parked): void {
    if (reason === 'throttled') return;
    const id = `${provider}\n${key}`;
    const known = open.get(id);
    if (known) delete known.answers;
    if (judgeKey(known !== undefined, 'refused') !== 'firing') return;
    const one: OpenKey = { provider, key, reason, toldAtMs: atMs };
    open.set(id, one);
    heard.push({ do: 'fire', level: 1, atMs, alert: alertOf(one, false, status) });
  }

  function resolve(id: string, reason: 'accepted' | 'key_changed', atMs: number): Change[] {
    const one = open.get(id);
    if (!one || !open.delete(id)) return [];
    return [{ do: 'resolve', closes: false, reason, atMs, alert: alertOf(one, true) }];
  }

  /** A key is tried as any other after a restart, and its success is then no news to anybody. */
  function worksAgain({ provider, answers }: OpenKey): boolean {
    if (answers === undefined || answers === 0) return false;
    const count = keys().get(provider)?.length ?? 1;
    return count <= 1 || answers >= count * ANSWERS_PER_KEY;
  }

  return {
    notice(notice) {
      if (notice.type === 'keyParked') parked(notice);
      if (notice.type === 'keyRestored') heard.push(...resolve(`${notice.provider}\n${notice.key}`, 'accepted', notice.atMs));
    },
    hear(records) {
      if (open.size === 0) return;
      for (const { provider, outcome } of records) {
        if (outcome !== 'ok') continue;
        for (const one of open.values()) if (one.provider === provider && one.answers !== undefined) one.answers += 1;
      }
    },
    look(nowMs) {
      const changes = heard;
      heard = [];
      const configured = keys();
      for (const [id, one] of open) {
        const known = configured.get(one.provider);
        if (!known || (known.length > 0 && !known.includes(one.key))) changes.push(...resolve(id, 'key_changed', nowMs));
        else if (worksAgain(one)) changes.push(...resolve(id, 'accepted', nowMs));
        else if (reminderDue(one.toldAtMs, nowMs, rule.remindMs)) {
          one.toldAtMs = nowMs;
          changes.push({ do: 'repeat', everyMs: rule.remindMs, atMs: nowMs, alert: alertOf(one, false) });
        }
      }
      return changes;
    },
    adopt({ about, atMs, value }) {
      const { provider = '', key = '' } = about;
      const reason = value === 'exhausted' ? 'exhausted' : 'denied';
      open.set(`${provider}\n${key}`, { provider, key, reason, toldAtMs: atMs, answers: 0 });
    },
  };
}
