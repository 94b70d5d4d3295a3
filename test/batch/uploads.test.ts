import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import type { Database } from '../../src/store/database.ts';
import { addPiece, fileList, openFile, sweepFiles } from '../../src/store/files.ts';
import { migrate } from '../../src/store/migrate.ts';
import { sqlite } from '../../src/store/sqlite.ts';

const BOUNDARY = 'a-boundary';
const part = (disposition: string, body: string) => `--${BOUNDARY}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${body}`;
const head = (bytes: number) =>
  `POST /v1/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\ncontent-type: multipart/form-data; boundary=${BOUNDARY}\r\ncontent-length: ${bytes}\r\n\r\n`;

async function door(t: TestContext) {
  const directory = mkdtempSync(path.join(tmpdir(), 'headgate-uploads-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'ledger.sqlite');
  const read = readConfig(`providers: { openai: { dialect: openai, apiKey: k } }\nledger: { file: ${file} }`, {});
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join());
  const headgate = await createHeadgate(read.config);
  t.after(() => headgate.close(0));
  const { port } = new URL((await headgate.listen({ host: '127.0.0.1', port: 0 })).url);
  const db = sqlite({ file, busyMs: 1000 });
  t.after(() => db.close());
  const call = async () => {
    const socket = connect(Number(port), '127.0.0.1');
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  return { db, call };
}

const pieces = async (db: Database) => Number((await db.all('select count(*) as n from stored_piece'))[0]!['n']);

/** Resolves once the database says so. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate);
}

async function answered(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString('latin1').split('\r\n')[0]!;
}

test('what was uploaded of a file whose sender leaves is forgotten', async (t) => {
  const { db, call } = await door(t);
  const socket = await call();
  socket.write(`${head(30_000_000)}${part('name="file"; filename="a"', 'x'.repeat(3_000_000))}`);
  await until(async () => (await pieces(db)) > 3);
  socket.destroy();
  await until(async () => (await pieces(db)) === 0);
});

test('what a process left behind of a file is forgotten after a day', async () => {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  await migrate(db);
  await openFile(db, { id: 'file-1', owner: 'me', nowMs: 1000 });
  await addPiece(db, { file: 'file-1', piece: 0, body: 'eA==' });
  assert.deepEqual((await fileList(db, { owner: '', purpose: '', limit: 9 })).files, []);
  await sweepFiles(db, { nowMs: 80_000_000 });
  assert.equal(await pieces(db), 1);
  await sweepFiles(db, { nowMs: 90_000_000 });
  assert.equal(await pieces(db), 0);
});

test('a connection serves on after an upload that was refused before its end', async (t) => {
  const { call } = await door(t);
  const socket = await call();
  const form = `${part('name="file"; filename="a"', 'x')}\r\n${part('name="file"; filename="b"', 'x'.repeat(300_000))}\r\n--${BOUNDARY}--\r\n`;
  socket.write(`${head(form.length)}${form}`);
  assert.equal(await answered(socket), 'HTTP/1.1 400 Bad Request');
  socket.write('GET /v1/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n\r\n');
  assert.equal(await answered(socket), 'HTTP/1.1 200 OK');
});
