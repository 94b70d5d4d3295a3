import { createHash } from 'node:crypto';

/**
 * Tool names as a format takes them (`^[A-Za-z0-9_-]{1,max}$`): those that fit stay; others get their
 * foreign characters replaced and a hash of the original appended, so the mapping is deterministic
 * and never makes two names one. Returns original → fitted for every name given.
 */
export function fitNames(names: Iterable<string>, max: number): Map<string, string> {
  const fits = new RegExp(`^[A-Za-z0-9_-]{1,${max}}$`);
  const fitted = new Map<string, string>();
  for (const name of names) {
    if (fits.test(name)) fitted.set(name, name);
    else {
      const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
      fitted.set(name, `${name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, max - 9)}_${hash}`);
    }
  }
  return fitted;
}
