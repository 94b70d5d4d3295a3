import assert from 'node:assert/strict';
import test from 'node:test';
import { deflateSync } from 'node:zlib';
import type { DialectName } from '../model/part.ts';
import { inboundOf } from './inbound.ts';
import { traitsOf } from './traits.ts';

const traits = (dialect: DialectName, wire: object, feature?: string) =>
  traitsOf({
    inbound: inboundOf('generate', dialect, {}, Buffer.from(JSON.stringify({ model: 'm', ...wire }))),
    caller: { key: 'k', ...(feature !== undefined && { feature }) },
  });
const base64 = (bytes: string | Buffer) => Buffer.from(bytes as string).toString('base64');
const OPEN_PDF = base64('%PDF-1.4 1 0 obj << /Type /Pages /Count 12 >>');
const PACKED_PDF = base64(
  Buffer.concat([
    Buffer.from('%PDF-1.7\n5 0 obj\n<</Type /ObjStm /N 2 /First 10 /Filter /FlateDecode /Length 60>>\nstream\r\n'),
    deflateSync('1 0 2 40 <</Type /Pages /Count 7 /Kids [3 0 R]>>'),
    Buffer.from('\nendstream endobj %%EOF'),
  ]),
);

const pdf = (data: string) => ({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } });
const user = (...content: object[]) => ({ max_tokens: 9, messages: [{ role: 'user', content }] });

test('pages of PDFs are counted together, by a page tree that lies open or is packed', () => {
  assert.deepEqual([traits('anthropic-messages', user(pdf(OPEN_PDF), pdf(PACKED_PDF))).pdfPages], [19]);
  assert.equal(traits('anthropic-messages', user(pdf(OPEN_PDF), pdf(base64('%PDF-1.7 locked')))).pdfPages, undefined);
  assert.equal(traits('anthropic-messages', user(pdf(base64('%PDF-1.7 locked')))).pdfs, 1);
});

test('a PDF in a tool result counts, and so does one by address or as a file of Chat', () => {
  const result = { type: 'tool_result', tool_use_id: 't', content: [pdf(OPEN_PDF)] };
  const use = { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'read', input: {} }] };
  const talk = { max_tokens: 9, messages: [{ role: 'user', content: 'x' }, use, { role: 'user', content: [result] }] };
  assert.equal(traits('anthropic-messages', talk).pdfPages, 12);
  assert.equal(traits('anthropic-messages', user({ type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } })).pdfs, 1);
  const file = { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${OPEN_PDF}` } };
  assert.equal(traits('openai-chat', { messages: [{ role: 'user', content: [file] }] }).pdfPages, 12);
});

test('pictures are counted with their detail', () => {
  const image = (detail?: string) => ({ type: 'image_url', image_url: { url: 'https://x.test/a.png', ...(detail && { detail }) } });
  const { images, imageDetails } = traits('openai-chat', { messages: [{ role: 'user', content: [image('low'), image()] }] });
  assert.deepEqual([images, imageDetails], [2, ['low', 'auto']]);
});

test('a schema is strict where its format says so', () => {
  const chat = (strict?: boolean) => ({
    messages: [{ role: 'user', content: 'x' }],
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {}, ...(strict !== undefined && { strict }) } },
  });
  assert.deepEqual(
    [chat(true), chat(false), chat()].map((wire) => traits('openai-chat', wire).strictSchema),
    [true, false, false],
  );
  const format = { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } };
  assert.equal(traits('anthropic-messages', { ...user({ type: 'text', text: 'x' }), ...format }).strictSchema, true);
});

test('thinking is asked for by an effort above none, or by switching it on', () => {
  const asked = (dialect: DialectName, wire: object) => traits(dialect, wire).thinking;
  const messages = [{ role: 'user', content: 'x' }];
  assert.equal(asked('openai-chat', { messages, reasoning_effort: 'low' }), true);
  assert.equal(asked('openai-chat', { messages, reasoning_effort: 'none' }), false);
  assert.equal(asked('openai-chat', { messages }), false);
  assert.equal(asked('anthropic-messages', { max_tokens: 9, messages, thinking: { type: 'adaptive' } }), true);
  assert.equal(asked('anthropic-messages', { max_tokens: 9, messages, thinking: { type: 'disabled' } }), false);
});

test('what needs no document does not read one', () => {
  const { feature, tools, inputTokens } = traits('openai-chat', { messages: 'no list', tools: [{}] }, 'ask');
  assert.deepEqual([feature, tools, inputTokens > 0], ['ask', true, true]);
});
