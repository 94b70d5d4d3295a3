import type { UsageRecord } from '../../../accounting/record.ts';
import { inputTokens, outputTokens } from '../../../model/usage.ts';
import type { Alert } from '../../../policy/alerts/alert.ts';
import { type LargeCall, type Storm, type StormChange, stormGrew, stormWent, tooLarge } from '../../../policy/alerts/call-tokens.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Change, Watcher } from '../watcher.ts';
import { named as nameOf, watchedName } from '../words.ts';

/** Watches for calls that take more tokens than they may; a storm of them is told of together. */
export function watchCallTokens(rule: Extract<AlertRule, { rule: 'call_tokens' }>): Watcher {
  const storms = new Map<string, Storm>();
  let heard: Change[] = [];

  function alertOf(feature: string, { callId, tokens }: LargeCall, count: number): Alert {
    const calls = count === 1 ? `call ${callId}` : `${count} more calls, the largest ${callId},`;
    return {
      rule: 'call_tokens',
      name: rule.name,
      severity: 'warning',
      about: { feature },
      period: '',
      summary: `feature ${nameOf(feature)}: ${calls} took ${tokens} tokens`,
      value: `${tokens} tokens`,
      threshold: `${rule.over} tokens a call`,
      contributors: [{ name: `call ${callId}`, value: `${tokens} tokens` }],
      advice: 'Look the call up by its id; shorten what it sends, or give the key or feature a ceiling per call',
    };
  }

  function changeOf(feature: string, change: StormChange, atMs: number): Change {
    switch (change.type) {
      case 'firing':
        return { do: 'fire', level: 1, atMs, alert: alertOf(feature, change.call, 1) };
      case 'digest':
        return { do: 'repeat', everyMs: 0, atMs, alert: alertOf(feature, change.worst, change.count) };
      case 'resolved':
        return { do: 'resolve', atMs, closes: false, reason: 'quiet', alert: quiet(feature) };
      default:
        return change satisfies never;
    }
  }

  const quiet = (feature: string): Alert => ({
    ...alertOf(feature, { callId: '', tokens: 0 }, 1),
    summary: `feature ${nameOf(feature)}: no call above ${rule.over} tokens for ${Math.round(rule.everyMs / 60_000)} min`,
    value: 'none',
    contributors: [],
  });

  function callTokens(records: readonly UsageRecord[]): number {
    let most = 0;
    for (const record of records) most = Math.max(most, inputTokens(record) + outputTokens(record));
    return most;
  }

  return {
    hear(records) {
      const tokens = callTokens(records);
      if (!tooLarge(tokens, rule.over)) return;
      const { feature: named = '', callId, endedAtMs } = records.at(-1)!;
      const feature = watchedName(named, storms);
      const grew = stormGrew(storms.get(feature), { callId, tokens }, endedAtMs, rule.everyMs);
      storms.set(feature, grew.storm);
      if (grew.change) heard.push(changeOf(feature, grew.change, endedAtMs));
    },
    look(nowMs) {
      const changes = heard;
      heard = [];
      for (const [feature, storm] of storms) {
        const went = stormWent(storm, nowMs, rule.everyMs);
        if (went.storm) storms.set(feature, went.storm);
        else storms.delete(feature);
        if (went.change) changes.push(changeOf(feature, went.change, nowMs));
      }
      return changes;
    },
    adopt({ about }, _, nowMs) {
      storms.set(about['feature'] ?? '', { untilMs: nowMs + rule.everyMs, count: 0 });
    },
  };
}
