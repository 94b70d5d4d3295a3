import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { rowNamed } from '../dialects/failures/row.ts';
import { whenText } from '../dialects/failures/when-text.ts';
import { DIALECTS } from '../dialects/registry.ts';
import { FAILURES, type Failure } from '../model/failure.ts';
import type { DialectName } from '../model/part.ts';
import { EXIT } from './exit.ts';
import { complain, durationText, paint, say } from './print.ts';

export interface ExplainOptions {
  /** Absent: an error inside a stream, which has none. */
  readonly status?: number;
  readonly dialect?: DialectName;
  /** Lower-case names. */
  readonly header: Readonly<Record<string, string>>;
  /** A file, or `-` for standard input. */
  readonly body?: string;
  readonly json?: boolean;
}

/** `headgate explain-error`: what a provider's answer means to retry, keys, health and caller, and by which row of the taxonomy. */
export async function explainError(options: ExplainOptions): Promise<number> {
  const { status = 200, header: headers, json } = options;
  const body = options.body === undefined ? '' : await read(options.body);
  if (options.status === undefined && body.trim() === '') {
    complain('error: there is nothing to explain: give the --status, the --body or both');
    return EXIT.usage;
  }
  const dialect = options.dialect ?? dialectOfBody(body);
  const failure = DIALECTS[dialect].decodeFailure({ status, headers, body }, Date.now());
  if (json) process.stdout.write(`${JSON.stringify(explained(failure, dialect), null, 2)}\n`);
  else for (const line of lines(failure)) say(line);
  return EXIT.ok;
}

const read = async (file: string) => (file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8'));

/** Messages errors say so; both OpenAI formats have the same. */
const dialectOfBody = (body: string): DialectName => (/"type"\s*:\s*"error"/.test(body) ? 'anthropic-messages' : 'openai-chat');

/** The explanation as data: the row, what the kind means, and what callers of each dialect are answered with. */
export function explained(failure: Failure, dialect: DialectName) {
  const { wire, rule, kind, ...said } = failure;
  const row = rowNamed(rule ?? '');
  return {
    kind,
    ...FAILURES[kind],
    rule,
    when: row && whenText(row.when),
    source: row?.source,
    dialect,
    said,
    told: Object.fromEntries(Object.values(DIALECTS).map(({ name, encodeFailure }) => [name, encodeFailure(failure).status])),
  };
}

function lines(failure: Failure): string[] {
  const { kind, message, code, type, retryAfterMs, shouldRetry, rule = '' } = failure;
  const { retry, trips, parks, status } = FAILURES[kind];
  const row = rowNamed(rule);
  const advice = shouldRetry === undefined ? '' : ` (the provider says ${shouldRetry ? 'to' : 'not to'})`;
  const rows: [string, string][] = [
    ['kind', paint('bold', kind)],
    ['said', [message, ...(code ? [`code ${code}`] : []), ...(type ? [`type ${type}`] : [])].join('; ')],
    ['retried', `${RETRIED[retry]}${advice}`],
    ...(retryAfterMs === undefined ? [] : [['wait', `${durationText(retryAfterMs)}, as the provider asks`] satisfies [string, string]]),
    ['health', trips ? 'speaks against the target; enough of it opens its breaker' : 'says nothing about the target’s health'],
    ['key', KEY[parks]],
    ['our status', `${status}${kind === 'denied' ? ', never 401: the caller would doubt its own key' : ''}`],
    ['row', rule],
    ['when', row ? whenText(row.when) : ''],
    ['source', row?.source ?? ''],
  ];
  return rows.map(([name, value]) => `${paint('dim', name.padEnd(10))}  ${value}`);
}

const RETRIED = {
  here: 'here again, and at other targets',
  elsewhere: 'only at other targets',
  larger: 'only at targets with a larger window',
  never: 'nowhere',
} as const satisfies Record<(typeof FAILURES)[keyof typeof FAILURES]['retry'], string>;

const KEY = {
  probe: 'set aside until a probe shows that it works again',
  wait: 'set aside for as long as the provider asks to wait',
  no: 'stays in use',
} as const satisfies Record<(typeof FAILURES)[keyof typeof FAILURES]['parks'], string>;
