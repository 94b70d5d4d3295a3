/*
 * What translating costs: the same Chat call answered by an OpenAI provider (relayed) and by an
 * Anthropic one (translated both ways), requests a second on one core in the same run.
 *
 *   node bench/translate.ts        needs Linux, two cores, and Debian's nginx-light and wrk
 */
import { CHAT_REQUEST, REQUEST_HEADERS } from './support/bodies.ts';
import { median, tell } from './support/figures.ts';
import { startGateway } from './support/gateway.ts';
import { startMock } from './support/nginx.ts';
import { requirePrograms } from './support/processes.ts';
import { noises, quietly } from './support/quiet.ts';
import { type Call, saturate } from './support/wrk.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);

requirePrograms({ nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' });
const mock = await startMock(9700);
const server = await startGateway(9710, { json: mock.url, paced: mock.url });

const call = (model: string): Call => ({ server, path: '/v1/chat/completions', headers: REQUEST_HEADERS, body: CHAT_REQUEST(model) });
const [relayed, translated] = [call('gpt-6-luna'), call('claude-haiku-5-5')];
for (const warm of [relayed, translated]) await saturate(warm, 6);
const rates: [relayed: number[], translated: number[]] = [[], []];
for (let round = 0; round < ROUNDS; round += 1) {
  rates[0].push((await quietly(() => saturate(relayed, 4))).perSecond);
  rates[1].push((await quietly(() => saturate(translated, 4))).perSecond);
}
const [relay, translation] = [median(rates[0]), median(rates[1])];
tell(`one chat call: relayed ${relay.toFixed(0)}, translated to Messages ${translation.toFixed(0)} requests/s`, [
  { name: 'translated against relayed', value: translation / relay, unit: 'x', target: { atLeast: 0.5 } },
]);
console.log(`\nforeign work during the measurements kept: at most ${Math.max(...noises).toFixed(2)} of a core`);
process.exit();
