import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Refusal } from './native-sink.ts';

/** Most headers a request may have. */
const HEADERS_MAX = 100;

/**
 * What Node's parser lets pass and a gateway should not: requests that two readers could read
 * differently, and those that ask for another protocol.
 */
export function objectionTo({ method, url, headers, rawHeaders, httpVersionMinor }: IncomingMessage): Refusal | undefined {
  if (rawHeaders.length > 2 * HEADERS_MAX) return closing(431, `a request may have at most ${HEADERS_MAX} headers`);
  if (url?.charCodeAt(0) !== SLASH) return closing(400, 'the request target must be a path');
  if (headers.upgrade !== undefined) return upgradeRefusal(headers.upgrade);
  if (timesGiven('host', rawHeaders) > 1 || (headers.host === undefined && httpVersionMinor > 0))
    return closing(400, 'a request must name its host once');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return closing(400, 'transfer-encoding must be chunked');
  if ((method === 'GET' || method === 'HEAD') && (coding !== undefined || Number(headers['content-length'] ?? 0) > 0))
    return closing(400, `a ${method} request must not have a body`);
  return undefined;
}

const SLASH = 0x2f;

/** A no after which the connection cannot be trusted to be at the start of a request. */
const closing = (status: number, message: string): Refusal => ({ status, message, headers: { connection: 'close' } });

/** 426 makes clients that try WebSocket first fall back to plain HTTP. */
function upgradeRefusal(protocol: string): Refusal {
  if (protocol.toLowerCase() === 'websocket') return closing(426, 'there is no WebSocket here: send the request over HTTP');
  return closing(400, 'this server speaks HTTP/1.1 and does not upgrade');
}

function timesGiven(name: string, rawHeaders: readonly string[]): number {
  let times = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at]!;
    if (given.length === name.length && given.toLowerCase() === name) times += 1;
  }
  return times;
}

/** What to say when Node gave up on a request, by the code of its error. */
export function spoiling(code: string | undefined): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW') return closing(431, 'the request head is too large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return closing(408, 'the request did not come to its end in time');
  return closing(400, 'the request is not well-formed HTTP/1.1');
}

/** A refusal as bytes, where no request was read that could say which dialect it speaks: a body that both vendors' SDKs can read. */
export function rawRefusal({ status, message }: Refusal): string {
  const body = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message, param: null, code: null } });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
