import { freePort, type RunningServer, serverFile, serverFolder, startServer } from './servers.ts';

/** An Alertmanager that runs. */
export interface Alertmanager extends RunningServer {
  readonly url: string;
}

/** What Alertmanager posts to a webhook, version 4: the parts tests look at. */
export interface Grouped {
  readonly status: 'firing' | 'resolved';
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly {
    readonly status: 'firing' | 'resolved';
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

/** One that groups by alert and tells a webhook at once. */
export async function startAlertmanager(webhookUrl: string): Promise<Alertmanager> {
  const folder = serverFolder('alertmanager');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = serverFile(
    folder,
    'alertmanager.yml',
    `route: { receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h }
receivers: [{ name: hook, webhook_configs: [{ url: "${webhookUrl}", send_resolved: true }] }]
`,
  );
  const server = await startServer(
    'prometheus-alertmanager',
    [`--config.file=${config}`, `--storage.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='],
    { folder, ready: async () => (await fetch(`${url}/-/ready`)).ok },
  );
  return Object.assign(server, { url });
}
