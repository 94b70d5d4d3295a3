import assert from 'node:assert/strict';
import test, { after, type TestContext } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText } from 'ai';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { startGateway, TARGETS } from './gateway.ts';
import { type Answer, TALKS } from './talks.ts';
import { fetchAt } from './way.ts';

const { url, simulator } = await startGateway({ after } as Pick<TestContext, 'after'>);
const CALLERS = Object.keys(TALKS) as DialectName[];
const PAIRS = CALLERS.flatMap((caller) =>
  (Object.entries(TARGETS) as [DialectName, string][]).map(([dialect, model]) => ({ caller, dialect, model })),
);

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');
const PICTURE_URL = 'https://example.com/cat.png';
const PDF_URL = 'https://example.com/report.pdf';

/** A picture or document in the words of each dialect. */
type Said = Readonly<Record<DialectName, JsonObject>>;
const imageOf = (source: JsonObject, urlOf: string): Said => ({
  'openai-chat': { type: 'image_url', image_url: { url: urlOf } },
  'openai-responses': { type: 'input_image', image_url: urlOf, detail: 'auto' },
  'anthropic-messages': { type: 'image', source },
});
const picture = imageOf({ type: 'base64', media_type: 'image/png', data: PNG }, `data:image/png;base64,${PNG}`);
const pictureByUrl = imageOf({ type: 'url', url: PICTURE_URL }, PICTURE_URL);
const pdf: Said = {
  'openai-chat': { type: 'file', file: { file_data: `data:application/pdf;base64,${PDF}`, filename: 'a.pdf' } },
  'openai-responses': { type: 'input_file', file_data: `data:application/pdf;base64,${PDF}`, filename: 'a.pdf' },
  'anthropic-messages': { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF }, title: 'a.pdf' },
};
const pdfByUrl: Omit<Said, 'openai-chat'> = {
  'openai-responses': { type: 'input_file', file_url: PDF_URL },
  'anthropic-messages': { type: 'document', source: { type: 'url', url: PDF_URL } },
};
const words = (caller: DialectName, text: string): JsonObject => ({ type: caller === 'openai-responses' ? 'input_text' : 'text', text });

/** Every picture and document in what a provider was last sent, as `type bytes-or-address`, wherever it stood. */
function sent(): string[] {
  const found: string[] = [];
  const look = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(look);
    if (typeof value !== 'object' || value === null) return;
    const {
      type,
      source,
      image_url: image,
      file,
      file_data: data = (file as JsonObject)?.['file_data'],
      file_url: fileUrl,
    } = value as JsonObject;
    if (type === 'image' || type === 'document') {
      const { media_type: mediaType, data: bytes, url: at } = source as JsonObject;
      found.push(at === undefined ? `data:${mediaType};base64,${bytes}` : String(at));
    } else if (type === 'image_url') found.push(String((image as JsonObject)['url']));
    else if (type === 'input_image') found.push(String(image));
    else if (type === 'file' || type === 'input_file') found.push(String(data ?? fileUrl));
    else Object.values(value).forEach(look);
  };
  look(simulator.requests.at(-1)!.body);
  return found;
}

const lost = ({ losses }: Answer) => losses.map(({ path, impact }) => `${path}: ${impact}`);

for (const { caller, dialect, model } of PAIRS) {
  for (const stream of [false, true]) {
    test(`${caller} → ${dialect}${stream ? ', streamed' : ''}: pictures and documents of a user arrive byte for byte`, async () => {
      const talk = TALKS[caller](url, { stream });
      const documents =
        caller === 'openai-chat' || dialect === 'openai-chat' ? [pdf[caller]] : [pdf[caller], pdfByUrl[caller as 'openai-responses']];
      talk.history.push({ role: 'user', content: [words(caller, 'Look:'), picture[caller], pictureByUrl[caller], ...documents] });
      const answer = await talk.ask(model);
      const all = [`data:image/png;base64,${PNG}`, PICTURE_URL, `data:application/pdf;base64,${PDF}`, PDF_URL];
      assert.deepEqual(sent(), all.slice(0, 2 + documents.length));
      assert.deepEqual(lost(answer), []);
      assert.match(answer.text, /I saw .*image\/png \(70 bytes\)/);
    });
  }
}

/** A question, a call and its result, which shows a picture and a document. */
function shownByTool(caller: DialectName): JsonObject[] {
  const content = [words(caller, 'Here:'), picture[caller], pdf[caller]];
  if (caller === 'openai-responses')
    return [
      { role: 'user', content: 'Take a picture.' },
      { type: 'function_call', call_id: 'c1', name: 'camera', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: content },
    ];
  return [
    { role: 'user', content: 'Take a picture.' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'camera', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content }, words(caller, 'Well?')] },
  ];
}

for (const { caller, dialect, model } of PAIRS.filter((pair) => pair.caller !== 'openai-chat')) {
  test(`${caller} → ${dialect}: what a tool shows is shown to the model, at its place or right after it`, async () => {
    const talk = TALKS[caller](url, { tools: [{ name: 'camera' }] });
    talk.history.push(...shownByTool(caller));
    const answer = await talk.ask(model);
    assert.deepEqual(sent(), [`data:image/png;base64,${PNG}`, `data:application/pdf;base64,${PDF}`]);
    // Chat's tool messages hold only text.
    assert.equal(lost(answer).filter((loss) => loss.endsWith('behavior')).length, dialect === 'openai-chat' ? 2 : 0);
    if (dialect !== 'openai-chat') return;
    const { messages } = simulator.requests.at(-1)!.body as { messages: { role: string; content: JsonObject[] }[] };
    assert.deepEqual(
      messages.slice(2).map(({ role }) => role),
      ['tool', 'user'],
    );
    assert.deepEqual(
      messages[3]!.content.slice(0, 4).map(({ type }) => type),
      ['text', 'image_url', 'text', 'file'],
    );
  });
}

/** Things a target cannot be shown, each with the word that must name it in the refusal. */
interface Refused {
  readonly caller: DialectName;
  readonly target: DialectName;
  readonly parts: readonly JsonObject[];
  readonly named: readonly RegExp[];
}
const audio = { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } };
const heic = `data:image/heic;base64,${Buffer.from('....ftypheic').toString('base64')}`;
const REFUSED: readonly Refused[] = [
  {
    caller: 'openai-chat',
    target: 'anthropic-messages',
    parts: [audio, { type: 'file', file: { file_id: 'file-abc' } }, { type: 'image_url', image_url: { url: heic } }],
    named: [/content\[1\].*audio/, /content\[2\].*file/, /content\[3\].*image/],
  },
  { caller: 'openai-chat', target: 'openai-responses', parts: [audio], named: [/content\[1\].*audio/] },
  {
    caller: 'openai-responses',
    target: 'anthropic-messages',
    parts: [
      { type: 'input_image', file_id: 'file-abc', detail: 'auto' },
      { type: 'input_file', file_id: 'file-def' },
      { type: 'input_image', image_url: heic, detail: 'auto' },
    ],
    named: [/content\[1\].*file/, /content\[2\].*file/, /content\[3\].*image/],
  },
  {
    caller: 'openai-responses',
    target: 'openai-chat',
    parts: [pdfByUrl['openai-responses'], { type: 'input_image', file_id: 'file-abc', detail: 'auto' }],
    named: [/content\[1\].*(URL|address|url)/, /content\[2\].*file/],
  },
  {
    caller: 'anthropic-messages',
    target: 'openai-chat',
    parts: [
      pdfByUrl['anthropic-messages'],
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
      { type: 'document', source: { type: 'file', file_id: 'file_2' } },
    ],
    named: [/content\[1\].*(URL|address|url)/, /content\[2\].*file/, /content\[3\].*file/],
  },
  {
    caller: 'anthropic-messages',
    target: 'openai-responses',
    parts: [
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
      { type: 'document', source: { type: 'file', file_id: 'file_2' } },
    ],
    named: [/content\[1\].*file/, /content\[2\].*file/],
  },
];

for (const { caller, target, parts, named } of REFUSED) {
  for (const stream of [false, true]) {
    test(`${caller} → ${target}${stream ? ', streamed' : ''}: what cannot be shown is refused, all of it at once, before anything is sent`, async () => {
      const from = simulator.requests.length;
      const talk = TALKS[caller](url, { stream });
      talk.history.push({ role: 'user', content: [words(caller, 'Look:'), ...parts] });
      await assert.rejects(talk.ask(TARGETS[target]), (error) => {
        const { status, message, code, errorCode } = error as Error & { status: number; code?: string; errorCode?: string };
        assert.equal(status, 400);
        assert.equal(caller === 'anthropic-messages' ? errorCode : code, 'headgate_unsupported');
        for (const name of named) assert.match(message, name);
        assert.match(message, caller === 'openai-responses' ? /input\[0\]/ : /messages\[0\]/);
        return true;
      });
      assert.equal(simulator.requests.length, from);
    });
    test(`${caller} → ${target}${stream ? ', streamed' : ''}: told to allow it, the rest is asked, and every part missing is reported`, async () => {
      const talk = TALKS[caller](url, { stream, headers: { 'x-headgate-on-loss': 'allow' } });
      talk.history.push({ role: 'user', content: [words(caller, 'Look:'), ...parts] });
      const answer = await talk.ask(TARGETS[target]);
      assert.equal(lost(answer).filter((loss) => loss.endsWith('content')).length, parts.length);
      assert.match(answer.text, /Look:/);
    });
  }
}

const KINDLY: readonly [string, string, string][] = [
  ['called image/jpg', `data:image/jpg;base64,${PNG}`, 'image/png'],
  ['with a charset and capitals', `data:IMAGE/PNG;charset=utf-8;base64,${PNG}`, 'image/png'],
  ['broken into lines', `data:image/png;base64,${PNG.replace(/.{20}/g, '$&\n')}`, 'image/png'],
];
for (const [how, address, mediaType] of KINDLY) {
  for (const caller of ['openai-chat', 'openai-responses'] as const) {
    test(`${caller} → Claude: a picture ${how} is sent as Anthropic takes it`, async () => {
      const talk = TALKS[caller](url);
      const part =
        caller === 'openai-chat'
          ? { type: 'image_url', image_url: { url: address } }
          : { type: 'input_image', image_url: address, detail: 'auto' };
      talk.history.push({ role: 'user', content: [words(caller, 'Look:'), part] });
      await talk.ask(TARGETS['anthropic-messages']);
      assert.deepEqual(sent(), [`data:${mediaType};base64,${PNG}`]);
    });
  }
}

for (const [name, modelAt] of [
  ['openai chat', (model: string) => createOpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k' }).chat(model)],
  ['openai responses', (model: string) => createOpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k' }).responses(model)],
  ['anthropic', (model: string) => createAnthropic({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k' })(model)],
] as const) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    test(`ai sdk, ${name} → ${dialect}: a picture and a document as the framework sends them`, async () => {
      await generateText({
        model: modelAt(model),
        maxRetries: 0,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Look:' },
              { type: 'file', data: Buffer.from(PNG, 'base64'), mediaType: 'image/png' },
              { type: 'file', data: Buffer.from(PDF, 'base64'), mediaType: 'application/pdf', filename: 'a.pdf' },
            ],
          },
        ],
      });
      assert.deepEqual(sent(), [`data:image/png;base64,${PNG}`, `data:application/pdf;base64,${PDF}`]);
    });
  }
}
