import type { BodyAccount } from '../lanes/account.ts';
import { canonicalFrom } from '../lanes/canonical.ts';
import { inboundOf } from '../lanes/inbound.ts';
import { laneFor } from '../lanes/index.ts';
import type { Asking, Inbound, Outbound } from '../lanes/lane.ts';
import { lossyFailure } from '../lanes/lossy.ts';
import { scan, splice } from '../lanes/scan.ts';
import { createVault } from '../lanes/vault.ts';
import type { Caller } from '../model/caller.ts';
import { HeadgateError, invalid } from '../model/failure.ts';
import type { Job, JobTerms } from '../model/job.ts';
import type { Loss } from '../model/loss.ts';
import { refusedLosses } from '../policy/on-loss.ts';
import type { Errand } from '../store/chunks.ts';
import type { KeptJob } from '../store/jobs.ts';
import type { Place } from './rooms.ts';

/** A line as the call it asks for, on the job's account where it has none of its own. Throws `invalid` where it cannot be one. */
export function askingOf(
  job: Pick<KeptJob, 'dialect' | 'operation' | 'caller' | 'onLoss'> & Pick<JobTerms, 'settings'>,
  { body, caller = job.caller }: Pick<Errand, 'body' | 'caller'>,
): Asking {
  const inbound =
    job.dialect === 'canonical' ? canonicalFrom(body) : inboundOf(job.operation, job.dialect, headersOf(job), Buffer.from(body));
  if (inbound.head.stream) invalid('stream must be left out or false: the answers of a batch come whole', 'stream');
  return {
    inbound,
    caller: callerOf(caller, inbound.head.account),
    priority: 'low',
    ...(job.onLoss !== undefined && { onLoss: job.onLoss }),
  };
}

/** Headers of the job's that say what its lines mean. */
const headersOf = ({ settings }: Pick<JobTerms, 'settings'>): Readonly<Record<string, string>> =>
  typeof settings?.['betas'] === 'string' ? { 'anthropic-beta': settings['betas'] } : {};

/**
 * On whose account a job goes on after it was taken: of the limits only the budgets are left. A ceiling was asked when
 * the lines were looked at, and a pace is for those who wait.
 */
export const ownerOf = ({ limits, ...caller }: Caller): Caller =>
  limits?.budgets ? { ...caller, limits: { budgets: limits.budgets } } : caller;

/** The job's account, with what the line's own body says where the key lets it. */
function callerOf(caller: Caller, { feature, user }: BodyAccount): Caller {
  const may = (what: 'feature' | 'user') => !caller.scopes?.overrides || caller.scopes.overrides.includes(what);
  return {
    ...caller,
    ...(feature !== undefined && may('feature') && { feature }),
    ...(user !== undefined && may('user') && { user }),
  };
}

/** A line as a provider is handed it. */
export interface Sent {
  readonly outbound: Outbound;
  /** JSON in the provider's dialect; never streamed. */
  readonly body: Buffer;
  readonly losses: readonly Loss[];
}

/**
 * The same for the same line and place whenever it is asked: the answer of a line is read with what it was encoded
 * with, by a process that may not be the one that sent it. Throws a `HeadgateError` where it would lose what it must not.
 */
export function encodeLine(inbound: Inbound, { target, facts, onLoss, repair }: Place, nowMs: number): Sent {
  const way = { target, facts, nowS: Math.floor(nowMs / 1000), includeUsage: false, repair, vault: createVault(), owner: '' };
  const outbound = laneFor(inbound, target.dialect)(inbound, way);
  const refused = refusedLosses(outbound.losses, onLoss);
  if (refused.length > 0) throw new HeadgateError(lossyFailure(refused, inbound.dialect, `${target.provider}/${target.model}`));
  return { outbound, body: unstreamed(Buffer.from(outbound.body)), losses: outbound.losses };
}

const STREAM = new Set(['stream']);

/** Long answers of Anthropic's are asked for streamed otherwise; in a batch nothing is. */
function unstreamed(body: Buffer): Buffer {
  const span = scan(body, STREAM)?.['stream'];
  return span ? splice(body, [{ span, with: 'false' }]) : body;
}

/** Which endpoint lines of a job would have been sent to, below `/v1`. */
export const endpointOf = ({ dialect, operation }: Pick<Job, 'dialect' | 'operation'>): string =>
  operation === 'embed'
    ? '/embeddings'
    : dialect === 'openai-chat'
      ? '/chat/completions'
      : dialect === 'openai-responses'
        ? '/responses'
        : '/messages';
