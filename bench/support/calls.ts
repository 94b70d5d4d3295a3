import { REQUEST_HEADERS } from './bodies.ts';

/** An HTTP/1.1 POST as bytes, for loads that write to sockets themselves. */
export function rawRequest(path: string, body: string): string {
  const headers = { host: '127.0.0.1', ...REQUEST_HEADERS, 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** Where a raw request goes. */
export function placeOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
