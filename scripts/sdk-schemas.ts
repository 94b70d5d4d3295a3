/**
 * Writes test/schemas/sdk.json: JSON Schemas of the official SDKs' own types, so that tests can ask
 * whether what we emit is what those SDKs declare.
 *
 *     node scripts/sdk-schemas.ts
 *
 * Run it after changing the version of `openai` or `@anthropic-ai/sdk`, and review the diff. The
 * generator is installed with npm into a temporary folder (it needs a TypeScript with a compiler
 * API, which TypeScript 7 no longer has); the SDKs are taken from this project's node_modules.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

const PROJECT = path.resolve(import.meta.dirname, '..');
const TARGET = path.join(PROJECT, 'test/schemas/sdk.json');
const TOOLS = ['ts-json-schema-generator@2.4.0', 'typescript@5.9.3'];
const SDKS = ['openai', '@anthropic-ai/sdk'];

/** Each type under the name tests ask for it by, as a TypeScript expression over the imports below. */
const OPENAI: Readonly<Record<string, string>> = {
  ChatCompletion: 'Chat.ChatCompletion',
  ChatCompletionChunk: 'Chat.ChatCompletionChunk',
  ChatCompletionCreateParams: 'Chat.ChatCompletionCreateParams',
  Response: 'Responses.Response',
  ResponseStreamEvent: 'Responses.ResponseStreamEvent',
  ResponseCreateParams: 'Responses.ResponseCreateParams',
  // The SDK's own type of the count is not exported under a name.
  ResponseInputTokens: "{ object: 'response.input_tokens'; input_tokens: number }",
  CreateEmbeddingResponse: 'Embeddings.CreateEmbeddingResponse',
  OpenAIModelList: "{ object: 'list'; data: Models.Model[] }",
  OpenAIModel: 'Models.Model',
  OpenAIError: '{ error: OpenAIShared.ErrorObject }',
};
const ANTHROPIC: Readonly<Record<string, string>> = {
  Message: 'Messages.Message',
  RawMessageStreamEvent: 'Messages.RawMessageStreamEvent',
  MessageCreateParams: 'Messages.MessageCreateParams',
  MessageTokensCount: 'Messages.MessageTokensCount',
  ModelInfo: 'AnthropicModels.ModelInfo',
  ModelInfoList: '{ data: AnthropicModels.ModelInfo[]; has_more: boolean; first_id: string | null; last_id: string | null }',
  AnthropicError: 'AnthropicShared.ErrorResponse',
};

const IMPORTS = `
import type * as Chat from 'openai/resources/chat/completions';
import type * as Responses from 'openai/resources/responses/responses';
import type * as Embeddings from 'openai/resources/embeddings';
import type * as Models from 'openai/resources/models';
import type * as OpenAIShared from 'openai/resources/shared';
import type * as Messages from '@anthropic-ai/sdk/resources/messages/messages';
import type * as AnthropicModels from '@anthropic-ai/sdk/resources/models';
import type * as AnthropicShared from '@anthropic-ai/sdk/resources/shared';
`;

interface Schema {
  readonly definitions?: Readonly<Record<string, unknown>>;
}
interface Generator {
  createSchema(type: string): Schema;
}

const room = mkdtempSync(path.join(os.tmpdir(), 'sdk-schemas-'));
try {
  writeFileSync(path.join(room, 'package.json'), '{"private":true,"type":"module"}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--silent', ...TOOLS], { cwd: room, stdio: 'inherit' });
  mkdirSync(path.join(room, 'node_modules/@anthropic-ai'));
  for (const sdk of SDKS) symlinkSync(path.join(PROJECT, 'node_modules', sdk), path.join(room, 'node_modules', sdk));
  const source = path.join(room, 'types.ts');
  writeFileSync(source, IMPORTS + Object.entries({ ...OPENAI, ...ANTHROPIC }).map(([name, type]) => `export type Emitted${name} = ${type};\n`).join(''));
  writeFileSync(
    path.join(room, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: true, types: [] }, files: ['types.ts'] }),
  );
  const { createGenerator } = createRequire(source)('ts-json-schema-generator') as { createGenerator(config: object): Generator };
  const generator = createGenerator({
    path: source,
    tsconfig: path.join(room, 'tsconfig.json'),
    skipTypeCheck: true,
    additionalProperties: true,
    expose: 'all',
    topRef: true,
    encodeRefs: false,
    jsDoc: 'none',
  });
  const definitions: Record<string, unknown> = {};
  // The vendors share names (`Model`, `Tool`, `Metadata`), so every inner definition is kept under its vendor's.
  for (const [vendor, types] of Object.entries({ openai: OPENAI, anthropic: ANTHROPIC })) {
    for (const name of Object.keys(types)) {
      const own = JSON.stringify(generator.createSchema(`Emitted${name}`).definitions).replaceAll('"#/definitions/', `"#/definitions/${vendor}.`);
      for (const [key, schema] of Object.entries(JSON.parse(own))) {
        definitions[key === `Emitted${name}` ? name : `${vendor}.${key}`] = schema;
      }
    }
  }
  const version = (sdk: string) => JSON.parse(readFileSync(path.join(PROJECT, 'node_modules', sdk, 'package.json'), 'utf8')).version;
  const made = `${SDKS.map((sdk) => `${sdk}@${version(sdk)}`).join(' ')}, ${TOOLS[0]}`;
  writeFileSync(TARGET, `${JSON.stringify({ $comment: made, definitions })}\n`);
  execFileSync(path.join(PROJECT, 'node_modules/.bin/biome'), ['format', '--write', TARGET], { cwd: PROJECT });
  console.log(`${TARGET}: ${Object.keys(definitions).length} definitions, ${readFileSync(TARGET).length} bytes (${made})`);
} finally {
  rmSync(room, { recursive: true });
}
