import { freePort, serverFile, serverFolder, startServer, without } from './servers.ts';

/** For a test's `skip`: why there is no InfluxDB here, or false. */
export const withoutInflux = (): string | false => without('influxd');

/** An InfluxDB 1 of its own for one test; what it holds outlives a kill. */
export async function startInflux() {
  const folder = serverFolder('influx');
  const [port, innerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const config = serverFile(
    folder,
    'influx.conf',
    `reporting-disabled = true
bind-address = "127.0.0.1:${innerPort}"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
[http]
bind-address = "127.0.0.1:${port}"
log-enabled = false
`,
  );
  const start = () =>
    startServer('influxd', ['run', '-config', config], { folder, ready: async () => (await fetch(`${url}/ping`)).status === 204 });
  let server = await start();

  /** The rows of the first series a query gives. */
  async function query(q: string, db = ''): Promise<unknown[][]> {
    const answer = await fetch(`${url}/query`, { method: 'POST', body: new URLSearchParams({ q, db }) });
    const { results } = (await answer.json()) as { results: { series?: { values: unknown[][] }[]; error?: string }[] };
    if (results[0]?.error) throw new Error(results[0].error);
    return results[0]?.series?.[0]?.values ?? [];
  }
  return {
    url,
    query,
    kill: () => server.stop('SIGKILL'),
    async restart() {
      server = await start();
    },
    stop: () => server.stop('SIGKILL'),
  };
}
