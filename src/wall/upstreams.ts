import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSimulator, receive, type Script, type SeenRequest, type Simulator } from '../simulator/index.ts';
import type { World } from '../world/world.ts';
import type { WallFault } from './faults.ts';
import { ANSWERS, ROLES, type Role, VENDORS, type Vendor } from './texts.ts';

/** The providers of the whole wall behind one port: each fault, vendor and role has an address below it. */
export interface Upstreams {
  /** Such as `http://127.0.0.1:4100`. */
  readonly url: string;
  /** What an upstream was asked, oldest first. */
  requests(fault: WallFault, vendor: Vendor, role: Role): readonly SeenRequest[];
  /** From now on the fault's primary is well. */
  heal(fault: WallFault, vendor: Vendor): void;
  close(): Promise<void>;
}

/** Where an upstream is, below the port's address. OpenAI's base ends in /v1, Anthropic's does not. */
export const upstreamPath = (fault: WallFault, vendor: Vendor, role: Role): string =>
  `/${String(fault.number).padStart(2, '0')}-${vendor}/${role}${vendor === 'openai' ? '/v1' : ''}`;

/** Between two tokens: a model of average speed. */
const TOKEN_MS = 10;

export async function startUpstreams(faults: readonly WallFault[], world: Pick<World, 'now' | 'after'>, port = 0): Promise<Upstreams> {
  const simulators = new Map<string, Simulator>();
  for (const fault of faults) {
    for (const vendor of VENDORS) {
      for (const role of ROLES)
        simulators.set(placeOf(upstreamPath(fault, vendor, role)), createSimulator({ script: scriptOf(fault, vendor, role), world }));
    }
  }
  const at = (fault: WallFault, vendor: Vendor, role: Role) => simulators.get(placeOf(upstreamPath(fault, vendor, role)))!;

  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    const target = incoming.url ?? '/';
    const place = placeOf(target);
    const simulator = simulators.get(place);
    if (simulator) receive(simulator, incoming, outgoing, target.slice(place.length));
    else outgoing.writeHead(404).end();
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: (fault, vendor, role) => at(fault, vendor, role).requests,
    heal: (fault, vendor) => at(fault, vendor, 'primary').script(wellScript('primary')),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** The first two steps of a path: which upstream it is. */
const placeOf = (path: string): string => /^\/[^/]*\/[^/]*/.exec(path)?.[0] ?? path;

function scriptOf(fault: WallFault, vendor: Vendor, role: Role): Script {
  const own = role === 'fallback' ? (fault.fallback ?? []) : typeof fault.primary === 'function' ? fault.primary(vendor) : fault.primary;
  return [...own, ...wellScript(role)];
}

const wellScript = (role: Role): Script => {
  const { text, usage } = ANSWERS[role];
  return [{ reply: { text, usage }, timing: { chunkMs: TOKEN_MS } }];
};
