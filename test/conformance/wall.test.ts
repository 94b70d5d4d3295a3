import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import {
  type Deployment,
  deployments,
  type Gateway,
  HEALTHY,
  MODES,
  type Mode,
  otherGateway,
  ownGateway,
  type Result,
  run,
  startUpstreams,
  VENDORS,
  WALL,
} from '../../src/wall/index.ts';
import { hurriedWorld } from '../../src/world/hurried.ts';
import type { World } from '../../src/world/world.ts';

/** The whole wall, with the waiting left out. */
async function throwWall(
  t: TestContext,
  gatewayFor: (all: readonly Deployment[], world: World) => Promise<Gateway>,
  crossed = false,
): Promise<Result[]> {
  const world = hurriedWorld();
  const everything = [HEALTHY, ...WALL];
  const upstreams = await startUpstreams(everything, world);
  const gateway = await gatewayFor(deployments(everything, VENDORS, upstreams.url, crossed), world);
  t.after(async () => {
    await gateway.close();
    await upstreams.close();
  });
  return run({ faults: WALL, vendors: VENDORS, crossed, upstreams, gateway, world });
}

const unlike = (results: readonly Result[], verdict: Result['verdict']) =>
  results
    .filter((result) => result.verdict !== verdict)
    .map((result) => `${result.fault} ${result.vendor} ${result.verdict}: ${result.reason}`);

/** Streams that break off after their first word: without holding back, the best there is to give is a clear error. */
const CUT = new Set([8, 9, 10, 14]);

const EXPECTED: Readonly<Record<Mode, (fault: number) => Result['verdict']>> = {
  default: (fault) => (CUT.has(fault) ? 'safe' : 'pass'),
  hold: () => 'pass',
};

for (const [mode, crossed] of MODES.flatMap((mode) => [false, true].map((crossed) => [mode, crossed] as const))) {
  test(`the sixteen faults in both dialects, ${mode} mode, the fallback at ${crossed ? 'the other' : 'the same'} vendor`, async (t) => {
    const results = await throwWall(t, (all, world) => ownGateway(all, mode, world), crossed);
    assert.equal(results.length, 32);
    assert.deepEqual(
      results
        .filter(({ fault, verdict }) => verdict !== EXPECTED[mode](fault))
        .map(({ fault, vendor, reason }) => `${fault} ${vendor}: ${reason}`),
      [],
    );
  });
}

test('a proxy that only passes on fails on the wall: it hangs, gives half answers for whole ones, and falls back for nobody', async (t) => {
  const results = await throwWall(t, passingOn);
  assert.deepEqual(
    unlike(
      results.filter(({ vendor, verdict }) => vendor === 'openai' && verdict !== 'safe'),
      'pass',
    ),
    [
      '3 openai fail: 1 attempts at an upstream that failed once, not 2',
      '6 openai fail: no end within 60 s',
      '7 openai fail: no end within 15 s',
      '8 openai fail: 40 tokens presented as a whole answer',
      '9 openai fail: 21 tokens presented as a whole answer',
      '10 openai fail: what is not JSON went on to the caller',
      '14 openai fail: 40 tokens presented as a whole answer',
      '15 openai fail: not every call was answered; 10 probes in the last 40 s of the outage, at most 8',
    ],
  );
});

/** The control: sends everything to the primary and ends its answers where the primary's ended. */
async function passingOn(all: readonly Deployment[]): Promise<Gateway> {
  const primaries = new Map(all.filter(({ role }) => role === 'primary').map((one) => [one.model, one]));
  const server = createServer(async (incoming, outgoing) => {
    const body = JSON.parse(Buffer.concat(await Array.fromAsync(incoming)).toString()) as { model: string };
    const { baseUrl, upstreamModel } = primaries.get(body.model)!;
    const path = incoming.url!.replace(baseUrl.endsWith('/v1') ? /^\/v1/ : /^/, '');
    const { host: _, 'content-length': __, ...headers } = incoming.headers;
    const onward = request(`${baseUrl}${path}`, { method: 'POST', headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers).flushHeaders();
      answer.on('data', (bytes) => outgoing.write(bytes));
      answer.on('close', () => outgoing.end());
      answer.on('error', () => {});
    });
    onward.on('error', () => (outgoing.headersSent ? outgoing : outgoing.writeHead(502)).end());
    outgoing.on('close', () => onward.destroy());
    onward.end(JSON.stringify({ ...body, model: upstreamModel }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...otherGateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, 'any'),
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
