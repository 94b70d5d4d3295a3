import type { World } from './world.ts';

/** What comes of the work; `otherwise` where that takes longer than `ms` milliseconds, and the work goes on unheard. */
export function inTime<T>(ms: number, work: Promise<T>, otherwise: T, world: Pick<World, 'after'>): Promise<T> {
  let callOff = () => {};
  const patience = new Promise<T>((resolve) => {
    callOff = world.after(ms, () => resolve(otherwise));
  });
  return Promise.race([work, patience]).finally(callOff);
}
