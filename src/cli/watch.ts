import { readFileSync, watch } from 'node:fs';
import path from 'node:path';

/** Editors and mounted volumes write a file in several steps; it is read once they are through. */
const SETTLE_MS = 100;

/**
 * Calls `onChange` when the text of `file` has changed, and on every SIGHUP (variables may have
 * changed where the file has not). The folder is watched, not the file: editors and Kubernetes put a
 * new file in the old one's place. Returns what ends it; keeps no process alive.
 */
export function watchConfig(file: string, onChange: () => void): () => void {
  let seen = textOf(file);
  let settling: NodeJS.Timeout | undefined;
  const look = () => {
    const text = textOf(file);
    // Gone for a moment, as in a rename: what replaces it will be heard of too.
    if (text === undefined || text === seen) return;
    seen = text;
    onChange();
  };
  const soon = () => {
    clearTimeout(settling);
    settling = setTimeout(look, SETTLE_MS).unref();
  };
  const watcher = watch(path.dirname(path.resolve(file)), { persistent: false }, soon);
  // A folder that goes away ends the watch, not the gateway; SIGHUP still works.
  watcher.on('error', () => watcher.close());
  const hangUp = () => {
    seen = textOf(file);
    onChange();
  };
  process.on('SIGHUP', hangUp);
  return () => {
    clearTimeout(settling);
    watcher.close();
    process.off('SIGHUP', hangUp);
  };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
