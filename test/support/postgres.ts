import pg from 'pg';
import { freePort, type RunningServer, runProgram, serverFile, serverFolder, startServer, without } from './servers.ts';

/** For a test's `skip`: why there is no PostgreSQL here, or false. */
export const withoutPostgres = (): string | false => without('initdb', 'postgres');

export interface Postgres extends RunningServer {
  /** Address of a new, empty database. */
  database(): Promise<string>;
  /** Runs one statement in the server's own database. */
  run(sql: string): Promise<pg.QueryResult>;
}

/** The password of the only user, `headgate`. */
export const PASSWORD = 'canary-password';

/** Starts a PostgreSQL of its own for the tests of one file. */
export async function startPostgres(): Promise<Postgres> {
  const folder = serverFolder('postgres');
  const secret = serverFile(folder, 'password', PASSWORD);
  const port = await freePort();
  const data = `${folder}/data`;
  runProgram('initdb', ['-D', data, '-U', 'headgate', '-A', 'scram-sha-256', '--pwfile', secret, '--no-sync', '-E', 'UTF8'], folder);
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'shared_buffers=32MB', 'max_connections=60'];
  const server = await startServer('postgres', ['-D', data, '-p', String(port), ...settings.flatMap((one) => ['-c', one])], {
    folder,
    ready: /ready to accept connections/,
  });
  const addressOf = (name: string) => `postgres://headgate:${PASSWORD}@127.0.0.1:${port}/${name}`;
  let databases = 0;
  async function run(sql: string) {
    const client = new pg.Client({ connectionString: addressOf('postgres') });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }
  return {
    get output() {
      return server.output;
    },
    freeze: server.freeze,
    thaw: server.thaw,
    stop: (how = 'SIGINT') => server.stop(how),
    run,
    async database() {
      databases += 1;
      await run(`create database test_${databases}`);
      return addressOf(`test_${databases}`);
    },
  };
}
