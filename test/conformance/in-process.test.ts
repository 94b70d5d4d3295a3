/*
 * The suite once more, with every SDK on `headgate.fetch` and no socket between it and the gateway. What is about
 * sockets, keys and addresses is not here; nor what gives its clients a `fetch` by itself.
 */
import { goInProcess } from './way.ts';

goInProcess();
for (const part of [
  'pairs',
  'tools',
  'thinking',
  'structured',
  'media',
  'citations',
  'losses',
  'refusals',
  'errors',
  'cuts',
  'leaving',
  'fallbacks',
  'rescues',
  'side',
])
  await import(`./${part}.test.ts`);
