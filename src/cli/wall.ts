import { writeFileSync } from 'node:fs';
import type { Deployment, Gateway, Mode, Result, Upstreams, Vendor, WallFault } from '../wall/index.ts';
import { hurriedWorld } from '../world/hurried.ts';
import { realWorld } from '../world/real.ts';
import { EXIT } from './exit.ts';
import { complain, paint, say, table } from './print.ts';

interface WallOptions {
  readonly mode: Mode;
  readonly fault?: number;
  readonly dialect?: Vendor;
  /** Whether each model's fallback is the other vendor's. */
  readonly cross?: boolean;
  /** `true`: the card as JSON on standard output; a name: the file to write it to as well. */
  readonly json?: true | string;
  /** `virtual`: waits are left out, for a gateway in this process. */
  readonly speed: 'real' | 'virtual';
  /** Another gateway's base URL; absent: one of our own. */
  readonly url?: string;
  /** Where the upstreams are when another gateway has to know them. */
  readonly port: number;
}

/** `headgate wall`: throws sixteen faults at a gateway and prints a card of how it fared. */
export async function wall(options: WallOptions): Promise<number> {
  const { HEALTHY, WALL, VENDORS, deployments, otherGateway, ownGateway, run, startUpstreams } = await import('../wall/index.ts');
  const faults = WALL.filter(({ number }) => options.fault === undefined || number === options.fault);
  const vendors = VENDORS.filter((vendor) => options.dialect === undefined || vendor === options.dialect);
  const crossed = options.cross === true;
  if (options.url !== undefined && options.speed === 'virtual') {
    complain('error: only a gateway in this process can have its waiting left out: --url needs --speed real');
    return EXIT.usage;
  }
  const world = options.speed === 'real' ? realWorld : hurriedWorld();
  const everything: readonly WallFault[] = [HEALTHY, ...faults];
  const upstreams = await startUpstreams(everything, world, options.url === undefined ? 0 : options.port);
  const all = deployments(everything, vendors, upstreams.url, crossed);
  let gateway: Gateway | undefined;
  try {
    gateway =
      options.url === undefined
        ? await ownGateway(all, options.mode, world)
        : otherGateway(options.url, process.env['HEADGATE_KEY'] ?? 'wall');
    if (options.url !== undefined && !(await isConfigured(gateway, vendors, all))) return EXIT.failed;
    const results = await run({ faults, vendors, crossed, upstreams, gateway, world });
    tell(results, options);
    return results.some(({ verdict }) => verdict === 'fail') ? EXIT.failed : EXIT.ok;
  } finally {
    await close(gateway, upstreams);
  }
}

async function close(gateway: Gateway | undefined, upstreams: Upstreams): Promise<void> {
  await gateway?.close();
  await upstreams.close();
}

/** Another gateway is asked an ordinary question first; if it cannot answer, it is told here what it must know. */
async function isConfigured(gateway: Gateway, vendors: readonly Vendor[], all: readonly Deployment[]): Promise<boolean> {
  const { knows } = await import('../wall/index.ts');
  for (const vendor of vendors) {
    const problem = await knows(gateway, vendor, realWorld);
    if (problem === undefined) continue;
    complain(`${paint('red', 'error:', process.stderr)} ${gateway.url} does not serve the wall's models (${problem}).`);
    complain('Configure it so, any API key will do, and start the wall again:');
    const rows = all.map((one) => [one.model, one.role, one.vendor, one.baseUrl, one.upstreamModel]);
    for (const line of table(['MODEL', 'TARGET', 'API', 'BASE URL', 'MODEL THERE'], rows)) complain(line);
    return false;
  }
  return true;
}

function tell(results: readonly Result[], { json, mode, cross, url }: WallOptions): void {
  const card = {
    gateway: url ?? 'headgate',
    mode: url === undefined ? mode : 'other',
    crossed: cross === true,
    totals: totalsOf(results),
    results,
  };
  if (json === true) return say(JSON.stringify(card, null, 2));
  for (const line of cardLines(results)) say(line);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(card, null, 2)}\n`);
}

type Verdict = Result['verdict'];
const COLORS = { pass: 'green', safe: 'yellow', fail: 'red' } as const satisfies Record<Verdict, string>;

const totalsOf = (results: readonly Result[]): Record<Verdict, number> => {
  const count = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length;
  return { pass: count('pass'), safe: count('safe'), fail: count('fail') };
};

function cardLines(results: readonly Result[]): string[] {
  const rows = results.map(({ fault, name, vendor, verdict, reason }) => [String(fault).padStart(2), name, vendor, verdict, reason]);
  const [heading, ...lines] = table(['#', 'FAULT', 'SDK', 'VERDICT', 'WHY'], rows);
  const colored = lines.map((line, index) => {
    const { verdict } = results[index]!;
    return line.replace(`  ${verdict}  `, `  ${paint(COLORS[verdict], verdict)}  `);
  });
  const { pass, safe, fail } = totalsOf(results);
  const parts = [`${pass} pass`, ...(safe > 0 ? [`${safe} safe`] : []), ...(fail > 0 ? [`${fail} fail`] : [])];
  return [heading ?? '', ...colored, '', `${results.length}: ${parts.join(', ')}`];
}
