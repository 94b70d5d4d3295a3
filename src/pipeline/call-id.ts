import type { World } from '../world/world.ts';

/** Sortable by time, unguessable enough to be shown: `call_`, base-36 milliseconds, 16 random characters. */
export function callId(world: World): string {
  const chance = () => world.random().toString(36).slice(2, 10).padEnd(8, '0');
  return `call_${world.now().toString(36)}${chance()}${chance()}`;
}
