import { type Command, Option } from 'commander';
import { lasting, positive, tag } from './options.ts';

/** The commands for jobs of many calls. */
export function addBatchCommands(program: Command, ended: (code: number) => void): void {
  const batch = program.command('batch').description('many calls at half price, over either vendor’s batch API');
  const configured = (command: Command) => command.option('-c, --config <file>', 'configuration file, which names providers and ledger');

  configured(
    batch.command('submit').argument('<file>', 'batch lines of OpenAI or Anthropic as JSONL; or rows, as JSONL or CSV, with --template'),
  )
    .description('check a file, say what it will cost, and hand it in')
    .option('-t, --template <file>', 'a prompt with {{column}} for what stands in a row’s column')
    .option('-m, --model <name>', 'whom to ask, with --template')
    .option('-s, --system <text>', 'system prompt, with --template')
    .option('-n, --max-tokens <number>', 'longest answer in tokens, with --template', positive)
    .option('--feature <name>', 'on whose account')
    .option('--user <name>', 'on whose account')
    .option('--tag <name=value>', 'a tag of its calls; may be given many times', tag, {})
    .option('--within <duration>', 'when lines without an answer expire (default: 24h)', lasting)
    .option('--sync', 'ask line by line, at the ordinary price, although there is a batch API')
    .option('--skip-bad', 'hand in the lines that can be asked, although others cannot')
    .option('--dry-run', 'check and estimate, and hand nothing in')
    .option('-y, --yes', 'do not ask')
    .action(async (file, options) => ended(await (await import('./batch-submit.ts')).batchSubmit(file, options)));
  configured(batch.command('status').argument('<job>', 'its id'))
    .description('how a job stands')
    .option('--json', 'print it as JSON')
    .action(async (id, options) => ended(await (await import('./batch-follow.ts')).batchStatus(id, options)));
  configured(batch.command('wait').argument('<job>', 'its id'))
    .description('look after a job until it has ended; fails when a line did')
    .action(async (id, options) => ended(await (await import('./batch-follow.ts')).batchWait(id, options)));
  configured(batch.command('results').argument('<job>', 'its id'))
    .description('what became of each line, in the order they were handed in')
    .addOption(new Option('--format <format>', 'how they are written').choices(['jsonl', 'csv']).default('jsonl'))
    .option('--input <file>', 'the file that was handed in: its columns stand before the answers')
    .option('-o, --output <file>', 'where to (default: standard output)')
    .action(async (id, options) => ended(await (await import('./batch-results.ts')).batchResults(id, options)));
  configured(batch.command('cancel').argument('<job>', 'its id'))
    .description('send nothing more of a job; what is under way may still be answered')
    .action(async (id, options) => ended(await (await import('./batch-follow.ts')).batchCancel(id, options)));
  configured(batch.command('list'))
    .description('jobs, newest first')
    .option('--limit <number>', 'at most so many', positive, 20)
    .option('--json', 'print them as JSON')
    .action(async (options) => ended(await (await import('./batch-follow.ts')).batchList(options)));
}
