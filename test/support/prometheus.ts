import { spawnSync } from 'node:child_process';
import { freePort, programFile, runProgram, serverFile, serverFolder, startServer, without } from './servers.ts';

/** For a test's `skip`: why there is no Prometheus here, or false. */
export const withoutPrometheus = (): string | false => without('prometheus', 'promtool');

/** A value of each series a query gives, by its labels as `a=1,b=2` (`''` for none). */
export type Answer = Readonly<Record<string, number>>;

export interface PrometheusOptions {
  /** Addresses (`host:port`) to scrape every second. */
  readonly scrapes?: readonly string[];
  /** What it knows from the beginning: lines of an exposition, each ending in its time in seconds. */
  readonly history?: string;
}

/** A Prometheus of its own for one test. */
export async function startPrometheus({ scrapes = [], history }: PrometheusOptions) {
  const folder = serverFolder('prometheus');
  const port = await freePort();
  const data = `${folder}/data`;
  if (history !== undefined) {
    const file = serverFile(folder, 'history.txt', `${history}# EOF\n`);
    runProgram('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, data], folder);
  }
  const targets = scrapes.map((address) => `'${address}'`).join(', ');
  const jobs = scrapes.length > 0 ? `- job_name: headgate\n    static_configs: [{ targets: [${targets}] }]` : '';
  const config = serverFile(
    folder,
    'prometheus.yml',
    `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs:\n  ${jobs || '[]'}\n`,
  );
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=10y',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { folder, ready: async () => (await fetch(`${url}/-/ready`)).ok },
  );

  /** Asks as of a time, in seconds since 1970; absent: now. */
  async function query(expr: string, timeS?: number): Promise<Answer> {
    const asked = new URLSearchParams({ query: expr, ...(timeS !== undefined && { time: String(timeS) }) });
    const answer = (await (await fetch(`${url}/api/v1/query`, { method: 'POST', body: asked })).json()) as {
      readonly error?: string;
      readonly data?: { readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[] };
    };
    if (!answer.data) throw new Error(`${expr}: ${answer.error}`);
    return Object.fromEntries(answer.data.result.map(({ metric, value }) => [labelsOf(metric), Number(value[1])]));
  }
  return { query, stop: () => server.stop('SIGKILL') };
}

const labelsOf = ({ __name__: _, instance: _i, job: _j, ...labels }: Record<string, string>) =>
  Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

/** What promtool says of a page of metrics: nothing when all is well. */
export function lintMetrics(page: string): string {
  const { stdout, stderr, status } = spawnSync(programFile('promtool')!, ['check', 'metrics'], { input: page, encoding: 'utf8' });
  return status === 0 ? '' : stdout + stderr;
}
