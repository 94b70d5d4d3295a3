import type { Charge } from '../accounting/charge.ts';
import { type Failure, failureOf, HeadgateError } from '../model/failure.ts';
import type { Job, JobEstimate, Jobs, JobTerms, LineProblem, NewLine } from '../model/job.ts';
import { type Money, zero } from '../model/money.ts';
import type { AddedLine, NewJob } from '../store/jobs.ts';
import { errorIn } from './answer.ts';
import { askingOf, encodeLine, ownerOf } from './line.ts';
import { newName } from './name.ts';
import type { BatchRooms, FundsWant, Place } from './rooms.ts';

const DAY_MS = 86_400_000;
/** Lines written and read at once. */
const TOGETHER = 250;
const TOGETHER_BYTES = 1024 ** 2;

/** Jobs on the store; `wake` is called when there is something to look after. */
export function createJobs(rooms: Omit<BatchRooms, 'keep' | 'lines' | 'turn'>, wake: () => void): Jobs {
  const { ask, world } = rooms;

  /** A line looked at: as it is added, and what it may take; or what is wrong. */
  function check(terms: JobTerms, { customId, ...given }: NewLine, line: number, seen: Set<string>): Checked {
    if (customId === '')
      return { failure: { kind: 'invalid', message: `line ${line + 1} needs a custom_id`, param: 'custom_id' }, fatal: true };
    if (seen.has(customId))
      return {
        failure: {
          kind: 'invalid',
          message: `line ${line + 1} has the custom_id "${customId.slice(0, 80)}" of another line`,
          param: 'custom_id',
        },
        fatal: true,
      };
    seen.add(customId);
    try {
      const asking = askingOf(terms, given);
      const place = rooms.place(asking);
      if ('kind' in place) return { failure: place };
      encodeLine(asking.inbound, place, world.now());
      const channel = terms.via !== 'sync' && place.batch ? 'batch' : 'sync';
      const funds = rooms.funds.line(asking, place, channel, world.now());
      if ('kind' in funds) return { failure: funds };
      return { place, channel, asking, ...funds };
    } catch (error) {
      if (error instanceof HeadgateError) return { failure: failureOf(error) };
      throw error;
    }
  }

  async function create(terms: JobTerms, lines: Parameters<Jobs['create']>[1]): ReturnType<Jobs['create']> {
    const nowMs = world.now();
    const { caller, dialect, operation, via = 'batch', onLoss, settings = {}, windowMs = DAY_MS } = terms;
    const id = newName('batch_', world);
    const job: NewJob = {
      id,
      caller: ownerOf(caller),
      dialect,
      operation,
      via,
      ...(onLoss !== undefined && { onLoss }),
      settings,
      createdMs: nowMs,
      expiresMs: nowMs + windowMs,
    };
    await ask('addJob', job);
    try {
      const refused = await fill(id, terms, lines);
      if (refused) {
        await ask('dropJob', { id });
        return refused;
      }
    } catch (error) {
      // The job may have got half of its lines: nobody has heard of it.
      await ask('dropJob', { id }).catch(() => {});
      throw error;
    }
    await ask('startJob', { id });
    wake();
    return (await ask('jobOf', { id, owner: '' }))!;
  }

  /** Adds the lines and sets aside what they may take; or says why the job may not be. */
  async function fill(
    id: string,
    terms: JobTerms,
    lines: Parameters<Jobs['create']>[1],
  ): Promise<(Failure & { readonly problems?: readonly LineProblem[] }) | undefined> {
    const seen = new Set<string>();
    const wants = new Map<string, FundsWant>();
    const problems: LineProblem[] = [];
    let some: AddedLine[] = [];
    let bytes = 0;
    let line = 0;
    const write = async () => {
      if (some.length > 0) await ask('addLines', { job: id, lines: some });
      some = [];
      bytes = 0;
    };
    for await (const given of lines) {
      const checked = check(terms, given, line, seen);
      if ('failure' in checked) {
        problems.push({ line, customId: given.customId, failure: checked.failure });
        if (checked.fatal) return { ...checked.failure, problems };
        some.push({ line, ...given, error: errorIn({ dialect: terms.dialect }, checked.failure) });
      } else {
        // What is asked one by one is reserved call by call.
        if (checked.channel === 'batch') for (const want of checked.wants) addWant(wants, want);
        some.push({ line, ...given });
      }
      bytes += given.body.length;
      line += 1;
      if (some.length >= TOGETHER || bytes >= TOGETHER_BYTES) await write();
    }
    if (line === 0) return { kind: 'invalid', message: 'a batch must have at least one request' };
    if (problems.length === line) return noneOf(problems);
    await write();
    const expiresMs = world.now() + (terms.windowMs ?? DAY_MS);
    return rooms.funds.hold(id, [...wants.values()], expiresMs);
  }

  async function estimate(terms: JobTerms, lines: Parameters<Jobs['estimate']>[1]): Promise<JobEstimate | Failure> {
    const seen = new Set<string>();
    const problems: LineProblem[] = [];
    const targets = new Map<string, { target: string; lines: number; batch: boolean }>();
    let count = 0;
    let inputTokens = 0;
    let batchCost: Money | null = zero;
    let syncCost: Money | null = zero;
    for await (const given of lines) {
      const checked = check(terms, given, count, seen);
      count += 1;
      if ('failure' in checked) {
        problems.push({ line: count - 1, customId: given.customId, failure: checked.failure });
        continue;
      }
      const target = `${checked.place.target.provider}/${checked.place.target.model}`;
      const batch = checked.channel === 'batch';
      const sum = targets.get(`${target} ${batch}`) ?? { target, lines: 0, batch };
      sum.lines += 1;
      targets.set(`${target} ${batch}`, sum);
      inputTokens += checked.inputTokens;
      const sync = rooms.funds.line(checked.asking, checked.place, 'sync', world.now());
      batchCost = plus(batchCost, checked.likely);
      syncCost = plus(syncCost, 'kind' in sync ? null : sync.likely);
    }
    return { lines: count, problems, inputTokens, batchCost, syncCost, targets: [...targets.values()] };
  }

  /** A job that was handed in as one: the batch that deferred calls of several go in is nobody's. */
  async function own(id: string, owner = ''): Promise<Job | undefined> {
    const job = await ask('jobOf', { id, owner });
    return owner !== '' && job?.syncMs !== undefined ? undefined : job;
  }

  return {
    create,
    estimate,
    get: own,
    list: ({ owner = '', ...query }) => ask('jobList', { owner, ...query }),
    async cancel(id, owner = '') {
      if (!(await own(id, owner))) return undefined;
      const job = await ask('cancelJob', { id, owner, nowMs: world.now() });
      wake();
      return job;
    },
    async delete(id, owner = '') {
      const job = await own(id, owner);
      return job?.state === 'ended' && (await ask('dropJob', { id }));
    },
    async *results(id, { asked = false } = {}) {
      let after = -1;
      for (;;) {
        const some = await ask('jobResults', { job: id, after, most: TOGETHER, asked });
        yield* some;
        if (some.length < TOGETHER) return;
        after = some.at(-1)!.line;
      }
    },
  };
}

/** A job of which nothing can be asked is none; who has a line number to look for finds it. */
function noneOf(problems: readonly LineProblem[]): Failure & { readonly problems: readonly LineProblem[] } {
  const { line, failure } = problems[0]!;
  return { ...failure, message: `no line can be asked; line ${line + 1}: ${failure.message}`, problems };
}

type Checked =
  | { readonly failure: Failure /** Whether no job can have such a line. */; readonly fatal?: true }
  | {
      readonly place: Place;
      readonly channel: 'sync' | 'batch';
      readonly asking: ReturnType<typeof askingOf>;
      readonly inputTokens: number;
      readonly likely: Money | null;
      readonly wants: readonly FundsWant[];
    };

const accountKey = ({ budget, value, startMs }: Charge['account']) => `${budget}\n${value}\n${startMs}`;

function addWant(wants: Map<string, FundsWant>, want: FundsWant): void {
  if (want.soft) return;
  const key = accountKey(want.account);
  const before = wants.get(key);
  wants.set(key, before ? { ...before, amount: (before.amount + want.amount) as Money } : want);
}

const plus = (sum: Money | null, more: Money | null): Money | null => (sum === null || more === null ? null : ((sum + more) as Money));
