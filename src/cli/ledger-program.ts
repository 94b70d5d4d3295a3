import { type Command, InvalidArgumentError, Option } from 'commander';
import { isTimezone } from '../policy/period.ts';
import { type Grouping, isGrouping } from '../store/ledger.ts';
import { lasting } from './options.ts';

/** The commands that read and mend the ledger. */
export function addLedgerCommands(program: Command, ended: (code: number) => void): void {
  withSpan(program.command('usage').description('what was used and what it cost, from the ledger'))
    .option('--by <names>', 'feature, user, model, key, provider or tag:NAME, several with commas', groupings, [])
    .addOption(new Option('--every <stretch>', 'a line for each').choices(['hour', 'day']))
    .option('--where <name=value>', 'only these; may be given many times', condition, {})
    .addOption(new Option('--format <format>', 'how it is printed').choices(['table', 'json', 'csv']).default('table'))
    .action(async (options) => ended(await (await import('./usage.ts')).usage(options)));

  withSpan(program.command('whatif').description('what the ledger’s calls would have cost under other choices'))
    .option('-m, --model <name>', 'another model: its name there, as in the configuration or as provider/model')
    .option('--batch', 'as batches, at their price')
    .option('--tier <name>', 'another tier, such as flex or priority')
    .option('--no-cache', 'without caching')
    .option('--cached <percent>', 'so much of each question a prefix, written once and read while it lives', percent)
    .option('--by <names>', 'a line for each: feature, user, model, key, provider or tag:NAME', groupings, ['feature'])
    .option('--where <name=value>', 'only these; may be given many times', condition, {})
    .addOption(new Option('--format <format>', 'how it is printed').choices(['table', 'json']).default('table'))
    .action(async (options) => ended(await (await import('./whatif.ts')).whatif(options)));

  program
    .command('show <call>')
    .description('one call: its attempts, what they cost, and what was said where that is kept')
    .option('--json', 'print it as JSON')
    .option('-c, --config <file>', 'configuration file, which names the ledger')
    .action(async (call, options) => ended(await (await import('./show.ts')).show(call, options)));

  program
    .command('budgets')
    .description('what budgets have spent and set aside in their current periods')
    .option('--recount', 'first make what is spent the sum of the ledger’s rows')
    .option('--json', 'print them as JSON')
    .option('-c, --config <file>', 'configuration file, which names budgets and ledger')
    .action(async (options) => ended(await (await import('./budgets.ts')).budgets(options)));

  const exports = program.command('export').description('the ledger in formats of others');
  withSpan(exports.command('focus').description('usage and cost as FOCUS 1.2 (FinOps) lines, in CSV'))
    .option('--tags <names>', 'callers’ tags to tell lines apart by, several with commas', names, [])
    .action(async (options) => ended(await (await import('./export-focus.ts')).exportFocus(options)));

  withSpan(program.command('reprice').description('work rows of the ledger out again with today’s prices, and mend them'))
    .option('-m, --model <name>', 'only rows that this model served')
    .option('--dry-run', 'say what would change, and change nothing')
    .action(async (options) => ended(await (await import('./reprice.ts')).reprice(options)));
}

/** What the ledger says of caching, and gateways that watched it. */
export const addCacheAdvice = (cache: Command, ended: (code: number) => void): void =>
  void withSpan(cache.command('advise').description('what caching saved, what it could save, and what keeps it from working'))
    .option('--json', 'print it as JSON')
    .action(async (options) => ended(await (await import('./cache-advise.ts')).cacheAdvise(options)));

/** The options that say which time is meant, and where the ledger is. */
const withSpan = (command: Command): Command =>
  command
    .option('--last <duration>', 'such as 24h, or 7d: whole days, today the last of them (the default)', lasting)
    .option('--from <time>', 'a date such as 2026-11-20, or a moment such as 2026-11-20T14:00Z')
    .option('--to <time>', 'the end, not included (default: now)')
    .option('--zone <name>', 'time zone whose midnights part days, such as Europe/Berlin', timezone, 'UTC')
    .option('-c, --config <file>', 'configuration file, which names the ledger');

const names = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);

function groupings(text: string): Grouping[] {
  return text.split(',').map((name) => grouping(name.trim()));
}

function grouping(name: string): Grouping {
  if (!isGrouping(name)) throw new InvalidArgumentError(`"${name}" is none of feature, user, model, key, provider and tag:NAME.`);
  return name;
}

function condition(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be a name and a value, such as feature=search.');
  return { ...before, [grouping(name)]: value };
}

function percent(text: string): number {
  const share = /^\d{1,3}%?$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
  if (!(share > 0 && share <= 100)) throw new InvalidArgumentError('It must be a percentage from 1 to 100, such as 80%.');
  return share / 100;
}

function timezone(name: string): string {
  if (!isTimezone(name)) throw new InvalidArgumentError('There is no such time zone.');
  return name;
}
