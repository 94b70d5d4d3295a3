import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Metric, Span } from '../../src/monitor/otlp/wire.ts';

/** What is looked into of a body; it is compared as a whole too. */
interface Sent {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
  readonly resourceMetrics?: readonly { readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[] }[];
}

/** A request an OTLP collector got, unpacked. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Sent;
  readonly spans: readonly Span[];
  readonly metrics: readonly Metric[];
}

/** A collector that keeps what it is sent, and answers with the next of `statuses` (200 when there are none left). */
export async function startCollector(t: Pick<TestContext, 'after'>, statuses: number[] = []) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const bytes = Buffer.concat(await request.toArray());
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes).toString() : bytes.toString();
    const body = JSON.parse(text) as Sent;
    received.push({
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body,
      spans: body.resourceSpans?.[0]?.scopeSpans[0]?.spans ?? [],
      metrics: body.resourceMetrics?.[0]?.scopeMetrics[0]?.metrics ?? [],
    });
    response.writeHead(statuses.shift() ?? 200, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}
