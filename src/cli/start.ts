import type { Logger } from 'pino';
import { staleness } from '../accounting/age.ts';
import { priceBook } from '../accounting/prices/index.ts';
import type { UsageRecord } from '../accounting/record.ts';
import { exposure, managesKeys } from '../config/build.ts';
import type { Config } from '../config/config.ts';
import { demoConfig } from '../config/demo.ts';
import { problemText } from '../config/problems.ts';
import { createHeadgate, type Headgate } from '../headgate.ts';
import { cannotListen } from './cannot-listen.ts';
import { EXIT, version } from './exit.ts';
import { thriftyHeap } from './heap.ts';
import { configFile, load, loadOrComplain } from './load.ts';
import { createLog, logCall, logNotice } from './log.ts';
import { complain, paint, say } from './print.ts';
import { curl, type Sample, samples } from './samples.ts';
import { toldToStop } from './stop.ts';
import { watchConfig } from './watch.ts';

interface StartOptions {
  readonly config?: string;
  readonly port?: number;
  readonly host?: string;
  readonly demo?: boolean;
}

/** `headgate start`: serves until it is told to stop. */
export async function start(options: StartOptions): Promise<number> {
  const simulator = options.demo ? await (await import('../simulator/index.ts')).startSimulator({ port: 0 }) : undefined;
  const file = simulator ? undefined : configFile(options.config);
  const read = simulator ? demoConfig(simulator.url) : loadOrComplain(file);
  if (!read) return EXIT.failed;
  const config = withAddress(read, options);
  const exposed = exposure({ ...config.server, managed: managesKeys(config) });
  if (exposed) {
    complain(`${paint('red', 'error:', process.stderr)} ${exposed}`);
    return EXIT.failed;
  }
  // From here on: who tells it to stop while it starts means it too.
  const told = toldToStop();
  const log = createLog(config);
  // A promise that nobody waits for, rejected by a fault of ours, would end everybody's calls.
  process.on('unhandledRejection', (err) => log.error({ err }, 'something failed that nobody waited for: please report it'));
  const stale = staleness(priceBook(config.prices), Date.now());
  if (stale !== undefined) log.warn(stale);
  const headgate = await createHeadgate(config, {
    warms: true,
    onBulk: thriftyHeap(),
    keyless: options.demo === true,
    onNotice: (notice) => logNotice(log, notice),
    ...(log.isLevelEnabled('warn') && { onCall: (records: readonly UsageRecord[]) => logCall(log, records) }),
  });
  let door: Awaited<ReturnType<Headgate['listen']>>;
  try {
    door = await headgate.listen(config.server);
  } catch (error) {
    complain(`${paint('red', 'error:', process.stderr)} ${cannotListen(error as NodeJS.ErrnoException, config.server)}`);
    await headgate.close();
    await simulator?.close();
    return EXIT.failed;
  }
  await greet(headgate, config, door.url, options.demo === true);
  const stopWatching = file === undefined ? () => {} : watchConfig(file, () => reload(headgate, file, log));
  const signal = await told;
  stopWatching();
  say('stopping: calls under way are finished first, a second signal ends them');
  // Nobody balances load onto what a person ends at a terminal.
  await door.close(longestDeadlineMs(config), signal === 'SIGTERM' ? config.server.drainMs : 0);
  await headgate.close();
  await simulator?.close();
  return EXIT.ok;
}

const withAddress = (config: Config, { host, port }: StartOptions): Config => ({
  ...config,
  server: { ...config.server, ...(host !== undefined && { host }), ...(port !== undefined && { port }) },
});

const longestDeadlineMs = ({ defaults, models }: Config) =>
  Math.max(defaults.deadlineMs, ...models.values().map(({ deadlineMs }) => deadlineMs));

const STAYS = 'the changed configuration is wrong; the one from before stays';

/** Takes a changed file over when it is good; a bad one is told and the running configuration stays. */
function reload(headgate: Headgate, file: string, log: Logger): void {
  const read = load(file);
  if ('problems' in read) {
    const problems = read.problems.map((problem) => problemText(problem, file));
    log.error({ file, problems }, STAYS);
    return;
  }
  try {
    headgate.reload(read.config);
  } catch (error) {
    log.error({ file, problems: [(error as Error).message] }, STAYS);
    return;
  }
  log.info({ file }, 'the changed configuration is used from now on; address, limits, idempotency, ledger and log only after a restart');
}

async function greet(headgate: Headgate, config: Config, url: string, demo: boolean): Promise<void> {
  const keyed = headgate.asksKeys;
  say(`${paint('bold', `headgate ${version()}`)} listens on ${paint('cyan', url)}`);
  if (demo) say('Demo: both vendors are played by a simulator, nothing is spent. Prices are those of the real models.');
  say();
  const shown = samples(config);
  const costs = demo ? await Promise.all(shown.map((sample) => costOf(headgate, sample))) : [];
  for (const [index, sample] of shown.entries()) {
    const cost = costs[index];
    say(paint('dim', `# ${sample.title}${cost === undefined ? '' : `, for $${cost}`}`));
    say(curl(url, sample, keyed));
    say();
  }
  say(`Or point an SDK here: OPENAI_BASE_URL=${url}/v1 or ANTHROPIC_BASE_URL=${url}`);
}

/** What a sample costs, by asking it. */
async function costOf(headgate: Headgate, { path, headers, body }: Sample): Promise<string | undefined> {
  const answer = await headgate.fetch(`http://headgate.local${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  await answer.arrayBuffer();
  return answer.headers.get('x-headgate-cost-usd') ?? undefined;
}
