import { readFileSync } from 'node:fs';
import { cannotListen } from './cannot-listen.ts';
import { EXIT } from './exit.ts';
import { paint, say } from './print.ts';
import { toldToStop } from './stop.ts';

/** `headgate simulate`: serves scripted models until it is told to stop. */
export async function simulate({ port, script }: { readonly port: number; readonly script?: string }): Promise<number> {
  const { readScript, startSimulator } = await import('../simulator/index.ts');
  const rules = script === undefined ? undefined : readScript(jsonOf(script));
  const simulator = await startSimulator({ port, ...(rules && { script: rules }) }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(cannotListen(error, { host: '127.0.0.1', port }));
  });
  say(`Simulated OpenAI and Anthropic at ${paint('cyan', simulator.url)}`);
  say(`Point programs there: OPENAI_BASE_URL=${simulator.url}/v1 or ANTHROPIC_BASE_URL=${simulator.url}`);
  await toldToStop();
  await simulator.close();
  return EXIT.ok;
}

function jsonOf(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
}
