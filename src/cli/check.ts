import type { Config } from '../config/config.ts';
import { placeOf } from '../store/connect.ts';
import { EXIT } from './exit.ts';
import { configFile, loadOrComplain } from './load.ts';
import { durationText, say, table } from './print.ts';

/** `headgate check`: says what a configuration means, or all that is wrong with it. */
export function check(named: string | undefined): number {
  const file = configFile(named);
  const config = loadOrComplain(file);
  if (!config) return EXIT.failed;
  say(`${file ?? 'the environment'} is good.`);
  for (const line of summary(config)) say(line);
  return EXIT.ok;
}

/** What was understood, as tables. Keys are counted, never shown. */
export function summary({ server, providers, models, defaults, ledger, admin }: Config): string[] {
  const rules = ({ deadlineMs, onLoss, repair }: Config['defaults']) => [
    durationText(deadlineMs),
    Object.entries(onLoss)
      .filter(([, verdict]) => verdict === 'refuse')
      .map(([impact]) => impact)
      .join(', ') || 'nothing',
    repair ? 'yes' : 'no',
  ];
  return [
    '',
    ...table(
      ['PROVIDER', 'SPEAKS', 'ADDRESS', 'KEYS'],
      [...providers.values()].map(({ name, dialects, baseUrl, keys }) => [name, dialects.join(', '), baseUrl, String(keys.length)]),
    ),
    '',
    ...table(
      ['MODEL', 'GOES TO', 'DEADLINE', 'REFUSES LOSS OF', 'REPAIRS'],
      [
        ...[...models].flatMap(([name, route]) =>
          route.targets.map(({ provider, model, weight }, index) => {
            const share = route.strategy === 'weighted' ? ` (weight ${weight})` : '';
            return index === 0 ? [name, `${provider}/${model}${share}`, ...rules(route)] : ['', `${provider}/${model}${share}`, '', '', ''];
          }),
        ),
        ["(any other of a vendor's, or provider/model)", 'as named', ...rules(defaults)],
      ],
    ),
    '',
    `listens on ${server.host}:${server.port}, ${keysText(server.keys.length, admin !== undefined && ledger !== undefined)}; ${ledger ? placeOf(ledger) : 'no ledger'}`,
  ];
}

/** Which keys callers must show, as far as a configuration can tell. */
const keysText = (count: number, managed: boolean): string =>
  count > 0 ? `${count} keys${managed ? ' and those of the database' : ''}` : managed ? 'keys of the database' : 'no key needed';
