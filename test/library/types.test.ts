import assert from 'node:assert/strict';
import test from 'node:test';
import { z } from 'zod';
import { type Headgate, type OutputOf, type RunnableTool, type StandardSchema, type ToolContext, tool } from '../../src/index.ts';

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

/** As above. */
async function tools(headgate: Headgate) {
  const river = tool({
    name: 'river',
    input: z.object({ name: z.string(), km: z.string().transform(Number) }),
    timeoutMs: 50,
    run: async ({ name, km }, { signal }) => ({ name, km, late: signal.aborted }),
  });
  same<Parameters<typeof river.run>[0], { name: string; km: number }>(true);
  same<Awaited<ReturnType<typeof river.run>>, { name: string; km: number; late: boolean }>(true);

  const city = tool({ name: 'city', input: { type: 'object' }, run: () => 'Oslo' });
  same<ReturnType<typeof city.run>, string>(true);

  const both: readonly RunnableTool[] = [river, city];
  await headgate.runTools({ model: 'm', input: 'x', tools: both });
  await headgate.runTools({ model: 'm', input: 'x', tools: [river, city] });

  // @ts-expect-error: there is no such argument
  river.run({ name: 'Nile', miles: 3 }, {} as ToolContext);
}

test('types follow from the schema of a tool', () => assert.equal(typeof tools, 'function'));

test('types follow from the schema of the output', () => {
  same<OutputOf<StandardSchema<Date>>, Date>(true);
  same<OutputOf<undefined>, undefined>(true);
  assert.equal(typeof asks, 'function');
});
