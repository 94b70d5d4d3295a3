import type { UsageRecord } from '../../src/accounting/record.ts';
import type { Config } from '../../src/config/config.ts';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate, type Headgate } from '../../src/headgate.ts';
import type { Notice } from '../../src/model/notice.ts';
import type { DialectName } from '../../src/model/part.ts';
import { ON_CUT } from '../../src/policy/on-cut.ts';
import type { Database } from '../../src/store/database.ts';
import { inProcess } from '../../src/store/in-process.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { type SimulatedWorld, simulatedWorld } from '../../src/world/simulated.ts';
import type { World } from '../../src/world/world.ts';
import { type SimulatedDisk, simulatedDisk } from '../support/simulated-disk.ts';
import { askAt, type Heard, type Plan } from './caller.ts';
import { createSky, type Sky } from './sky.ts';

/** All that happened in one run of the whole gateway. */
export interface Story {
  readonly config: Config;
  readonly heard: readonly Heard[];
  readonly sky: Sky;
  /** Rows as they were handed on, in order; those of processes that were killed too. */
  readonly booked: readonly UsageRecord[];
  /** Rows in the database at the end, by call and attempt. */
  readonly rows: readonly UsageRecord[];
  /** Cost and attempts as the buckets have them. */
  readonly sums: { readonly attempts: number; readonly cost: bigint };
  readonly notices: readonly Notice[];
  /** Moments a process was killed. */
  readonly killedMs: readonly number[];
  /** When the disk would not take records, if ever. */
  readonly troubled: { readonly fromMs: number; readonly untilMs: number } | undefined;
  readonly stillRunning: number;
  readonly upstreams: ReturnType<Headgate['health']['states']>;
  /** From here on all providers are well. */
  readonly fairFromMs: number;
}

/** How long providers misbehave, and how long they are watched afterwards: a key refused twice meanwhile is tried again within three minutes. */
const BAD_MS = 60_000;
const FAIR_MS = 330_000;
/** In fair weather calls come this far apart. */
const FAIR_EVERY_MS = 15_000;

const MODELS = ['gpt-6-luna', 'claude-haiku-5-5', 'claude-haiku-4-5', 'llama'];

/** Plays the scenario of a seed. */
export async function play(seed: number): Promise<Story> {
  const world = simulatedWorld({ seed });
  const chance = simulatedWorld({ seed: seed ^ 0x5eed }).random;
  const config = configFrom(chance);
  const disk = simulatedDisk(seed, (ms, work) => void world.after(ms, work));
  const db = lasting(sqlite({ file: ':memory:', busyMs: 0 }));
  const sky = createSky(world, chance, config.providers, BAD_MS, MODELS);
  const booked: UsageRecord[] = [];
  const notices: Notice[] = [];
  const heard: Heard[] = [];
  const plans = plansFrom(chance);
  const kills = chance() < 0.3 ? Array.from({ length: 1 + Math.floor(chance() * 3) }, () => chance() * BAD_MS).sort((a, b) => a - b) : [];
  const killedMs: number[] = [];
  const troubled = chance() < 0.3 ? trouble(disk, world, chance) : undefined;

  let life = await start();
  for (const plan of plans) {
    while (kills[0] !== undefined && kills[0] <= plan.atMs) {
      await passUntil(world, kills[0]);
      killedMs.push(kills.shift()!);
      life.kill();
      disk.kill();
      sky.forget();
      life = await start();
    }
    await passUntil(world, plan.atMs);
    heard.push(askAt(life.headgate.door, plan, life.world));
  }
  await passUntil(world, BAD_MS + FAIR_MS + 120_000);
  const { headgate } = life;
  const stillRunning = headgate.running;
  const upstreams = headgate.health.states();
  await settled(headgate.close(), world);
  const rows = await headgateRows(db);
  return { config, heard, sky, booked, ...rows, notices, killedMs, troubled, stillRunning, upstreams, fairFromMs: BAD_MS };

  /** A process of the gateway, which ends by being killed. */
  async function start() {
    let alive = true;
    const own: World = {
      ...world,
      after: (ms, work) => world.after(ms, () => alive && work()),
      soon: (work) => world.soon(() => alive && work()),
    };
    const headgate = await settled(
      createHeadgate(config, {
        world: own,
        network: { send: (request, receiver) => (alive ? sky.network.send(request, silenced(receiver)) : NOWHERE) },
        ground: inProcess(db, disk.mount()),
        onCall: (records) => booked.push(...records),
        onNotice: (notice) => notices.push(notice),
      }),
      world,
    );
    function silenced<R extends object>(receiver: R): R {
      return new Proxy(receiver, {
        get: (target, name) => {
          const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
          return (...args: unknown[]) => (alive ? method.apply(target, args) : undefined);
        },
      });
    }
    return {
      headgate,
      world: own,
      kill() {
        alive = false;
      },
    };
  }
}

const NOWHERE = { asked: false, abort() {}, pause() {}, resume() {} };

/** The database is another program: it outlives the gateway's processes. */
const lasting = (db: Database): Database => ({ ...db, close: async () => undefined });

/** Lets time pass and promises settle in between. */
async function passUntil(world: SimulatedWorld, untilMs: number): Promise<void> {
  for (;;) {
    await quiet();
    const next = world.nextMs;
    const left = untilMs - world.elapsed();
    if (left <= 0) return;
    world.advance(Math.min(left, Math.max(next ?? left, MOMENT_MS)));
  }
}

/** Promises are let settle at least this far apart. */
const MOMENT_MS = 20;

const quiet = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn += 1) await null;
};

/** Lets time pass until the work is done. */
export async function settled<T>(work: Promise<T>, world: Pick<SimulatedWorld, 'advance'>): Promise<T> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  for (let turn = 0; turn < 100_000 && !over; turn += 1) {
    await quiet();
    if (!over) world.advance(1);
  }
  return done;
}

async function headgateRows(db: Database): Promise<Pick<Story, 'rows' | 'sums'>> {
  const { records } = await import('../../src/store/records.ts');
  const rows: UsageRecord[] = [];
  for (let toMs: number | undefined; ; ) {
    const page = await records(db, { limit: 10_000, ...(toMs !== undefined && { toMs }) });
    rows.push(...page);
    if (page.length < 10_000) break;
    toMs = page.at(-1)!.endedAtMs;
  }
  const [sum] = await db.all(
    'select coalesce(sum(attempts), 0) as attempts, coalesce(sum(cost_micro), 0) as micro, coalesce(sum(cost_pico), 0) as pico from usage_bucket where level = $1',
    ['day'],
  );
  return {
    rows,
    sums: { attempts: Number(sum!['attempts']), cost: BigInt(sum!['micro'] as bigint) * 1_000_000n + BigInt(sum!['pico'] as bigint) },
  };
}

/** Full, broken or read-only for some of the time; never at the very end. */
function trouble(disk: SimulatedDisk, world: World, chance: () => number): Story['troubled'] {
  const fromMs = chance() * BAD_MS;
  const untilMs = fromMs + chance() * 30_000;
  const code = (['ENOSPC', 'EIO', 'EROFS'] as const)[Math.floor(chance() * 3)]!;
  disk.fault = (operation) => {
    const nowMs = world.elapsed();
    return nowMs >= fromMs && nowMs < untilMs && (operation === 'append' || operation === 'sync') ? { code } : undefined;
  };
  return { fromMs, untilMs };
}

const DIALECTS: readonly DialectName[] = ['openai-chat', 'openai-responses', 'anthropic-messages'];

function plansFrom(chance: () => number): Plan[] {
  const plans: Plan[] = [];
  const one = (atMs: number, model: string): Plan => ({
    atMs,
    model,
    dialect: DIALECTS[Math.floor(chance() * 3)]!,
    stream: chance() < 0.6,
    ...(chance() < 0.2 && { deadlineMs: 500 + Math.floor(chance() * 30_000) }),
    ...(chance() < 0.1 && { leavesAfterMs: chance() * 5000 }),
  });
  const perSecond = 0.3 + chance() * 2;
  for (let atMs = 0; atMs < BAD_MS; atMs += (-Math.log(1 - chance()) * 1000) / perSecond)
    plans.push(one(atMs, ['one', 'two', 'three'][Math.floor(chance() * 3)]!));
  for (let atMs = BAD_MS; atMs < BAD_MS + FAIR_MS; atMs += FAIR_EVERY_MS)
    plans.push({ atMs, model: 'two', dialect: DIALECTS[Math.floor(chance() * 3)]!, stream: chance() < 0.5 });
  return plans;
}

function configFrom(chance: () => number): Config {
  const timeouts = { firstByte: '8s', stall: '5s', ...(chance() < 0.5 && { firstContent: '6s' }), ...(chance() < 0.3 && { growth: 1.5 }) };
  const keys = (count: number) => Array.from({ length: count }, (_, index) => `key-${index}-of-a-provider`);
  const some = () => 1 + Math.floor(chance() * 3);
  const crowd = () => (chance() < 0.4 ? { concurrency: { max: some(), queue: 3 * some(), wait: '8s' } } : {});
  const rules = {
    deadline: '45s',
    onCut: ON_CUT[Math.floor(chance() * ON_CUT.length)],
    ...(chance() < 0.3 && { hedge: { after: '1s' } }),
  };
  const file = {
    providers: {
      openai: { dialect: 'openai', apiKeys: keys(some()), timeouts, ...crowd() },
      anthropic: { dialect: 'anthropic', apiKeys: keys(some()), timeouts, ...crowd() },
      local: { dialect: 'openai-chat', baseUrl: 'http://local/v1', timeouts },
    },
    models: {
      one: { targets: ['openai/gpt-6-luna'], ...rules },
      two: { targets: ['anthropic/claude-haiku-5-5', 'openai/gpt-6-luna'], ...rules },
      three: { targets: ['local/llama', 'anthropic/claude-haiku-4-5', 'openai/gpt-6-luna'], ...rules },
    },
    prices: { 'local/llama': { input: '$0.10', output: '$0.40' } },
    ledger: { file: 'books', journal: { dir: 'journal' } },
  };
  const read = readConfig(JSON.stringify(file), {});
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read.config;
}
