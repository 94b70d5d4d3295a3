import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const headgate = (args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv }) =>
  spawnSync(process.execPath, ['src/cli/main.ts', ...args], { encoding: 'utf8', ...options });

/** What `headgate import` makes of a file; what it prints passes `headgate check` once its variables are there. */
export function imported(from: string, input: string | object, ...args: string[]) {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  const { status, stdout, stderr } = headgate(['import', from, '-', ...args], { input: text });
  if (status === 0) checked(stdout);
  return { status, config: status === 0 ? parse(stdout) : undefined, notes: stderr.trim().split('\n').filter(Boolean), stdout };
}

function checked(config: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-import-'));
  try {
    const file = join(folder, 'headgate.yaml');
    writeFileSync(file, config);
    const held = [...config.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name!, 'https://held.example/by-a-variable']);
    const { status, stderr } = headgate(['check', file], { env: { ...process.env, ...Object.fromEntries(held) } });
    assert.equal(status, 0, stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** That one note holds all of these. */
export function told(notes: readonly string[], ...words: readonly string[]): void {
  assert.ok(
    notes.some((note) => words.every((word) => note.includes(word))),
    `${words.join(' … ')}\n${notes.join('\n')}`,
  );
}
