import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { answers, SERVER_CORE, type Server, startOn } from './processes.ts';

const VERSION = '1.15.2';

/** The peer in the same language, installed beside the repository once and kept for the next run. */
export async function startPortkey(port: number): Promise<Server> {
  const folder = path.join(tmpdir(), `headgate-bench-portkey-${VERSION}`);
  const program = path.join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const npm = spawnSync(
      'npm',
      ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', `@portkey-ai/gateway@${VERSION}`],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    if (npm.status !== 0) throw new Error('npm could not install @portkey-ai/gateway');
  }
  const { pid } = startOn(SERVER_CORE, process.execPath, [program, `--port=${port}`, '--headless'], { NODE_ENV: 'production' });
  const url = `http://127.0.0.1:${port}`;
  await answers(url);
  return { url, pid: pid! };
}

/** How Portkey is told where to send a call. */
export const portkeyHeaders = (upstream: string): Record<string, string> => ({
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': `${upstream}/v1`,
});
