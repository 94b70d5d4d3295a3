import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formIn } from './multipart.ts';

/** A form as the platform writes it, cut at the given places. */
async function written(form: FormData, cuts: readonly number[]) {
  const request = new Request('http://x', { method: 'POST', body: form });
  const bytes = new Uint8Array(await request.arrayBuffer());
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  const pieces = [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
  return { contentType: request.headers.get('content-type')!, pieces };
}

async function read({ contentType, pieces }: Awaited<ReturnType<typeof written>>) {
  const form = formIn(contentType, pieces);
  const file = Buffer.concat(await Array.fromAsync(form.file));
  return { file: file.toString('latin1'), fields: { ...form.fields }, filename: form.filename };
}

test('whatever a form holds and wherever it is cut, it is read as it was written', async () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom('\r\n--', '\r\n------', '--\r\n', '').map((text) => new TextEncoder().encode(text)),
  );
  await fc.assert(
    fc.asyncProperty(
      content,
      fc.string({ maxLength: 20 }),
      fc.boolean(),
      fc.array(fc.nat(2000), { maxLength: 8 }),
      async (bytes, value, fileFirst, cuts) => {
        const form = new FormData();
        const file = new File([bytes], 'a "b".jsonl');
        if (fileFirst) form.append('file', file);
        form.append('purpose', value.replaceAll('\r', '').replaceAll('\n', ''));
        if (!fileFirst) form.append('file', file);
        const found = await read(await written(form, cuts));
        assert.deepEqual(found, {
          file: Buffer.from(bytes).toString('latin1'),
          fields: { purpose: form.get('purpose') },
          filename: 'a "b".jsonl',
        });
      },
    ),
  );
});

test('a form that breaks off, or is none, is refused in words', async () => {
  const form = new FormData();
  form.append('file', new File(['abc'], 'a'));
  const whole = await written(form, []);
  const cut = { ...whole, pieces: [whole.pieces[0]!.subarray(0, whole.pieces[0]!.length - 4)] };
  await assert.rejects(read(cut), /breaks off/);
  await assert.rejects(read({ ...whole, pieces: [new TextEncoder().encode('no form')] }), /breaks off/);
  assert.throws(() => formIn('application/json', []), /multipart\/form-data/);
});
