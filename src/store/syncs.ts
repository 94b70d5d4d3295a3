import type { World } from '../world/world.ts';
import type { Appending } from './disk.ts';

/** Makes what was appended survive the loss of power, many records at a time and off the calling thread. */
export interface Syncs {
  /** Something was appended to it. */
  wrote(file: Appending): void;
  /** Nothing will be: it is closed when it is safe. */
  ended(file: Appending): void;
  /** Makes everything safe before it returns. */
  close(): void;
}

/** `fsync`: how many milliseconds the first unsafe record waits for others; or for none, or for ever. */
export function createSyncs(fsync: number | 'always' | 'off', world: World, failing: (error: Error) => void): Syncs {
  const unsafe = new Set<Appending>();
  const ended = new Set<Appending>();
  let underWay: Appending | undefined;
  let callOff: (() => void) | undefined;

  function later(): void {
    if (unsafe.size > 0 && !underWay) callOff ??= world.after(Number(fsync), syncNext);
  }

  function syncNext(): void {
    callOff = undefined;
    const [file] = unsafe;
    if (!file) return;
    unsafe.delete(file);
    underWay = file;
    file.sync((error) => {
      underWay = undefined;
      closeIfOver(file);
      if (error) failing(error);
      later();
    });
  }

  function closeIfOver(file: Appending): void {
    if (ended.has(file) && !unsafe.has(file) && underWay !== file) {
      ended.delete(file);
      file.close();
    }
  }

  return {
    wrote(file) {
      if (fsync === 'always') file.syncNow();
      else if (fsync !== 'off') {
        unsafe.add(file);
        later();
      }
    },
    ended(file) {
      ended.add(file);
      closeIfOver(file);
    },
    close() {
      callOff?.();
      for (const file of unsafe) {
        unsafe.delete(file);
        try {
          file.syncNow();
        } catch (error) {
          failing(error as Error);
        }
        closeIfOver(file);
      }
    },
  };
}
