/** A target, and the share of calls that begin there; 0: it is asked only when others failed. */
export interface Share {
  readonly to: string;
  readonly share: number;
}

/** The weight of a target that only comes after others: `weighted` draws the first one and keeps the order of the rest, and takes no 0. */
const LAST = 0.000001;

/** The targets of a model, each once: in order where all calls begin at one of them, else weighted. */
export function sharedOut(
  model: string,
  shares: readonly Share[],
  notes: string[],
): { readonly strategy?: 'weighted'; readonly targets: readonly unknown[] } {
  const sums = new Map<string, number>();
  for (const { to, share } of shares) sums.set(to, (sums.get(to) ?? 0) + share);
  const first = [...sums].filter(([, share]) => share > 0).map(([to]) => to);
  if (first.length < 2) return { targets: [...new Set([...first, ...sums.keys()])] };
  const last = [...sums].filter(([, share]) => share === 0).map(([to]) => to);
  if (last.length > 0)
    notes.push(`model "${model}": only what fails elsewhere comes to ${last.join(', ')}: they weigh next to nothing (${LAST})`);
  return { strategy: 'weighted', targets: [...sums].map(([to, share]) => ({ to, weight: Number(share.toPrecision(9)) || LAST })) };
}
