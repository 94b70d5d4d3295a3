import { isDeepStrictEqual } from 'node:util';
import { dialectOf } from '../../src/dialects/registry.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { inputTokens, METERS, outputTokens, type Usage } from '../../src/model/usage.ts';
import { eventsOf, replyCases, streamCases } from '../support/cases.ts';
import { NAMES } from '../support/fixtures.ts';
import { brief } from '../support/json.ts';
import { law } from '../support/law.ts';

for (const name of NAMES) {
  law(`the meters of every ${name} answer add up to the wire's own totals`, function* () {
    for (const { name: label, wire } of replyCases(name)) yield* checked(name, label, dialectOf(name).decodeReply(wire).usage);
    for (const { name: label, wire } of streamCases(name)) {
      const last = eventsOf(name, wire).at(-1);
      if (last?.type === 'finish') yield* checked(name, label, last.usage);
    }
  });
}

function* checked(name: DialectName, label: string, usage: Usage | undefined): Generator<string> {
  if (!usage) return;
  for (const meter of METERS) {
    const count = usage.tokens[meter];
    if (count !== undefined && (!Number.isInteger(count) || count <= 0)) yield `${label}: ${meter} is ${count}`;
  }
  if (!usage.wire) return yield `${label}: the provider's usage object is gone`;
  const counted = [inputTokens(usage), outputTokens(usage)];
  if (!TOTALS[name](usage.wire).some((total) => isDeepStrictEqual(total, counted))) {
    yield `${label}: counted ${counted} in ${brief(usage.tokens)}, the wire says ${brief(usage.wire)}`;
  }
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const reasoning = (wire: JsonObject) => number((wire['completion_tokens_details'] as JsonObject | undefined)?.['reasoning_tokens']);

/** What the wire's totals may be read as: tokens in, tokens out. */
const TOTALS: Readonly<Record<DialectName, (wire: JsonObject) => number[][]>> = {
  'openai-chat': (wire) => {
    const [input, output, total] = [number(wire['prompt_tokens']), number(wire['completion_tokens']), number(wire['total_tokens'])];
    // Some compatible servers count reasoning beside the completion; their total says so.
    return reasoning(wire) > 0 && total === input + output + reasoning(wire) ? [[input, output + reasoning(wire)]] : [[input, output]];
  },
  'openai-responses': (wire) => [[number(wire['input_tokens']), number(wire['output_tokens'])]],
  'anthropic-messages': (wire) => [
    [
      number(wire['input_tokens']) + number(wire['cache_creation_input_tokens']) + number(wire['cache_read_input_tokens']),
      number(wire['output_tokens']),
    ],
  ],
};
