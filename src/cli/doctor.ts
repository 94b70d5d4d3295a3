import { priceBook } from '../accounting/prices/index.ts';
import type { Config } from '../config/config.ts';
import { problemText } from '../config/problems.ts';
import { ledgerChecks } from './check-ledger.ts';
import { clockCheck, nodeCheck, portCheck, pricesCheck } from './check-machine.ts';
import { providerCheck } from './check-provider.ts';
import { EXIT } from './exit.ts';
import { configFile, load } from './load.ts';
import { paint, say } from './print.ts';

/** One thing looked at. `fix` says what to do when it is not `good`. */
export interface Finding {
  readonly what: string;
  readonly verdict: 'good' | 'doubtful' | 'bad';
  readonly detail: string;
  readonly fix?: string;
}

/** `headgate doctor`: looks at all that must be right for the gateway to work; fails when something is bad. */
export async function doctor({ config: named }: { readonly config?: string }): Promise<number> {
  const file = configFile(named);
  const read = load(file);
  const findings = [nodeCheck(), ...configFindings(read, file)];
  if ('config' in read) findings.push(...(await configuredFindings(read.config)));
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const finding of findings) for (const line of lines(finding, width)) say(line);
  return findings.some(({ verdict }) => verdict === 'bad') ? EXIT.failed : EXIT.ok;
}

function configFindings(read: ReturnType<typeof load>, file: string | undefined): Finding[] {
  const what = 'configuration';
  if ('config' in read) return [{ what, verdict: 'good', detail: file ?? 'keys from the environment' }];
  return read.problems.map((problem) => ({
    what,
    verdict: 'bad',
    detail: file === undefined ? problem.message : problemText(problem, file),
  }));
}

async function configuredFindings(config: Config): Promise<Finding[]> {
  const providers = await Promise.all([...config.providers.values()].map(providerCheck));
  return [
    ...providers.map(({ finding }) => finding),
    clockCheck(providers.flatMap(({ skewMs }) => (skewMs === undefined ? [] : [skewMs]))),
    pricesCheck(priceBook(config.prices)),
    ...(config.ledger ? await ledgerChecks(config.ledger) : []),
    await portCheck(config.server.host, config.server.port),
  ];
}

const MARKS = { good: ['green', '✔'], doubtful: ['yellow', '!'], bad: ['red', '✖'] } as const;

function lines({ what, verdict, detail, fix }: Finding, width: number): string[] {
  const [color, mark] = MARKS[verdict];
  return [
    `${paint(color, mark)} ${what.padEnd(width)}  ${detail}`,
    ...(fix === undefined ? [] : [`${' '.repeat(width + 4)}${paint('dim', `→ ${fix}`)}`]),
  ];
}
