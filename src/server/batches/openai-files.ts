import { invalid } from '../../model/failure.ts';
import type { Files, StoredFile } from '../../model/job.ts';
import { formIn } from './multipart.ts';
import { keepSIn, outputOf } from './openai-output.ts';
import { atMost, type BatchAsk, type BatchRoute, limitIn, notThere } from './route.ts';

/** OpenAI takes no larger file for a batch. */
const FILE_BYTES_MAX = 200 * 1024 ** 2;
/** Files in one answer. */
const LIST_MAX = 10_000;
/** What is around the file in a form. */
const FORM_BYTES = 1024 ** 2;

const fileView = ({ id, bytes, createdMs, expiresMs, filename, purpose }: StoredFile) => ({
  id,
  object: 'file',
  bytes,
  created_at: Math.floor(createdMs / 1000),
  expires_at: Math.floor(expiresMs / 1000),
  filename,
  purpose,
  status: 'processed',
});

/** OpenAI's Files, as far as batches need them: input files, and what a batch writes. */
export const openaiFiles: readonly BatchRoute[] = [
  { method: 'POST', path: '/files', dialect: 'openai-chat', run: upload },
  {
    method: 'GET',
    path: '/files',
    dialect: 'openai-chat',
    async run({ files, caller, query }) {
      const [purpose, after, order = 'desc'] = [query.get('purpose'), query.get('after'), query.get('order') ?? undefined];
      if (order !== 'desc' && order !== 'asc') invalid(`order must be "asc" or "desc", got "${order.slice(0, 20)}"`, 'order');
      const wanted = {
        owner: caller.key,
        limit: limitIn(query, 100, LIST_MAX),
        ...(purpose !== null && { purpose }),
        ...(after !== null && { after }),
      };
      const { files: found, more } = await (order === 'desc' ? files.list(wanted) : oldestFirst(files, wanted));
      return {
        json: {
          object: 'list',
          data: found.map(fileView),
          first_id: found[0]?.id ?? null,
          last_id: found.at(-1)?.id ?? null,
          has_more: more,
        },
      };
    },
  },
  {
    method: 'GET',
    path: '/files/{id}',
    dialect: 'openai-chat',
    async run(ask) {
      const file = (await ask.files.get(ask.id, ask.caller.key)) ?? (await writtenFile(ask));
      return { json: fileView(file ?? notThere('file', ask.id)) };
    },
  },
  {
    method: 'GET',
    path: '/files/{id}/content',
    dialect: 'openai-chat',
    async run(ask) {
      const output = await outputOf(ask);
      if (output) return { pieces: output.lines, contentType: 'application/octet-stream' };
      const file = (await ask.files.get(ask.id, ask.caller.key)) ?? notThere('file', ask.id);
      return { pieces: ask.files.content(file.id), contentType: 'application/octet-stream' };
    },
  },
  {
    method: 'DELETE',
    path: '/files/{id}',
    dialect: 'openai-chat',
    async run(ask) {
      const { files, caller, id } = ask;
      if (!(await files.delete(id, caller.key))) {
        const { job } = (await outputOf(ask)) ?? notThere('file', id);
        invalid(`the file "${id}" is made of what the batch "${job.id}" was answered, and goes with it: it cannot be deleted`, 'id');
      }
      return { json: { id, object: 'file', deleted: true } };
    },
  },
];

/** The store lists the newest first: who wants the oldest waits until all have been seen. */
async function oldestFirst(files: Files, { after, limit, ...wanted }: Parameters<Files['list']>[0]): ReturnType<Files['list']> {
  const all: StoredFile[] = [];
  for (let more = true; more; ) {
    const last = all.at(-1)?.id;
    const page = await files.list({ ...wanted, limit: LIST_MAX, ...(last !== undefined && { after: last }) });
    all.push(...page.files);
    more = page.more;
  }
  all.reverse();
  const place = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && place === 0) return { files: [], more: false };
  return { files: all.slice(place, place + limit), more: place + limit < all.length };
}

async function upload({ files, head, caller, body }: BatchAsk) {
  const form = formIn(String(head.headers['content-type'] ?? ''), atMost(body, FILE_BYTES_MAX + FORM_BYTES));
  const file = await files.add(caller.key, form.file, () => {
    const { purpose } = form.fields;
    if (form.filename === undefined) invalid('file must be a file of the form', 'file');
    if (purpose !== 'batch')
      invalid(
        `purpose must be "batch": files are kept for batches only${purpose === undefined ? '' : `, got "${purpose.slice(0, 40)}"`}`,
        'purpose',
      );
    const seconds = form.fields['expires_after[seconds]'];
    if (seconds === undefined) return { purpose, filename: form.filename };
    return { purpose, filename: form.filename, keepMs: keepSIn(Number(seconds), 'expires_after') * 1000 };
  });
  return { json: fileView(file) };
}

/** A file that a batch has written: it is made of the batch's results whenever it is asked for. */
async function writtenFile(ask: BatchAsk): Promise<StoredFile | undefined> {
  const output = await outputOf(ask);
  if (!output) return undefined;
  let bytes = 0;
  for await (const line of output.lines) bytes += Buffer.byteLength(line);
  const { job, filename, createdMs, expiresMs } = output;
  return { id: ask.id, owner: job.caller.key, purpose: 'batch_output', filename, bytes, createdMs, expiresMs };
}
