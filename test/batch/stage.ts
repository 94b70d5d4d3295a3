import { readConfig } from '../../src/config/read.ts';
import { createHeadgate, type Headgate } from '../../src/headgate.ts';
import type { Exchange, Network } from '../../src/model/exchange.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { Job, JobTerms, LineResult, NewLine } from '../../src/model/job.ts';
import type { Notice } from '../../src/model/notice.ts';
import { createSimulator, networkOf, type Script } from '../../src/simulator/index.ts';
import type { Database } from '../../src/store/database.ts';
import { inProcess } from '../../src/store/in-process.ts';
import type { Ground } from '../../src/store/open-store.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { type SimulatedWorld, simulatedWorld } from '../../src/world/simulated.ts';
import type { World } from '../../src/world/world.ts';
import { simulatedDisk } from '../support/simulated-disk.ts';

/** Something that is done outside the process: it may die just before, or just after, and not know which. */
export interface Effect {
  readonly name: string;
  readonly number: number;
}

export interface Life {
  readonly headgate: Headgate;
  /** `kill -9`. */
  kill(): void;
}

/** Both vendors, a database and a clock, which outlive the gateway's processes. */
export async function stage(script: Script = [], more: object = {}) {
  const world = simulatedWorld({ startMs: Date.UTC(2026, 10, 20) });
  const simulator = createSimulator({ script, world });
  const vendors = networkOf(simulator, world);
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  const disk = simulatedDisk(1, (ms, work) => void world.after(ms, work));
  const config = configured(more);
  const notices: Notice[] = [];
  /** Told of each effect; says whether the process dies before it, after it, or lives on. */
  let fate: (effect: Effect) => 'before' | 'after' | undefined = () => undefined;
  let effects = 0;

  async function start(): Promise<Life> {
    let alive = true;
    const own: World = {
      ...world,
      after: (ms, work) => world.after(ms, () => alive && work()),
      soon: (work) => world.soon(() => alive && work()),
    };
    const kill = () => {
      alive = false;
      disk.kill();
    };
    /** Carries an effect out, or not, as fate will have it. */
    const carriedOut = (name: string, work: () => void) => {
      if (!alive) return;
      effects += 1;
      const end = fate({ name, number: effects });
      if (end === 'before') return kill();
      work();
      if (end === 'after') kill();
    };
    const network: Network = {
      send(request, receiver) {
        let exchange: Exchange | undefined;
        const quiet = new Proxy(receiver, {
          get: (target, name) => {
            const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
            return (...args: unknown[]) => (alive ? method.apply(target, args) : undefined);
          },
        });
        carriedOut(`${request.method} ${request.path}`, () => {
          exchange = vendors.send(request, quiet);
        });
        return exchange ?? { asked: true, abort() {}, pause() {}, resume() {} };
      },
    };
    const ground = inProcess(lasting(await db), disk.mount());
    const watched: Ground = {
      ...ground,
      async start(options, ears, clock) {
        const thread = await ground.start(options, { ...ears, hear: (news) => alive && ears.hear(news) }, clock);
        return {
          ...thread,
          send(order) {
            if (order.type !== 'task') return alive && thread.send(order);
            let sent = false;
            carriedOut(order.name, () => {
              sent = thread.send(order);
            });
            return sent || !alive;
          },
        };
      },
    };
    const headgate = await settled(
      createHeadgate(config, { world: own, network, ground: watched, onNotice: (notice) => notices.push(notice) }),
      world,
    );
    return { headgate, kill };
  }

  return {
    world,
    simulator,
    db,
    start,
    /** What those who run it were told. */
    notices,
    get effects() {
      return effects;
    },
    set fate(next: typeof fate) {
      fate = next;
    },
    /** Requests to the vendors that made a batch. */
    created: () =>
      simulator.requests.filter(({ method, path, status }) => method === 'POST' && /\/batches$/.test(path) && status < 300).length,
  };
}

function configured(more: object) {
  const providers = {
    openai: { dialect: 'openai', baseUrl: 'http://openai.test/v1', apiKey: 'key-of-openai-1234' },
    anthropic: { dialect: 'anthropic', baseUrl: 'http://anthropic.test', apiKey: 'key-of-anthropic-1' },
  };
  const read = readConfig(JSON.stringify({ providers, ledger: { file: 'ledger.sqlite' }, ...more }), {});
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read.config;
}

const lasting = (db: Database): Database => ({ ...db, close: async () => undefined });

/** Lets promises settle, and whatever the platform does in between. */
export const quiet = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await null;
  await new Promise(setImmediate);
};

/** Lets time pass until the work is done. */
export async function settled<T>(work: Promise<T>, world: SimulatedWorld): Promise<T> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  // Whoever asked hears of a failure; until then it is not nobody's.
  done.catch(() => {});
  for (let turn = 0; turn < 200_000 && !over; turn += 1) {
    await quiet();
    if (!over) world.advance(Math.min(world.nextMs ?? 1, 1000));
  }
  if (!over) throw new Error('it never ends');
  return done;
}

/** Lets time pass until the job has ended. */
export async function ended({ headgate }: Life, world: SimulatedWorld, id: string): Promise<Job> {
  for (let look = 0; look < 2000; look += 1) {
    const job = await settled(headgate.jobs!.get(id), world);
    if (job?.state === 'ended') return job;
    for (let step = 0; step < 40; step += 1) {
      await quiet();
      world.advance(5000);
    }
  }
  throw new Error('the job never ends');
}

export async function resultsOf({ headgate }: Life, world: SimulatedWorld, id: string): Promise<LineResult[]> {
  return settled(Array.fromAsync(headgate.jobs!.results(id)), world);
}

/** A job of so many short questions. */
export const questions = (count: number, model: string, dialect: JobTerms['dialect'] = 'openai-chat'): NewLine[] =>
  Array.from({ length: count }, (_, line) => ({
    customId: `row ${line}`,
    body: JSON.stringify({
      model,
      ...(dialect === 'openai-responses' ? { input: `Question ${line}` } : { messages: [{ role: 'user', content: `Question ${line}` }] }),
      ...(dialect === 'anthropic-messages' && { max_tokens: 100 }),
    }),
  }));

export const isJob = (made: Job | Failure): Job => {
  if ('kind' in made) throw new Error(made.message);
  return made;
};
