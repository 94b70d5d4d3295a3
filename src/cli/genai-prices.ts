import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Provider, TieredPrices } from '@pydantic/genai-prices';
import type { Feed, FeedRate } from '../accounting/feed.ts';
import type { Meter } from '../model/usage.ts';

/** The version the names below were read from. */
export const GENAI_PRICES = '@pydantic/genai-prices@0.1.8';

type Package = typeof import('@pydantic/genai-prices');

/** The package's prices as a feed, from beside Headgate or from the working folder; undefined where it is not installed. */
export async function genaiPrices(): Promise<Feed | undefined> {
  const genai = await loaded();
  if (!genai) return undefined;
  const providerOf = (seller: string): Provider | undefined => genai.findProvider({ providerId: seller });
  return {
    models: (seller) => providerOf(seller)?.models.map(({ id }) => id) ?? [],
    find(seller, model, atMs) {
      if (!providerOf(seller)) return undefined;
      const found = genai.calcPrice({ input_tokens: 1 }, model, { providerId: seller, timestamp: new Date(atMs) });
      if (!found || found.provider.id !== seller) return undefined;
      const meters: { -readonly [M in Meter]?: FeedRate } = {};
      for (const [name, price] of Object.entries(found.model_price)) {
        const meter = name === 'cache_write_mtok' ? (seller === 'anthropic' ? 'cacheWrite5m' : 'cacheWrite30m') : METERS[name];
        if (meter && price !== undefined) meters[meter] = rateOf(price);
      }
      return { model: found.model.id, meters };
    },
  };
}

async function loaded(): Promise<Package | undefined> {
  try {
    return await import('@pydantic/genai-prices');
  } catch {
    try {
      const from = createRequire(path.join(process.cwd(), 'here.js'));
      return (await import(pathToFileURL(from.resolve('@pydantic/genai-prices')).href)) as Package;
    } catch {
      return undefined;
    }
  }
}

const METERS: Readonly<Record<string, Meter>> = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cacheRead',
  cache_write_1h_mtok: 'cacheWrite1h',
  input_audio_mtok: 'audioInput',
  output_audio_mtok: 'audioOutput',
  input_image_mtok: 'imageInput',
  output_image_mtok: 'imageOutput',
};

const rateOf = (price: number | TieredPrices): FeedRate =>
  typeof price === 'number'
    ? { usd: price, over: [] }
    : { usd: price.base, over: price.tiers.map(({ start, price: usd }) => ({ tokens: start, usd })) };
