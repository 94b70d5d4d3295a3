/**
 * The targets with one drawn by weight in front, the others after it as written. `random` in [0, 1);
 * weights are positive and relative to each other.
 */
export function inOrder<T extends { readonly weight: number }>(targets: readonly T[], random: number): readonly T[] {
  const total = targets.reduce((sum, { weight }) => sum + weight, 0);
  let left = random * total;
  const drawn = targets.findIndex(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  return drawn <= 0 ? targets : [targets[drawn]!, ...targets.filter((_, index) => index !== drawn)];
}
