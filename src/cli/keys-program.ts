import type { Command } from 'commander';
import { address, positive } from './options.ts';

/** The `headgate keys` commands. `ended` hears the exit code. */
export function addKeyCommands(program: Command, ended: (code: number) => void): void {
  const keys = program.command('keys').description('make, list, rotate and revoke gateway keys of the database');
  const where = (command: Command) =>
    command
      .option('-u, --url <address>', 'a running gateway, with HEADGATE_ADMIN_TOKEN (default: the database itself)', address)
      .option('-c, --config <file>', 'configuration file whose ledger is meant, without --url');

  where(keys.command('create'))
    .description('make a key and print its secret, which is shown this once')
    .option('--id <id>', 'names it in the ledger for ever (default: made up)')
    .option('--name <text>', 'what people call it')
    .option('--feature <name>', 'feature its calls are charged to')
    .option('--user <name>', 'user its calls are charged to')
    .option('--tags <list>', 'tags of its calls: team=blue,tier=gold')
    .option('--models <list>', 'models it may use, such as "smart,gpt-*" (default: all)')
    .option('--features <list>', 'features it may be used for (default: all)')
    .option('--operations <list>', 'generate, count, embed (default: all)')
    .option('--overrides <list>', 'what its calls may say of themselves: feature, user, tags, or none (default: all)')
    .option('--require-feature', 'refuse its calls that name no feature')
    .option('--expires <when>', 'a day, a moment, or a duration such as 30d')
    .option('--requests-per-minute <number>', 'most requests a minute', positive)
    .option('--tokens-per-minute <number>', 'most tokens a minute', positive)
    .option('--budget <sum...>', "such as '$50/day' or '$500/month/alert'")
    .option('--json', 'print key and secret as JSON')
    .action(async (options) => ended(await (await import('./keys.ts')).createKey(options)));

  where(keys.command('list'))
    .description('all keys, those of the configuration first')
    .option('--json', 'print them as JSON')
    .action(async (options) => ended(await (await import('./keys.ts')).listKeys(options)));

  where(keys.command('rotate').argument('<id>'))
    .description('give a key a new secret and print it')
    .option('--overlap <duration>', 'how long the old one still opens, 0 for not at all', '1d')
    .option('--json', 'print key and secret as JSON')
    .action(async (id, options) => ended(await (await import('./keys.ts')).rotateKey(id, options)));

  for (const [what, description] of Object.entries(CHANGES) as [keyof typeof CHANGES, string][]) {
    where(keys.command(what).argument('<id>'))
      .description(description)
      .action(async (id, options) => ended(await (await import('./keys.ts')).changeKey(id, what, options)));
  }
}

const CHANGES = {
  revoke: 'take a key back, for good',
  disable: 'let a key open nothing for now',
  enable: 'let a disabled key open again',
} as const;
