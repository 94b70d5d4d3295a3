import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { decodeUsage as decodeMessages } from '../dialects/anthropic-messages/usage.ts';
import { decodeUsage as decodeChat } from '../dialects/openai-chat/usage.ts';
import { decodeUsage as decodeResponses } from '../dialects/openai-responses/usage.ts';
import type { JsonObject } from '../model/json.ts';
import { priceCase, type ReadUsage } from './cases.ts';
import { readUsage } from './read-usage.ts';

const gpt6 = {
  input: '2',
  cached_input: '0.2',
  cache_write: '2.5',
  output: '10',
  long_context_over_tokens: 272000,
  long_context: { input: '4', cached_input: '0.4', cache_write: '5', output: '15' },
};
const opus = { input: '4', cache_write_5m: '5', cache_write_1h: '8', cached_input: '0.2', output: '20' };
const openai = (usage: object, more: object = {}) => ({ provider: 'openai', model: 'gpt-6-sol', usage, rates_usd_per_mtok: gpt6, ...more });
const anthropic = (usage: object, more: object = {}) => ({
  provider: 'anthropic',
  model: 'claude-opus-5-5',
  usage,
  rates_usd_per_mtok: opus,
  ...more,
});

const CASES: readonly [string, object, object][] = [
  [
    'OpenAI prompt totals include what the cache held',
    openai({ prompt_tokens: 2006, completion_tokens: 300, prompt_tokens_details: { cached_tokens: 1920 } }),
    { status: 'exact', usd: '0.003556', pico_usd: '3556000000' },
  ],
  [
    'one token over the band moves the whole request, the answer included',
    openai({ prompt_tokens: 272_001, completion_tokens: 1000 }),
    { status: 'exact', usd: '1.103004', pico_usd: '1103004000000' },
  ],
  [
    'a band without published rates is unpriced',
    openai({ prompt_tokens: 300_000, completion_tokens: 1 }, { rates_usd_per_mtok: { ...gpt6, long_context: null } }),
    { status: 'unpriced', usd: null },
  ],
  [
    'a tier sold by commitment has no price per token',
    openai({ prompt_tokens: 1000, completion_tokens: 1 }, { response_meta: { service_tier: 'scale' } }),
    { status: 'unpriced', usd: null },
  ],
  [
    'cache writes of a lifetime without a rate leave a floor',
    openai({
      input_tokens: 10_000,
      output_tokens: 500,
      input_tokens_details: { cache_write_tokens: 8000, cache_write_tokens_details: { ttl_12h_tokens: 8000 } },
    }),
    { status: 'partial', usd: null, usd_lower_bound: '0.009', unpriced: { cache_write_12h: 8000 } },
  ],
  [
    'cache writes told by lifetime alone are billed, without their sum',
    openai({
      input_tokens: 10_000,
      output_tokens: 500,
      input_tokens_details: { cache_write_tokens: null, cache_write_tokens_details: { ttl_30m_tokens: 8000, ttl_12h_tokens: 0 } },
    }),
    { status: 'exact', usd: '0.029', pico_usd: '29000000000' },
  ],
  [
    'parts that are more than the prompt are cut to it and do not move it into the next band',
    openai({
      prompt_tokens: 272_000,
      completion_tokens: 0,
      prompt_tokens_details: { cached_tokens: 200_000, cache_write_tokens: 100_000 },
    }),
    { status: 'exact', usd: '0.22', pico_usd: '220000000000' },
  ],
  [
    'reasoning is inside the answer, audio beside it',
    openai(
      {
        prompt_tokens: 1100,
        completion_tokens: 600,
        prompt_tokens_details: { audio_tokens: 100 },
        completion_tokens_details: { reasoning_tokens: 50, audio_tokens: 400 },
      },
      { rates_usd_per_mtok: { input: '2.5', output: '10', audio_input: '32', audio_output: '64' } },
    ),
    { status: 'exact', usd: '0.0333', pico_usd: '33300000000' },
  ],
  [
    'cache writes without their lifetimes are taken for five minutes, and that is said',
    anthropic({ input_tokens: 100, cache_creation_input_tokens: 3000, cache_creation: null, output_tokens: 400 }),
    { status: 'assumed', usd: '0.0234', pico_usd: '23400000000' },
  ],
  [
    'cache lifetimes without their total are billed',
    anthropic({ input_tokens: 100, cache_creation: { ephemeral_1h_input_tokens: 3000 }, output_tokens: 400 }),
    { status: 'exact', usd: '0.0324', pico_usd: '32400000000' },
  ],
  [
    'a compaction is billed beside the answer, another model at its own rates',
    anthropic(
      {
        input_tokens: 1000,
        output_tokens: 100,
        iterations: [
          { type: 'compaction', input_tokens: 50_000, output_tokens: 500 },
          { type: 'message', input_tokens: 1000, output_tokens: 100 },
          { type: 'advisor_message', model: 'claude-sonnet-5-5', input_tokens: 10, output_tokens: 1 },
        ],
      },
      { rates_by_model: { 'claude-sonnet-5-5': { input: '2', output: '10' } } },
    ),
    { status: 'exact', usd: '0.21603', pico_usd: '216030000000' },
  ],
  [
    'writes of a sub-inference without their lifetimes are taken for five minutes too, and that is said',
    anthropic({
      input_tokens: 600,
      output_tokens: 100,
      iterations: [
        { type: 'compaction', input_tokens: 1000, cache_creation_input_tokens: 3000, cache_creation: null, output_tokens: 500 },
        { type: 'message', input_tokens: 600, output_tokens: 100 },
      ],
    }),
    { status: 'assumed', usd: '0.0334', pico_usd: '33400000000' },
  ],
  [
    'a region multiplies tokens and not searches',
    anthropic(
      { input_tokens: 1000, output_tokens: 500, server_tool_use: { web_search_requests: 2 }, inference_geo: 'us' },
      { token_multiplier: '1.1', fees_usd: { search: '0.01' }, fee_quantities: { search: 2 } },
    ),
    { status: 'exact', usd: '0.0354', pico_usd: '35400000000' },
  ],
  [
    'a search without a known fee leaves a floor',
    anthropic({ input_tokens: 1000, output_tokens: 500, server_tool_use: { web_search_requests: 2, web_fetch_requests: 9 } }),
    { status: 'partial', usd: null, usd_lower_bound: '0.014', unpriced: { web_search_requests: 2 } },
  ],
  [
    'of a stream the last that was said counts, not the sum',
    anthropic(
      {},
      {
        events: [
          { type: 'message_start', usage: { input_tokens: 2000, cache_read_input_tokens: 10_000, output_tokens: 1 } },
          { type: 'message_delta', usage: { output_tokens: 120 } },
          { type: 'message_delta', usage: { output_tokens: 350, input_tokens: null } },
        ],
      },
    ),
    { status: 'exact', usd: '0.017', pico_usd: '17000000000' },
  ],
  [
    'a stream that ended after its start reported no answer',
    anthropic(
      {},
      {
        usage: null,
        events: [
          { type: 'message_start', usage: { input_tokens: 2000, output_tokens: 1 } },
          { type: 'message_delta', usage: { output_tokens: null } },
        ],
      },
    ),
    { status: 'estimated', usd: '0.00802', pico_usd: '8020000000' },
  ],
  [
    'every attempt costs, a failed one nothing',
    openai(
      { prompt_tokens: 100, completion_tokens: 10 },
      { attempts_or_parts: [{ status: 500, usage: null }, { usage: { prompt_tokens: 50, completion_tokens: 5 } }] },
    ),
    { status: 'exact', usd: '0.00045', pico_usd: '450000000' },
  ],
  [
    'an attempt that was answered and reported nothing leaves a floor',
    openai({ prompt_tokens: 100, completion_tokens: 10 }, { attempts_or_parts: [{ attempt: 1, status: 200, usage: null }] }),
    { status: 'partial', usd: null, usd_lower_bound: '0.0003', unpriced: { calls: 1 } },
  ],
  [
    'so does one that was given up',
    openai({ prompt_tokens: 100, completion_tokens: 10 }, { attempts_or_parts: [{ attempt: 1, aborted: true, usage: null }] }),
    { status: 'partial', usd: null, usd_lower_bound: '0.0003', unpriced: { calls: 1 } },
  ],
  [
    'in a word too',
    openai(
      { prompt_tokens: 100, completion_tokens: 10 },
      {
        attempts_or_parts: [
          { status: 'aborted', usage: null },
          { status: 'refused', usage: null },
        ],
      },
    ),
    { status: 'partial', usd: null, usd_lower_bound: '0.0003', unpriced: { calls: 1 } },
  ],
  [
    'alone it is unpriced, not free',
    { ...openai({}), usage: undefined, attempts_or_parts: [{ attempt: 1, status: 200, usage: null }] },
    { status: 'unpriced', usd: null },
  ],
  [
    'an attempt whose usage is not told apart is the one whose usage the case has',
    openai({ prompt_tokens: 100, completion_tokens: 10 }, { attempts_or_parts: [{ status: 500, usage: null }, { status: 200 }] }),
    { status: 'exact', usd: '0.0003', pico_usd: '300000000' },
  ],
  [
    'an attempt that never reached its provider is free',
    openai(
      { prompt_tokens: 100, completion_tokens: 10 },
      {
        attempts_or_parts: [
          { status: null, usage: null },
          { status: 0, usage: null },
        ],
      },
    ),
    { status: 'exact', usd: '0.0003', pico_usd: '300000000' },
  ],
  [
    'a part that carries its counters itself counts, a repetition of the answer only once',
    anthropic(
      { input_tokens: 2390, output_tokens: 121 },
      {
        attempts_or_parts: [
          { attempt: 1, status: 200, input_tokens: 2390, output_tokens: 121 },
          { type: 'advisor_message', model: 'claude-opus-4-8', rates: { input: '5', output: '25' }, input_tokens: 2518, output_tokens: 22 },
        ],
      },
    ),
    { status: 'exact', usd: '0.02512', pico_usd: '25120000000' },
  ],
  [
    'so does one that carries them by kind',
    openai(
      { input_tokens: 500, output_tokens: 100 },
      { attempts_or_parts: [{ model: 'gpt-image-2', rates: { input_text: '5', output_image: '30' }, input_text: 50, output_image: 1500 }] },
    ),
    { status: 'exact', usd: '0.04725', pico_usd: '47250000000' },
  ],
  [
    'parts that are sums already are added to what is worked out',
    openai({ prompt_tokens: 100, completion_tokens: 10 }, { attempts_or_parts: [{ usd: '0.01' }, { usd: 0.02, count: 2 }] }),
    { status: 'exact', usd: '0.0503', pico_usd: '50300000000' },
  ],
  [
    'a sum that is not known leaves a floor',
    { ...openai({}), usage: undefined, attempts_or_parts: [{ usd: '0.01' }, { usd: null }] },
    { status: 'partial', usd: null, usd_lower_bound: '0.01', unpriced: { calls: 1 } },
  ],
  [
    'attempts of both vendors are each read in their own way',
    {
      provider: 'mixed',
      model: '*',
      attempts_or_parts: [
        { provider: 'openai', model: 'gpt-6-sol', rates: gpt6, usage: { prompt_tokens: 100, completion_tokens: 10 } },
        {
          provider: 'anthropic',
          model: 'claude-opus-5-5',
          rates: opus,
          usage: { input_tokens: 10, cache_read_input_tokens: 100, output_tokens: 5 },
        },
      ],
    },
    { status: 'exact', usd: '0.00046', pico_usd: '460000000' },
  ],
  [
    'a batch is a batch, whatever tier its lines say',
    openai({ prompt_tokens: 100, completion_tokens: 100 }, { channel: 'batch', response_meta: { service_tier: 'scale' } }),
    { status: 'exact', usd: '0.0012', pico_usd: '1200000000' },
  ],
  [
    'an attempt of a tier sold by commitment leaves a floor',
    openai(
      { prompt_tokens: 100, completion_tokens: 10 },
      { attempts_or_parts: [{ service_tier: 'scale', usage: { prompt_tokens: 50, completion_tokens: 5 } }] },
    ),
    { status: 'partial', usd: null, usd_lower_bound: '0.0003', unpriced: { input: 50, output: 5 } },
  ],
  [
    'a tier nobody knows is unpriced',
    openai({ prompt_tokens: 100, completion_tokens: 10 }, { response_meta: { service_tier: 'warp' } }),
    { status: 'unpriced', usd: null },
  ],
  [
    'cached tokens without a rate are not free',
    openai(
      { prompt_tokens: 100, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 60 } },
      { rates_usd_per_mtok: { input: '30', output: '180' } },
    ),
    { status: 'partial', usd: null, usd_lower_bound: '0.003', unpriced: { cached_input: 60 } },
  ],
  [
    'where the rates say that OpenAI has none for its cache apart, reads and writes are input',
    openai(
      { prompt_tokens: 5000, completion_tokens: 500, prompt_tokens_details: { cached_tokens: 4000, cache_write_tokens: 500 } },
      { rates_usd_per_mtok: { input: '5', cached_input: null, cache_write: 'none', output: '15' } },
    ),
    { status: 'exact', usd: '0.0325', pico_usd: '32500000000' },
  ],
  [
    'in the long band too, at its own price of the prompt',
    openai(
      { prompt_tokens: 300_000, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 200_000 } },
      { rates_usd_per_mtok: { ...gpt6, long_context: { input: '60', cached_input: null, output: '270' } } },
    ),
    { status: 'exact', usd: '18', pico_usd: '18000000000000' },
  ],
  [
    'a lifetime whose price is not published has none, null or not',
    openai(
      { prompt_tokens: 100, completion_tokens: 0, prompt_tokens_details: { cache_write_tokens_details: { ttl_12h_tokens: 60 } } },
      { rates_usd_per_mtok: { ...gpt6, cache_write_12h: null } },
    ),
    { status: 'partial', usd: null, usd_lower_bound: '0.00008', unpriced: { cache_write_12h: 60 } },
  ],
  [
    'nor has Anthropic’s cache, which always sells apart',
    anthropic(
      { input_tokens: 100, cache_read_input_tokens: 60, output_tokens: 0 },
      { rates_usd_per_mtok: { input: '4', cached_input: null, output: '20' } },
    ),
    { status: 'partial', usd: null, usd_lower_bound: '0.0004', unpriced: { cached_input: 60 } },
  ],
  [
    'a factor need only come out even in the sum',
    openai({ prompt_tokens: 1000, completion_tokens: 0 }, { rates_usd_per_mtok: { input: '0.0125' }, token_multiplier: '0.9255' }),
    { status: 'exact', usd: '0.00001156875', pico_usd: '11568750' },
  ],
  [
    'rates as JSON writes small numbers are read to the last digit',
    openai({ prompt_tokens: 3_000_000, completion_tokens: 20 }, { rates_usd_per_mtok: { input: 1e-6, output: '2.5e-1' } }),
    { status: 'exact', usd: '0.000008', pico_usd: '8000000' },
  ],
  [
    'searches told by the usage are priced by the fees of the case',
    anthropic(
      { input_tokens: 1000, output_tokens: 500, server_tool_use: { web_search_requests: 2, web_fetch_requests: 9 } },
      { fees_usd: { web_search_per_call: '0.01' } },
    ),
    { status: 'exact', usd: '0.034', pico_usd: '34000000000' },
  ],
  [
    'a fee without a price leaves a floor',
    anthropic(
      { input_tokens: 1000, output_tokens: 500 },
      { fees_usd: { code_execution_hour: null }, fee_quantities: { code_execution_hour: '0.5' } },
    ),
    { status: 'partial', usd: null, usd_lower_bound: '0.014', unpriced: { code_execution_hour: 0.5 } },
  ],
  [
    'a model of images has its sums read by kind',
    openai(
      { input_tokens: 1050, input_tokens_details: { text_tokens: 50, image_tokens: 1000 }, output_tokens: 1500 },
      { model: 'gpt-image-2', rates_usd_per_mtok: { input_text: '5', input_image: '8', output_image: '30' } },
    ),
    { status: 'exact', usd: '0.05325', pico_usd: '53250000000' },
  ],
  [
    'pictures in the prompt of a model that sells none apart are input like its text',
    openai({ prompt_tokens: 1000, completion_tokens: 200, prompt_tokens_details: { image_tokens: 500 } }),
    { status: 'exact', usd: '0.004', pico_usd: '4000000000' },
  ],
  [
    'pictures told by kind have no price where the rates have none for them',
    openai({ input_text: 50, input_image: 1000 }, { rates_usd_per_mtok: { input_text: '5', output_text: '10' } }),
    { status: 'partial', usd: null, usd_lower_bound: '0.00025', unpriced: { image_input: 1000 } },
  ],
  [
    'after a fallback both models are paid, each at its own rates',
    anthropic({
      input_tokens: 1000,
      output_tokens: 100,
      iterations: [
        { type: 'message', input_tokens: 900, output_tokens: 10 },
        { type: 'fallback_message', model: 'claude-opus-5-5', input_tokens: 1000, output_tokens: 100 },
      ],
    }),
    { status: 'exact', usd: '0.0098', pico_usd: '9800000000' },
  ],
  ['an answer that reported nothing, and that nobody counted, is unpriced', openai({}, { usage: null }), { status: 'unpriced', usd: null }],
  [
    'a stream whose events reported nothing is unpriced',
    { ...openai({}), usage: undefined, events: [{ usage: null }, { usage: null }] },
    { status: 'unpriced', usd: null },
  ],
  [
    'a refusal that reported nothing is free',
    openai({}, { usage: null, response_meta: { status: 503 } }),
    { status: 'exact', usd: '0', pico_usd: '0' },
  ],
  [
    'a count of our own is estimated, and an unpriced one stays unpriced',
    openai({ prompt_tokens: 9, completion_tokens: 1 }, { title: 'stream cut: counted by the gateway', rates_usd_per_mtok: {} }),
    { status: 'unpriced', usd: null },
  ],
  [
    'a total with parts that have no price is a floor',
    { api: 'aggregate', attempts_or_parts: [{ usd: '0.3' }, { usd: '-0.1' }, { usd: null }, { usd: '0.01', count: 3 }] },
    { status: 'partial', usd: null, usd_lower_bound: '0.23', unpriced: { calls: 1 } },
  ],
  [
    'a total may have its sums as numbers',
    { api: 'aggregate', attempts_or_parts: [{ usd: 0.3 }, { usd: '0.1' }] },
    { status: 'exact', usd: '0.4', pico_usd: '400000000000' },
  ],
  [
    'ten million calls add up beyond 64 bits of picodollars',
    { api: 'aggregate', arithmetic_micro_usd: '(50000*20 + 250000*2 + 1000*75)*10000000' },
    { status: 'exact', usd: '15750000', pico_usd: '15750000000000000000' },
  ],
];

for (const [name, given, expected] of CASES) {
  test(name, () => assert.deepEqual(priceCase(given as JsonObject, readUsage), expected));
}

const NO_CASES: readonly [string, object, RegExp][] = [
  ['nothing at all', {}, /a case must have usage, events, attempts_or_parts or fee_quantities/],
  [
    'usage in words nobody knows',
    openai({ promptTokenCount: 4 }),
    /usage must have counters such as input_tokens .*, got promptTokenCount/,
  ],
  ['a total alone', openai({ total_tokens: 12 }), /usage must have counters/],
  ['a count that is a text', openai({ prompt_tokens: '5' }), /counts in usage must be whole numbers of 0 or more, got "5"/],
  ['a count below nothing', openai({ prompt_tokens: -5 }), /got -5/],
  [
    'a rate that is beyond all sense',
    openai({ prompt_tokens: 5 }, { rates_usd_per_mtok: { input: '1e999999999' } }),
    /input must be a decimal/,
  ],
  ['a rate that is no decimal', openai({ prompt_tokens: 5 }, { rates_usd_per_mtok: { input: 'two' } }), /input must be a decimal/],
];

for (const [name, given, message] of NO_CASES) {
  test(`a case of ${name} is refused, not free`, () => assert.throws(() => priceCase(given as JsonObject, readUsage), message));
}

const OWN = new URL('../../fixtures/costs/cases.json', import.meta.url);

test('our own cases come to what was worked out for them by hand', () => {
  const { cases } = JSON.parse(readFileSync(OWN, 'utf8')) as { cases: (JsonObject & { id: string; expected: JsonObject })[] };
  const answers = Object.fromEntries(cases.map((given) => [given.id, priceCase(given, readUsage)]));
  assert.deepEqual(answers, Object.fromEntries(cases.map(({ id, expected }) => [id, expected])));
  assert.equal(Object.keys(answers).length, cases.length);
});

const GOLDEN = new URL('../../../shared/golden/costs.json', import.meta.url);

/** The usage of a case as the gateway would have read it from the answer. */
const asServed: ReadUsage = (wire, seen) => {
  if (seen.provider === 'modalities') return readUsage(wire, seen);
  if (seen.provider === 'anthropic') return decodeMessages(wire);
  return 'prompt_tokens' in wire ? decodeChat(wire) : (decodeResponses({ usage: wire }) ?? readUsage(wire, seen));
};

const READERS: readonly [string, ReadUsage, (golden: JsonObject) => boolean][] = [
  ['read by itself', readUsage, () => true],
  // An answer alone does not say what lifetimes its request asked for.
  ['read by the dialects', asServed, ({ request }) => !JSON.stringify(request ?? null).includes('cache_ttls')],
];

for (const [name, read, applies] of READERS) {
  test(`every worked case comes to its exact answer, its usage ${name}`, { skip: !existsSync(GOLDEN) && 'no golden cases here' }, () => {
    const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as { cases: (JsonObject & { id: string; expected: JsonObject })[] };
    const cases = golden.cases.filter(applies);
    const answers = Object.fromEntries(cases.map((given) => [given.id, priceCase(given, read)]));
    assert.deepEqual(answers, Object.fromEntries(cases.map(({ id, expected }) => [id, expected])));
    assert.ok(cases.length > 0);
  });
}
