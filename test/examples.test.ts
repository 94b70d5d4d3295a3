import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { demoConfig } from '../src/config/demo.ts';
import { createHeadgate, type Headgate } from '../src/headgate.ts';
import { startSimulator } from '../src/simulator/index.ts';

/** What each program says at the least, line by line. */
const SAYS: Record<string, RegExp> = {
  'openai-sdk.ts': /^answer: \S.*\ntokens: \d+ in, \d+ out\ncost: +\$ 0\.\d+\n$/,
  'anthropic-sdk.ts': /\S\nstopped: end_turn, \d+ tokens in, \d+ out\n$/,
  'tools.ts':
    /^claude-haiku-5-5 calls weather\(\{.*\}\)\nclaude-haiku-5-5 through the OpenAI SDK: \S.*\ngpt-6-luna calls weather\(\{.*\}\)\ngpt-6-luna through the Anthropic SDK: \S.*\n$/,
  'pdf.ts': /^Claude, through the OpenAI SDK: \S.*\nGPT, through the Anthropic SDK: \S.*\nrefused: 400 .*input_audio|audio/s,
  'in-process.ts': /^answer: \S.*\nby: +anthropic\/claude-opus-5-5\ncost: +\$ 0\.\d+\n$/,
  'ask.ts': /^river: \S.*\nopenai took \$0\.\d+\ntold in pieces, finished: stop\nturns: 4\n$/,
  'estimate.ts':
    /^openai\/gpt-6-sol: \d+ tokens by tokenizer, at most 4596 back, at most \$0\.\d+\nanthropic\/claude-sonnet-5: \d+ tokens by length, at most 4596 back, at most \$0\.\d+\nanswered by openai, starved: false\n$/,
  'batch.ts': /^(\w+: answered, \$0\.\d+\n){3}deferred: waiting, at the latest in 6 hours\n$/,
  'run-tools.ts': /^(\{"city":"\w+"\}: (done|failed)\n){3}answered after 2 rounds, \$0\.\d+: \S/,
  'track.ts': /^search: 1 call, \$ 0\.\d+\nsupport: 1 call, \$ 0\.\d+\n$|^support: 1 call, \$ 0\.\d+\nsearch: 1 call, \$ 0\.\d+\n$/,
  'simulated-batch.ts': /^row-1: succeeded\nrow-2: errored, overloaded_error\nrow-3: expired\nafter 24 hours: ended\n$/,
  'ai-sdk.ts': /^answer: It is clear in Oslo\.\nsteps: +2\ncost: +\$ 0\.\d+ for the last\nstreamed: true\n$/,
};

let simulator: Awaited<ReturnType<typeof startSimulator>>;
let headgate: Headgate;
let door: Awaited<ReturnType<Headgate['listen']>>;

before(async () => {
  simulator = await startSimulator({ port: 0 });
  const { ledger: _, ...config } = demoConfig(simulator.url);
  headgate = await createHeadgate(config);
  door = await headgate.listen({ host: '127.0.0.1', port: 0 });
});

after(async () => {
  await door.close(0);
  await headgate.close();
  await simulator.close();
});

test('every example has its expectation here', () => {
  const programs = readdirSync('examples').filter((file) => file.endsWith('.ts'));
  assert.deepEqual(programs.sort(), Object.keys(SAYS).sort());
});

for (const [file, says] of Object.entries(SAYS)) {
  test(`${file} runs against the demo`, async () => {
    const env = { PATH: process.env['PATH'], HEADGATE_URL: door.url };
    const { stdout } = await promisify(execFile)(process.execPath, [`examples/${file}`], { env });
    assert.match(stdout, says);
  });
}
