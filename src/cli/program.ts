import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Argument, Command, CommanderError, Help, Option } from 'commander';
import { didYouMean } from '../config/nearest.ts';
import type { DialectName } from '../model/part.ts';
import { addBatchCommands } from './batch-program.ts';
import { EXIT, MisuseError, version } from './exit.ts';
import { addKeyCommands } from './keys-program.ts';
import { addCacheAdvice, addLedgerCommands } from './ledger-program.ts';
import { address, fault, header, port, positive, status, tag } from './options.ts';
import { complain, paint, unreadable } from './print.ts';

/**
 * Runs one command line and says how it ended. The commands themselves are loaded when they are
 * called for, so that `--help` and `check` do not wait for the gateway.
 */
export async function run(args: readonly string[]): Promise<number> {
  quietPipes();
  let code: number = EXIT.ok;
  const program = commands((ended) => {
    code = ended;
  });
  const unknown = unknownCommand(program, args);
  if (unknown !== undefined) {
    complain(
      `error: there is no command "${unknown}"${didYouMean(unknown, namesOf(program)) || `; there are ${namesOf(program).join(', ')}`}`,
    );
    return EXIT.usage;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    complain(`${paint('red', 'error:', process.stderr)} ${reasonOf(error)}`);
    return error instanceof MisuseError ? EXIT.usage : EXIT.failed;
  }
}

/** What went wrong, in words: of a file that a command was to read or write, those that `check` has for it. */
function reasonOf(error: unknown): string {
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (path !== undefined && (syscall === 'open' || syscall === 'read')) {
    const folder = dirname(path);
    return `${path}: ${existsSync(folder) ? unreadable(error as NodeJS.ErrnoException) : `there is no folder ${folder}`}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** As commander has it, without defaults that are only the beginning of a list. */
function optionDescription(option: Option): string {
  const { defaultValue: value } = option;
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return isEmpty ? option.description : new Help().optionDescription(option);
}

function commands(ended: Ended): Command {
  const program = new Command('headgate')
    .description('LLM gateway: OpenAI and Anthropic wire protocols on both sides, nothing lost in silence, every call priced.')
    .version(version(), '-v, --version')
    .exitOverride()
    .showHelpAfterError('(--help shows what it takes)')
    .configureHelp({ optionDescription })
    .addHelpText('after', EXAMPLES);

  addServing(program, ended);
  addAlerts(program, ended);
  addWall(program, ended);
  addKeyCommands(program, ended);
  addExplanations(program, ended);
  addBatchCommands(program, ended);
  addPrices(program, ended);
  addImport(program, ended);
  addCache(program, ended);
  addLedgerCommands(program, ended);
  return program;
}

type Ended = (code: number) => void;

/** What serves, or asks. */
function addServing(program: Command, ended: Ended): void {
  program
    .command('start', { isDefault: true })
    .description('start the gateway (the default command)')
    .option('-c, --config <file>', 'configuration file (default: ./headgate.yaml, else keys from the environment)')
    .option('-p, --port <number>', 'port to listen on, 0 for any free one', port)
    .option('--host <address>', 'address to listen on')
    .option('--demo', 'play both vendors with a simulator: no keys, no costs')
    .action(async (options) => ended(await (await import('./start.ts')).start(options)));

  program
    .command('check')
    .argument('[file]', 'configuration file (default: ./headgate.yaml, else keys from the environment)')
    .description('check a configuration and show what was understood')
    .action(async (file) => ended(await (await import('./check.ts')).check(file)));

  program
    .command('call')
    .argument('[prompt]', 'what to ask (default: standard input)')
    .description('ask a model once and print the answer')
    .requiredOption('-m, --model <name>', 'a public name, provider/model, or a vendor’s own name')
    .option('-s, --system <text>', 'system prompt')
    .option('-n, --max-tokens <number>', 'longest answer, in tokens', positive)
    .option('--no-stream', 'print the answer when it is whole')
    .option('--json', 'print the whole answer as JSON')
    .option('-u, --url <address>', 'a running gateway to ask (default: in this process)', address)
    .option('-c, --config <file>', 'configuration file, without --url')
    .action(async (prompt, options) => ended(await (await import('./call.ts')).call(prompt, options)));

  program
    .command('simulate')
    .description('serve scripted models on all three protocols, for tests')
    .option('-p, --port <number>', 'port to listen on, 0 for any free one', port, 4010)
    .option('--script <file>', 'JSON file of scripted answers')
    .action(async (options) => ended(await (await import('./simulate.ts')).simulate(options)));
}

/** What is open, who is told, and worked cases. */
function addAlerts(program: Command, ended: Ended): void {
  const alerts = program.command('alerts').description('open alerts, trials of recipients, worked cases');
  alerts
    .command('list')
    .description('show what is open, and what is on its way to recipients')
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action(async (options) => ended(await (await import('./alerts-list.ts')).alertsList(options)));
  alerts
    .command('test')
    .argument('[recipients...]', 'names in notify (default: all of them)')
    .description('send a trial to recipients')
    .option('-c, --config <file>', 'configuration file')
    .action(async (names, options) => ended(await (await import('./alerts-test.ts')).alertsTest(names, options)));
  alerts
    .command('replay')
    .description('run worked cases through the alert rules, one JSON line each')
    .requiredOption('--cases <file>', 'JSON in the format headgate-golden-alerts/1')
    .action(async (options) => ended(await (await import('./alerts-replay.ts')).alertsReplay(options)));
}

function addWall(program: Command, ended: Ended): void {
  program
    .command('wall')
    .description('throw sixteen faults of providers at a gateway and show how it fares')
    .addOption(new Option('-m, --mode <mode>', 'what becomes of a stream that breaks off').choices(['default', 'hold']).default('default'))
    .option('-f, --fault <number>', 'only this fault, 1 to 16', fault)
    .addOption(new Option('-d, --dialect <vendor>', 'only through this SDK').choices(['openai', 'anthropic']))
    .option('--cross', 'each fallback is the other vendor’s')
    .option('--json [file]', 'the card as JSON, to standard output or a file')
    .addOption(
      new Option('--speed <speed>', 'real: takes 90 s; virtual: leaves the waiting out').choices(['real', 'virtual']).default('real'),
    )
    .option('-u, --url <address>', 'another gateway, by its base URL (default: one of our own)', address)
    .option('-p, --port <number>', 'port of the upstreams, with --url', port, 4100)
    .action(async (options) => ended(await (await import('./wall.ts')).wall(options)));
}

/** What says how things are, or would be, and changes nothing. */
function addExplanations(program: Command, ended: Ended): void {
  program
    .command('doctor')
    .description('look for what would keep the gateway from working')
    .option('-c, --config <file>', 'configuration file')
    .action(async (options) => ended(await (await import('./doctor.ts')).doctor(options)));

  program
    .command('explain-error')
    .description('what a provider’s error means: what is retried where, which key rests, what the caller is told')
    .option('--status <number>', 'the answer’s status (default: none, an error inside a stream)', status)
    .addOption(new Option('--dialect <name>', 'the wire format (default: what the body looks like)').choices(DIALECT_NAMES))
    .option('--header <name:value>', 'a header of the answer; may be given many times', header, {})
    .option('--body <file>', 'the answer’s body, - for standard input')
    .option('--json', 'print it as JSON')
    .action(async (options) => ended(await (await import('./explain-error.ts')).explainError(options)));

  program
    .command('price')
    .description('explain one bill line by line, or work out a file of cases')
    .option('-m, --model <name>', 'the model’s exact name, as answers say it')
    .option('--usage <file>', 'a usage object, or an answer that has one, as JSON; - for standard input')
    .option('--provider <name>', 'whose prices: openai, anthropic or a provider of the configuration (default: who sells the model)')
    .option('--tier <word>', 'the tier that served it, in the provider’s words (default: what the usage says)')
    .option('--region <word>', 'where it was processed, in the provider’s words')
    .option('--at <date>', 'when, UTC (default: now)')
    .option('--batch', 'bought as part of a batch')
    .option('--cases <file>', 'worked cases instead: one JSON line for each; - for standard input')
    .option('-c, --config <file>', 'configuration file, for prices of your own')
    .option('--json', 'print the bill as JSON')
    .action(async (options) => ended(await (await import('./price.ts')).price(options)));

  program
    .command('route')
    .requiredOption('--explain <file>', 'a request’s body as JSON, - for standard input')
    .description('where a call would go and why: every target, what it would lose and cost there')
    .addOption(new Option('--dialect <name>', 'the wire format (default: what the body looks like)').choices(DIALECT_NAMES))
    .option('-m, --model <name>', 'instead of the body’s model')
    .option('--feature <name>', 'on whose account')
    .option('--user <name>', 'on whose account')
    .option('--tag <name=value>', 'a tag of the call; may be given many times', tag, {})
    .option('--language <header>', 'the caller’s accept-language, such as "de-AT, de;q=0.5"')
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'print it as JSON')
    .action(async (options) => ended(await (await import('./route.ts')).route(options)));

  program
    .command('estimate')
    .argument('<file>', 'a request’s body as JSON, - for standard input')
    .description('how large and how dear a call would be at each of its targets, and whether it fits')
    .addOption(new Option('--dialect <name>', 'the wire format (default: what the body looks like)').choices(DIALECT_NAMES))
    .option('-m, --model <name>', 'instead of the body’s model')
    .option('--max-visible-tokens <count>', 'as the header x-headgate-max-visible-tokens', positive)
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'print it as JSON')
    .action(async (file, options) => ended(await (await import('./estimate.ts')).estimate(file, options)));

  program
    .command('models')
    .argument('[name]', 'a model, or provider/model of the configuration (default: all there are entries for)')
    .description('what is known of models, since when and from where')
    .option('-c, --config <file>', 'configuration file, for facts of your own')
    .option('--json', 'print it as JSON')
    .action(async (name, options) => ended((await import('./models.ts')).models(name, options)));
}

function addPrices(program: Command, ended: Ended): void {
  const prices = program.command('prices').description('what models cost, and whether others agree');
  prices
    .command('list')
    .description('the prices that hold: all, or one model’s with every tier, band and date')
    .option('-m, --model <name>', 'exact name of a model')
    .option('-c, --config <file>', 'configuration file, for prices of your own')
    .option('--json', 'print them as JSON')
    .action(async (options) => ended((await import('./prices.ts')).list(options)));
  prices
    .command('check')
    .description('compare with @pydantic/genai-prices, and warn when the prices are old')
    .option('-c, --config <file>', 'configuration file, for prices of your own')
    .option('--json', 'print the comparison as JSON')
    .action(async (options) => ended(await (await import('./prices.ts')).check(options)));
}

function addImport(program: Command, ended: Ended): void {
  program
    .command('import')
    .description('another gateway’s settings as a configuration, and what of them has no like')
    .addArgument(new Argument('<from>', 'whose they are').choices(['litellm', 'portkey']))
    .argument('<file>', 'its file: YAML or JSON; - for standard input')
    .option('--name <model>', 'what Portkey’s config is called as a model', 'default')
    .action(async (from, file, options) => ended(await (await import('./import.ts')).importConfig(from, file, options)));
}

function addCache(program: Command, ended: Ended): void {
  const cache = program.command('cache').description('what prompt caching costs and saves');
  cache
    .command('break-even')
    .description('from how many uses on caching the beginning of a prompt pays, at today’s prices')
    .requiredOption('-m, --model <name>', 'exact name of a model')
    .option('-t, --tokens <count>', 'length of what is cached', positive, 2000)
    .option('-c, --config <file>', 'configuration file, for prices of your own')
    .option('--json', 'print it as JSON')
    .action(async (options) => ended((await import('./cache.ts')).cacheBreakEven(options)));
  cache
    .command('plan')
    .description('work out a file of request times: what each lifetime would cost, and which is best')
    .requiredOption('--trace <file>', 'worked cases: one JSON line for each; - for standard input')
    .action(async (options) => ended(await (await import('./cache.ts')).cachePlan(options)));
  cache
    .command('diagnose')
    .description('ask two requests and have the vendor say why the second was not read from its cache')
    .argument('<first>', 'a request as JSON, of Messages or Responses')
    .argument('<second>', 'one that should have begun like it')
    .option('-m, --model <name>', 'model of both (default: as they say)')
    .option('--url <address>', 'a running gateway (default: one of our own)', address)
    .option('-c, --config <file>', 'configuration file')
    .action(async (first, second, options) => ended(await (await import('./cache-diagnose.ts')).cacheDiagnose(first, second, options)));
  addCacheAdvice(cache, ended);
}

const DIALECT_NAMES = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const satisfies readonly DialectName[];

const EXAMPLES = `
Examples:
  headgate start --demo                          try it: no keys, no costs
  headgate --config headgate.yaml --port 8080    serve
  headgate check headgate.yaml                   what was understood, or all that is wrong
  headgate call -m claude-haiku-5-5 "Name three rivers."
  git diff | headgate call -m smart -s "Review this."
  headgate usage --last 7d --by feature,model    what it cost
  headgate keys create --feature search --models "smart,gpt-*" --budget '$50/day'
  headgate doctor                                what would keep it from working
  headgate explain-error --status 429 --body answer.json
  headgate price -m gpt-6-sol --usage answer.json
  headgate route --explain request.json          where a call would go, and why
  headgate estimate request.json                 how large and how dear a call would be
  headgate models claude-sonnet-5                what it takes, and who says so
  headgate batch submit questions.csv --template prompt.txt -m claude-haiku-5-5

Exit codes: 0 it worked, 1 it did not, 2 the command was not understood.`;

const namesOf = (program: Command) => program.commands.map((command) => command.name());

/** The first word when it is no command: commander would take it for an argument of the default one. */
const unknownCommand = (program: Command, [first]: readonly string[]) =>
  first !== undefined && !first.startsWith('-') && first !== 'help' && !namesOf(program).includes(first) ? first : undefined;

/** `headgate check | head -1` closes our output early; that is its right, and no reason to stop serving. */
function quietPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
