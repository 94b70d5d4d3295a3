import type { Money } from '../../model/money.ts';
import type { Alert, Contributor } from '../../policy/alerts/alert.ts';
import type { SpendRule } from '../../policy/alerts/rules.ts';
import type { Ask } from '../../store/ask.ts';
import type { DaySumsInput } from '../../store/day-sums.ts';
import type { UsageQuery, UsageSum } from '../../store/ledger.ts';
import { dollarText, named } from './words.ts';

/** What watchers of money ask of the books; all absent where nothing is kept. */
export interface Books {
  readonly ask?: Ask;
  readonly usage?: (query: UsageQuery) => Promise<readonly UsageSum[]>;
}

/** What an alert about spend is about: `{}` for all of it. */
export const aboutOf = ({ by }: Pick<SpendRule, 'by'>, value: string): Alert['about'] => (by === 'total' ? {} : { [by]: value });

/** `feature chat`, or `all calls`. */
export const subjectOf = ({ by }: Pick<SpendRule, 'by'>, value: string): string => (by === 'total' ? 'all calls' : `${by} ${named(value)}`);

/** What some spend is made of: its three dearest parts. */
export async function spendParts(
  { usage }: Books,
  { by }: Pick<SpendRule, 'by'>,
  value: string,
  { startMs, endMs }: DaySumsInput['days'][number],
): Promise<readonly Contributor[]> {
  const part = by === 'feature' || by === 'user' ? 'model' : 'feature';
  const sums = await usage?.({ fromMs: startMs, toMs: endMs, by: [part], ...(by !== 'total' && { where: { [by]: value } }) });
  return (sums ?? []).slice(0, 3).map((sum) => ({ name: `${part} ${named(sum[part] ?? '')}`, value: dollarText(sum.cost as Money) }));
}
