import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import OpenAI, { toFile } from 'openai';
import { batchWorld, chatLine, HOUR_MS, jsonl, names } from './batch-world.ts';

const CHAT = { endpoint: '/v1/chat/completions', completion_window: '24h' } as const;

test('files: kept, listed, read, deleted, expired', async () => {
  const { world, openai, openaiFor, upload, read } = batchWorld();
  const file = await upload([chatLine('ä')]);
  assert.deepEqual(
    [file.object, file.filename, file.purpose, file.status, file.bytes, file.expires_at! - file.created_at],
    ['file', 'input.jsonl', 'batch', 'processed', Buffer.byteLength(`${JSON.stringify(chatLine('ä'))}\n`), 30 * 86_400],
  );
  assert.deepEqual(await openai.files.retrieve(file.id), file);
  assert.deepEqual(await read(file.id), [chatLine('ä')]);
  await assert.rejects(openaiFor('another').files.retrieve(file.id), { status: 404, message: /No such File object/ });
  const { id } = await openai.batches.create({
    ...CHAT,
    input_file_id: file.id,
    output_expires_after: { anchor: 'created_at', seconds: 3600 },
  });
  const { output_file_id: output } = await openai.batches.retrieve(id);
  const listed = async (purpose?: string) => (await openai.files.list(purpose ? { purpose } : {})).data.map((each) => each.id);
  assert.deepEqual([await listed(), await listed('batch')], [[output, file.id], [file.id]]);
  world.advance(HOUR_MS);
  await assert.rejects(openai.files.content(output!), { status: 404 });
  assert.deepEqual(await openai.files.delete(file.id), { id: file.id, object: 'file', deleted: true });
  assert.deepEqual(await listed(), []);
});

test('files are pages, in either order', async () => {
  const { openai, upload } = batchWorld();
  const ids: string[] = [];
  for (const name of names(3)) ids.push((await upload([chatLine(name)])).id);
  const listed: string[] = [];
  for await (const { id } of openai.files.list({ limit: 2, order: 'asc' })) listed.push(id);
  assert.deepEqual(listed, ids);
});

test('an upload that is wrong is refused', async () => {
  const { openai, post } = batchWorld();
  const file = (name = 'x.jsonl') => toFile(Buffer.from('{}'), name);
  const cases: readonly (readonly [body: object, message: RegExp])[] = [
    [{ purpose: 'batch', file: await file('notes.txt') }, /Invalid file format for Batch API. Must be .jsonl/],
    [{ purpose: 'party', file: await file() }, /Invalid value: 'party'/],
    [{ file: await file() }, /Missing required parameter: 'purpose'/],
    [{ purpose: 'batch' }, /Missing required parameter: 'file'/],
    [{ purpose: 'batch', file: await file(), expires_after: { anchor: 'created_at', seconds: 60 } }, /expires_after.seconds/],
    [{ purpose: 'batch', file: await file(), expires_after: { anchor: 'now', seconds: 3600 } }, /Invalid value: 'now'/],
  ];
  for (const [body, message] of cases) {
    await assert.rejects(openai.files.create(body as OpenAI.FileCreateParams), { status: 400, message }, String(message));
  }
  const form = Buffer.alloc(200_000_300);
  const fields = ['name="purpose"\r\n\r\nbatch', 'name="file"; filename="a.jsonl"\r\n\r\n'];
  form.write(fields.map((field) => `--x\r\ncontent-disposition: form-data; ${field}`).join('\r\n'));
  form.write('\r\n--x--', form.length - 7);
  assert.match(post('/v1/files', { 'content-type': 'multipart/form-data; boundary=x' }, form), /^400 .*File is too large/);
  const picture = await openai.files.create({ purpose: 'vision', file: await file('x.png') });
  await assert.rejects(openai.files.content(picture.id), { status: 400, message: /Not allowed to download files of purpose: vision/ });
});

test('a file in parts, each sent until it came, in the order named at the end', async () => {
  const { openai, openaiFor, read } = batchWorld({ script: [{ when: { path: 'parts', nth: 2 }, fault: { resetAtByte: 0 } }] });
  const bytes = Buffer.from(jsonl(names(9).map((name) => chatLine(name))));
  const middle = 700;
  const asked = { purpose: 'batch', filename: 'big.jsonl', mime_type: 'application/jsonl', bytes: bytes.length } as const;
  const upload = await openai.uploads.create(asked);
  assert.deepEqual([upload.object, upload.status, upload.file, upload.expires_at - upload.created_at], ['upload', 'pending', null, 3600]);
  const send = async (piece: Buffer) => openai.uploads.parts.create(upload.id, { data: await toFile(piece, 'part') });
  const last = await send(bytes.subarray(middle));
  await assert.rejects(send(bytes.subarray(0, middle)), OpenAI.APIConnectionError);
  const first = await send(bytes.subarray(0, middle));
  await assert.rejects(openaiFor('another').uploads.cancel(upload.id), { status: 404 });
  const part_ids = [first.id, last.id];
  const md5 = (content: Buffer) => createHash('md5').update(content).digest('hex');
  await assert.rejects(openai.uploads.complete(upload.id, { part_ids: [first.id] }), { status: 400, message: /700 bytes in all/ });
  await assert.rejects(openai.uploads.complete(upload.id, { part_ids: [...part_ids, 'part_none'] }), {
    status: 400,
    message: /No such Part/,
  });
  await assert.rejects(openai.uploads.complete(upload.id, { part_ids, md5: md5(Buffer.from('x')) }), { status: 400, message: /MD5/ });
  const { status, file } = await openai.uploads.complete(upload.id, { part_ids, md5: md5(bytes) });
  assert.deepEqual([status, file?.purpose, file?.bytes], ['completed', 'batch', bytes.length]);
  assert.deepEqual(
    (await read(file?.id)).map((line) => line.custom_id),
    names(9),
  );
  await assert.rejects(send(bytes), { status: 400, message: /is completed/ });
  const { id } = await openai.batches.create({ ...CHAT, input_file_id: file!.id });
  assert.equal((await openai.batches.retrieve(id)).request_counts?.completed, 9);
});

test('a file in parts is refused for what it is to be, ends when cancelled, and after an hour', async () => {
  const { world, openai } = batchWorld();
  const asked = { purpose: 'batch', filename: 'a.jsonl', mime_type: 'application/jsonl', bytes: 10 } as const;
  const wrong: readonly (readonly [change: object, message: RegExp])[] = [
    [{ bytes: undefined }, /Missing required parameter: 'bytes'/],
    [{ bytes: 200_000_001 }, /File is too large/],
    [{ filename: 'a.txt' }, /Must be .jsonl/],
    [{ expires_after: { anchor: 'created_at', seconds: 1 } }, /expires_after.seconds/],
  ];
  for (const [change, message] of wrong) {
    await assert.rejects(openai.uploads.create({ ...asked, ...change } as OpenAI.UploadCreateParams), { status: 400, message });
  }
  const part = async (id: string, bytes = 10) => openai.uploads.parts.create(id, { data: await toFile(Buffer.alloc(bytes), 'part') });
  const cancelled = await openai.uploads.create(asked);
  await assert.rejects(part(cancelled.id, 64_000_001), { status: 400, message: /too large/ });
  assert.equal((await openai.uploads.cancel(cancelled.id)).status, 'cancelled');
  await assert.rejects(part(cancelled.id), { status: 400, message: /is cancelled/ });
  const late = await openai.uploads.create(asked);
  world.advance(HOUR_MS);
  await assert.rejects(part(late.id), { status: 400, message: /is expired/ });
});

test('Anthropic’s files: kept, listed, not to be had back, deleted, expired', async () => {
  const { world, anthropic, openai } = batchWorld();
  const file = await anthropic.files.upload({
    file: await toFile(Buffer.from('Hello'), 'a.txt', { type: 'text/plain' }),
    expires_in_seconds: 3600,
  });
  assert.match(file.id, /^file_011C\w{20}$/);
  assert.deepEqual(
    { ...file, id: '' },
    {
      id: '',
      type: 'file',
      filename: 'a.txt',
      mime_type: 'text/plain',
      size_bytes: 5,
      created_at: '2026-01-01T00:00:00.000Z',
      downloadable: false,
      expires_at: '2026-01-01T01:00:00.000Z',
    },
  );
  assert.deepEqual(await anthropic.files.retrieveMetadata(file.id), file);
  await assert.rejects(anthropic.files.download(file.id), { status: 400, message: /file_not_downloadable/ });
  const others: string[] = [];
  for (const name of names(4)) others.push((await anthropic.files.upload({ file: await toFile(Buffer.from(name), name) })).id);
  const listed: string[] = [];
  for await (const { id } of anthropic.files.list({ limit: 2 })) listed.push(id);
  assert.deepEqual(listed, [...others.reverse(), file.id]);
  assert.deepEqual((await anthropic.files.list({ ids: [file.id, 'file_none'] })).data, [file]);
  assert.deepEqual((await openai.files.list()).data, []);
  assert.deepEqual(await anthropic.files.delete(others[0]!), { id: others[0], type: 'file_deleted' });
  world.advance(HOUR_MS);
  await assert.rejects(anthropic.files.retrieveMetadata(file.id), { status: 404 });
  assert.equal((await anthropic.files.list()).data.length, 3);
});

test('an upload to Anthropic that is wrong is refused', async () => {
  const { anthropic, post } = batchWorld();
  const file = () => toFile(Buffer.from('x'), 'a.txt');
  await assert.rejects(anthropic.files.upload({ file: await file(), expires_in_seconds: 60 }), {
    status: 400,
    message: /greater than or equal to 3600/,
  });
  await assert.rejects(anthropic.files.upload({ file: await file(), expires_in_seconds: 1e8 }), {
    status: 400,
    message: /less than or equal to 7776000/,
  });
  await assert.rejects(anthropic.files.upload({} as never), { status: 400, message: /file: Field required/ });
  const headers = { 'anthropic-version': '2026-10-21', 'content-type': 'multipart/form-data; boundary=x' };
  assert.match(post('/v1/files', headers, new Uint8Array(500_000_001)), /^413 .*request_too_large/);
});
