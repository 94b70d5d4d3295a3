import assert from 'node:assert/strict';
import test from 'node:test';
import type { DialectName } from '../model/part.ts';
import { callersPath } from './callers-path.ts';

const ROWS: readonly (readonly [path: string, chat: string, responses: string, messages: string])[] = [
  ['turns[2].parts[1]', 'messages[2].content[1]', 'input[2].content[1]', 'messages[2].content[1]'],
  ['turns[2].parts[0].content[1]', 'messages[2].content[1]', 'input[2].output[1]', 'messages[2].content[0].content[1]'],
  ['turns[2].extra.openai-chat.name', 'messages[2].name', 'input[2].name', 'messages[2].name'],
  ['extra.openai-chat.n', 'n', 'n', 'n'],
  ['sampling.temperature', 'temperature', 'temperature', 'temperature'],
  ['maxOutputTokens', 'max_completion_tokens', 'max_output_tokens', 'max_tokens'],
  ['reasoning.effort', 'reasoning_effort', 'reasoning.effort', 'output_config.effort'],
  ['output.schema', 'response_format.schema', 'text.format.schema', 'output_config.format.schema'],
  ['toolChoice.parallel', 'parallel_tool_calls', 'parallel_tool_calls', 'tool_choice.disable_parallel_tool_use'],
  ['settings.cacheOptions.ttl', 'prompt_cache_options.ttl', 'prompt_cache_options.ttl', 'settings.cacheOptions.ttl'],
  ['tools[0].strict', 'tools[0].strict', 'tools[0].strict', 'tools[0].strict'],
];

for (const [path, ...expected] of ROWS)
  test(`${path} is named as its caller wrote it`, () => {
    const callers: readonly DialectName[] = ['openai-chat', 'openai-responses', 'anthropic-messages'];
    assert.deepEqual(
      callers.map((caller) => callersPath(path, caller)),
      expected,
    );
  });
