import { parse, stringify } from 'yaml';
import { readConfig } from '../config/read.ts';
import { EXIT } from './exit.ts';
import type { Imported } from './importers/imported.ts';
import { settingsIn } from './importers/imported.ts';
import { fromLiteLlm } from './importers/litellm.ts';
import { fromPortkey } from './importers/portkey.ts';
import { complain, say } from './print.ts';
import { textOf } from './work-cases.ts';

/** `headgate import`: prints another gateway's settings in ours, and says what of them has no like. */
export async function importConfig(from: 'litellm' | 'portkey', file: string, { name }: { readonly name: string }): Promise<number> {
  const written = await textOf(file);
  let read: unknown;
  try {
    read = parse(written);
  } catch (error) {
    complain(`error: ${file} is no YAML and no JSON: ${(error as Error).message.split('\n')[0]}`);
    return EXIT.failed;
  }
  const imported = from === 'litellm' ? fromLiteLlm(settingsIn(read)) : fromPortkey(settingsIn(read), name);
  const { config, notes } = imported;
  if (Object.keys(config.providers).length === 0) {
    for (const note of notes) complain(note);
    complain(
      `error: ${file} names no provider that Headgate can speak to: is it a ${from === 'litellm' ? 'config.yaml of LiteLLM' : 'config of Portkey'}?`,
    );
    return EXIT.failed;
  }
  say(`# From ${from === 'litellm' ? 'LiteLLM' : 'Portkey'}: headgate check says what it means.`);
  say(stringify(config, { lineWidth: 0 }).trimEnd());
  for (const note of notes) complain(`note: ${note}`);
  const problems = problemsOf(imported);
  for (const problem of problems) complain(`error: ${problem}`);
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}

/** What our own check has against it, whatever its variables hold. */
function problemsOf({ config }: Imported): string[] {
  const written = JSON.stringify(config);
  const variables = [...written.matchAll(/\$\{(\w+)\}/g)].map(([, variable]) => [variable!, 'https://held.example/by-a-variable']);
  const read = readConfig(written, Object.fromEntries(variables));
  return 'problems' in read ? read.problems.map(({ message }) => message) : [];
}
