import assert from 'node:assert/strict';
import test from 'node:test';
import { z } from 'zod';
import type { Headgate, OutputOf, StandardSchema } from '../../src/index.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(is: Same<A, B>) => assert.equal(is, true);

/** Never called: what counts is that it compiles, and that what must not compile does not. */
async function asks(headgate: Headgate) {
  const river = z.object({ name: z.string(), km: z.number().optional(), from: z.string().transform((text) => text.length) });

  const typed = await headgate.ask({ model: 'm', input: 'x', output: river });
  same<typeof typed.output, { name: string; km?: number | undefined; from: number }>(true);

  const plain = await headgate.ask({ model: 'm', input: 'x' });
  same<typeof plain.output, undefined>(true);

  const streamed = await headgate.stream({ model: 'm', input: 'x', output: z.array(z.number()) }).reply();
  same<typeof streamed.output, number[]>(true);

  // @ts-expect-error: a model must be named
  await headgate.ask({ input: 'x' });
  // @ts-expect-error: a field that does not exist
  await headgate.ask({ model: 'm', input: 'x', maxTokens: 3 });
  // @ts-expect-error: the output is no text
  typed.output.name satisfies number;
  // @ts-expect-error: tags are texts
  await headgate.ask({ model: 'm', input: 'x', tags: { team: 1 } });
}

test('types follow from the schema of the output', () => {
  same<OutputOf<StandardSchema<Date>>, Date>(true);
  same<OutputOf<undefined>, undefined>(true);
  assert.equal(typeof asks, 'function');
});
