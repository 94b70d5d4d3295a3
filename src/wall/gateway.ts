import type { UsageRecord } from '../accounting/record.ts';
import { problemText } from '../config/problems.ts';
import { readConfig } from '../config/read.ts';
import { createHeadgate } from '../headgate.ts';
import type { World } from '../world/world.ts';
import type { WallFault } from './faults.ts';
import { ANSWERS, fallbackVendor, ROLES, type Role, type Vendor } from './texts.ts';
import { upstreamPath } from './upstreams.ts';

/** How a gateway treats a stream that fails after its first word: an error, or held back until whole. */
export const MODES = ['default', 'hold'] as const;
export type Mode = (typeof MODES)[number];

/** The gateway the wall is thrown at. */
export interface Gateway {
  /** Without `/v1`. */
  readonly url: string;
  readonly key: string;
  /** The books of the calls for a model; undefined for a gateway whose books we cannot read. */
  records(model: string): readonly UsageRecord[] | undefined;
  close(): Promise<void>;
}

/** What callers name to meet a fault. */
export const modelOf = (fault: WallFault, vendor: Vendor): string => `wall-${String(fault.number).padStart(2, '0')}-${vendor}`;

/** An upstream as a gateway must know it. */
export interface Deployment {
  /** The public model name it serves. */
  readonly model: string;
  readonly role: Role;
  /** Whose API it speaks. */
  readonly vendor: Vendor;
  readonly baseUrl: string;
  /** What the upstream wants the model to be called. */
  readonly upstreamModel: string;
}

/** All that another gateway must be told: for each model first its primary, then its fallback. Any API key will do. */
export const deployments = (faults: readonly WallFault[], vendors: readonly Vendor[], url: string, crossed: boolean): Deployment[] =>
  faults.flatMap((fault) =>
    vendors.flatMap((caller) =>
      ROLES.map((role) => {
        const vendor = role === 'primary' ? caller : fallbackVendor(caller, crossed);
        const baseUrl = `${url}${upstreamPath(fault, vendor, role)}`;
        return { model: modelOf(fault, caller), role, vendor, baseUrl, upstreamModel: ANSWERS[role].model };
      }),
    ),
  );

/** Time-outs that a gateway for people who wait would have: the wall's own times ask for a first word within 15 s. */
const TIMEOUTS = { connect: '5s', firstByte: '10s', firstContent: '10s', stall: '20s' };

/** The configuration of Headgate for the wall, as docs/wall.md shows it. */
export function configFor(all: readonly Deployment[], mode: Mode): object {
  const providerOf = ({ model, role }: Deployment) => `${model.replace('wall-', '')}-${role}`;
  const targetOf = (one: Deployment) => `${providerOf(one)}/${one.upstreamModel}`;
  const models = Map.groupBy(all, ({ model }) => model);
  return {
    providers: Object.fromEntries(
      all.map((one) => [
        providerOf(one),
        { dialect: one.vendor === 'openai' ? 'openai-chat' : 'anthropic', baseUrl: one.baseUrl, apiKey: 'wall', timeouts: TIMEOUTS },
      ]),
    ),
    models: Object.fromEntries(
      [...models].map(([model, served]) => [
        model,
        { targets: served.map(targetOf), deadline: '60s', ...(mode === 'hold' && { onCut: 'hold' }) },
      ]),
    ),
    // The twelfth fault is a prompt that is too long for the primary and not for the fallback.
    modelFacts: Object.fromEntries(all.map((one) => [targetOf(one), { contextTokens: one.role === 'primary' ? 200_000 : 1_000_000 }])),
    prices: Object.fromEntries(all.map((one) => [targetOf(one), { input: '$1', output: '$5' }])),
    ledger: 'off',
    log: { level: 'silent' },
  };
}

/** A Headgate of the wall's own, in this process and on a port. */
export async function ownGateway(all: readonly Deployment[], mode: Mode, world: World): Promise<Gateway> {
  const read = readConfig(JSON.stringify(configFor(all, mode)), {});
  if ('problems' in read)
    throw new Error(`the wall's own configuration is wrong: ${read.problems.map((one) => problemText(one, 'wall')).join('; ')}`);
  const records: UsageRecord[] = [];
  const headgate = await createHeadgate(read.config, { world, onCall: (rows) => records.push(...rows) });
  const door = await headgate.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: door.url,
    key: 'wall',
    records: (model) => records.filter(({ requestedModel }) => requestedModel === model),
    async close() {
      await door.close(0);
      await headgate.close();
    },
  };
}

/** Somebody else's gateway, by its base URL with or without `/v1`. */
export const otherGateway = (url: string, key: string): Gateway => ({
  url: url.replace(/\/+$/, '').replace(/\/v1$/, ''),
  key,
  records: () => undefined,
  close: async () => {},
});
