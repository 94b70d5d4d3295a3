import type { World } from '../world/world.ts';

/** A name nobody has: `prefix` and 32 hexadecimal digits. */
export function newName(prefix: string, world: Pick<World, 'random'>): string {
  let digits = '';
  while (digits.length < 32)
    digits += Math.floor(world.random() * 0x1_0000)
      .toString(16)
      .padStart(4, '0');
  return prefix + digits;
}
