import type { JsonObject } from '../model/json.ts';
import { configFile, loadOrComplain } from './load.ts';

/** Where a command that manages something finds what it manages. */
export interface AdminOptions {
  /** A running gateway; its admin API is asked with the token in `HEADGATE_ADMIN_TOKEN`. */
  readonly url?: string;
  /** Without `url`: the configuration whose ledger has the database. */
  readonly config?: string;
}

/** Asks the admin API; throws what it says is wrong. */
export type AskAdmin = (method: string, path: string, body?: object) => Promise<JsonObject>;

/** Does work with an admin API, a gateway's or one of our own on the database. False: the configuration is wrong, and was told of. */
export async function withAdmin(options: AdminOptions, work: (ask: AskAdmin) => Promise<void>): Promise<boolean> {
  if (options.url !== undefined) {
    await work(remote(options.url.replace(/\/+$/, '').replace(/\/(admin\/)?v1$/, '')));
    return true;
  }
  const config = loadOrComplain(configFile(options.config));
  if (!config) return false;
  const { localAdmin } = await import('../local-admin.ts');
  const admin = await localAdmin(config, Date.now);
  try {
    await work((method, path, body) => answered(admin.fetch(`http://headgate.local/admin/v1${path}`, request(method, body))));
  } finally {
    await admin.close();
  }
  return true;
}

function remote(base: string): AskAdmin {
  const token = process.env['HEADGATE_ADMIN_TOKEN'];
  if (!token) throw new Error('set HEADGATE_ADMIN_TOKEN to the admin token of the gateway');
  return async (method, path, body) => {
    const { headers, ...rest } = request(method, body);
    const answer = fetch(`${base}/admin/v1${path}`, { ...rest, headers: { ...headers, authorization: `Bearer ${token}` } });
    return answered(
      answer.catch((error: Error & { cause?: NodeJS.ErrnoException }) => {
        throw new Error(`no gateway answers at ${base} (${error.cause?.code ?? error.message})`);
      }),
    );
  };
}

const request = (method: string, body: object | undefined) => ({
  method,
  headers: { 'content-type': 'application/json' },
  ...(body && { body: JSON.stringify(body) }),
});

async function answered(answer: Promise<Response>): Promise<JsonObject> {
  const response = await answer;
  const text = await response.text();
  let body: JsonObject = {};
  try {
    body = JSON.parse(text) as JsonObject;
  } catch {
    throw new Error(`the answer is no admin API's (status ${response.status}): is this the address of a Headgate?`);
  }
  if (response.ok) return body;
  const { message = `status ${response.status}` } = (body['error'] ?? {}) as { message?: string };
  const closed = response.status === 404 && message.startsWith('there is nothing at');
  throw new Error(closed ? 'the gateway has no admin API: set admin.token in its configuration' : message);
}
