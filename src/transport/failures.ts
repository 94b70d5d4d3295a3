import type { Failure } from '../model/failure.ts';
import type { Provider } from '../model/provider.ts';

type Named = Pick<Provider, 'name'>;

/** It never answered: no connection, or one that closed before the first byte. Safe words only: error texts name hosts. */
export function unreachable({ name }: Named, error: Error & { code?: string }, asked: boolean): Failure {
  const code = error.code ?? error.name;
  if (code === 'unfit' || code === 'UND_ERR_INVALID_ARG')
    return { kind: 'broken', message: `the request for ${name} has a header or path that HTTP cannot carry` };
  if (error.name === 'MalformedAnswer' || error.name === 'HTTPParserError')
    return { kind: 'broken', message: `${name} answered with something that is not HTTP` };
  const what = asked ? 'closed the connection before it answered' : (WORDS[code] ?? `could not be reached (${code})`);
  return { kind: 'unreachable', message: `${name} ${what}` };
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ENOTFOUND: 'could not be reached: its host name is not known',
  EAI_AGAIN: 'could not be reached: its host name could not be looked up',
  connectMs: 'could not be reached within its time-out connect',
  UND_ERR_CONNECT_TIMEOUT: 'could not be reached within its time-out connect',
  UND_ERR_PRX_CONN: 'could not be reached through its proxy',
  UND_ERR_PRX_TLS: 'could not be reached: its proxy has no valid certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a certificate nobody vouches for',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate nobody vouches for',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate nobody vouches for',
};

/** The answer began and did not come to its end. */
export const brokenOff = ({ name }: Named, code?: string): Failure => ({
  kind: 'interrupted',
  message: `${name} broke off its answer${code ? ` (${code})` : ''}`,
});

export const tooSlow = ({ name, firstByteMs, stallMs }: Provider, answering: boolean): Failure => ({
  kind: 'slow',
  message: answering
    ? `${name} fell silent in the middle of its answer for ${stallMs} ms (time-out stall)`
    : `${name} did not begin to answer within ${firstByteMs} ms (time-out firstByte)`,
});

/** Still in line when its time for an answer was up. */
export const silence = ({ name, firstByteMs, connectionsMax }: Provider): Failure => ({
  kind: 'slow',
  message: `no connection to ${name} came free within ${firstByteMs} ms (time-out firstByte): all ${connectionsMax} are busy`,
});

/** Sent in a coding nobody asked for and we do not know. */
export const unreadable = ({ name }: Named, coding: string): Failure => ({
  kind: 'broken',
  message: `${name} answered in the content-encoding "${coding.slice(0, 40)}", which was not asked for and is not known`,
});

export const closing = ({ name }: Named): Failure => ({
  kind: 'closing',
  message: `the gateway closed while ${name} was being asked`,
});
