import { type CallEstimate, estimateBody } from '../estimate-call.ts';
import { realWorld } from '../world/real.ts';
import { EXIT } from './exit.ts';
import { configFile, loadOrComplain } from './load.ts';
import { complain, say, table } from './print.ts';
import { type RequestOptions, readRequest } from './read-request.ts';

interface EstimateOptions extends RequestOptions {
  readonly maxVisibleTokens?: number;
  readonly config?: string;
  readonly json?: boolean;
}

/** `headgate estimate`: how large and how dear a call would be, without making it. Fails when it fits no target. */
export async function estimate(file: string, { maxVisibleTokens, config: named, json, ...options }: EstimateOptions): Promise<number> {
  const config = loadOrComplain(configFile(named));
  if (!config) return EXIT.failed;
  const found = await estimateBody(config, realWorld, {
    ...(await readRequest(file, options)),
    ...(maxVisibleTokens !== undefined && { maxVisibleTokens }),
  });
  if ('kind' in found) {
    complain(`error: ${found.message}`);
    return EXIT.failed;
  }
  if (json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else for (const line of table(['target', 'question', 'longest answer', 'likely', 'worst', 'fits'], found.map(row))) say(line);
  return found.some(fits) ? EXIT.ok : EXIT.failed;
}

const fits = ({ fitsWindow, fitsOutput }: CallEstimate) => fitsWindow !== false && fitsOutput !== false;

const row = (one: CallEstimate): string[] => [
  one.target,
  one.countedBy === 'tokenizer' ? `${one.inputTokens} tokens` : `about ${one.inputTokens} tokens`,
  `${one.outputTokensMax} tokens`,
  priceText(one.likelyUsd),
  priceText(one.worstUsd),
  one.fitsWindow === false ? 'no: beyond the window' : one.fitsOutput === false ? 'no: beyond the longest answer' : 'yes',
];

const priceText = (usd: string | null) => (usd === null ? 'no price' : `$${usd}`);
