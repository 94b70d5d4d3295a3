import { dialectOf } from '../dialects/registry.ts';
import type { Delivery, Inbound, Outbound } from '../lanes/lane.ts';
import type { Attempt, Target } from '../model/attempt.ts';
import { FAILURES, type Failure } from '../model/failure.ts';

/** What a provider said of a line: an answer's status and body, or that it was not asked at all. */
export interface LineAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** An answer as the job's owner gets it, and as it is booked. */
export interface ReadAnswer {
  readonly status: number;
  /** In the job's dialect. */
  readonly body: string;
  readonly attempt: Attempt;
  readonly failure?: Failure;
}

/** Reads a line's answer with what the line was encoded with. */
export function readAnswer(
  { status, body }: LineAnswer,
  inbound: Inbound,
  outbound: Outbound,
  { target, sentMs, nowMs }: { readonly target: Target; readonly sentMs: number; readonly nowMs: number },
): ReadAnswer {
  const base = { target, startedAtMs: sentMs, durationMs: nowMs - sentMs };
  const losses = outbound.losses.filter(({ impact }) => impact !== 'none').length;
  const failed = (failure: Failure): ReadAnswer => ({
    ...errorIn(inbound, failure),
    // Neither vendor bills a line that failed.
    attempt: { ...base, delivered: false, failure, losses },
    failure,
  });
  if (status < 200 || status > 299) return failed(outbound.failure({ status, headers: {}, body: body.toString() }, nowMs));
  const machine = outbound.answer('application/json');
  const told: Delivery[] = [...machine.push(body), ...machine.end()];
  const end = told.findLast((one) => one.type !== 'bytes');
  if (end?.type !== 'end') return failed(end?.failure ?? { kind: 'broken', message: 'the answer is not whole' });
  const { finish, usage, losses: more } = end;
  const attempt: Attempt = {
    ...base,
    delivered: true,
    finish,
    ...(usage && { usage }),
    ...(machine.servedModel !== undefined && { servedModel: machine.servedModel }),
    losses: losses + more.filter(({ impact }) => impact !== 'none').length,
  };
  const bytes = told.flatMap((one) => (one.type === 'bytes' ? [one.bytes] : []));
  return { status: 200, body: bodyIn(inbound, Buffer.concat(bytes)), attempt };
}

/** An answer's bytes as they are kept: the events of a canonical one as a list. */
export function bodyIn({ dialect }: Pick<Inbound, 'dialect'>, bytes: Buffer): string {
  const text = bytes.toString();
  return dialect === 'canonical'
    ? `[${text
        .split('\n')
        .filter((line) => line !== '' && line[0] !== ':')
        .join(',')}]`
    : text;
}

/** A failure as the job's owner gets it. */
export function errorIn({ dialect }: Pick<Inbound, 'dialect'>, failure: Failure): { readonly status: number; readonly body: string } {
  if (dialect === 'canonical') return { status: FAILURES[failure.kind].status, body: `[${JSON.stringify({ type: 'fail', failure })}]` };
  const { status, body } = dialectOf(dialect).encodeFailure(failure);
  return { status, body };
}

/** Whether the same line may well be answered when it is sent again. */
export const mayPass = ({ kind, shouldRetry }: Failure): boolean => shouldRetry ?? FAILURES[kind].retry === 'here';
