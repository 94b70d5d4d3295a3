import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formFields } from './form.ts';

const TYPE = 'multipart/form-data; boundary=x';

test('what a browser’s form says comes out, whatever is in its fields', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.stringMatching(/^[a-z[\]]{1,9}$/), fc.uint8Array({ maxLength: 60 }))), async (fields) => {
      const form = new FormData();
      for (const [name, bytes] of fields) form.append(name, new File([bytes as Uint8Array<ArrayBuffer>], 'a.jsonl'));
      const { headers, body } = new Response(form);
      const read = formFields(headers.get('content-type')!, new Uint8Array(await new Response(body).arrayBuffer()));
      assert.deepEqual(
        read?.map(({ name, filename, bytes }) => [name, filename, [...bytes]]),
        fields.map(([name, bytes]) => [name, 'a.jsonl', [...bytes]]),
      );
    }),
  );
});

test('a body without an end, and one that is no form, are none', () => {
  const whole = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n';
  assert.deepEqual(formFields(TYPE, Buffer.from(whole)), [{ name: 'a', bytes: Buffer.from('1') }]);
  for (let length = 0; length < whole.length - 4; length += 1) {
    assert.equal(formFields(TYPE, Buffer.from(whole.slice(0, length))), undefined, whole.slice(0, length));
  }
  assert.equal(formFields('application/json', Buffer.from(whole)), undefined);
});
