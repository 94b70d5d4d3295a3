import assert from 'node:assert/strict';
import test from 'node:test';
import { keeps, traceContextOf, traceIdOf } from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

const CASES: Record<string, [traceparent: string, sampled: boolean | undefined]> = {
  'a sampled trace goes on': [`00-${TRACE}-${SPAN}-01`, true],
  'one that is not sampled says so': [`00-${TRACE}-${SPAN}-00`, false],
  'flags yet unknown do not disturb': [`00-${TRACE}-${SPAN}-03`, true],
  'a later version may say more': [`cc-${TRACE}-${SPAN}-01-what-is-to-come`, true],
  'this version may not': [`00-${TRACE}-${SPAN}-01-more`, undefined],
  'version ff is none': [`ff-${TRACE}-${SPAN}-01`, undefined],
  'an id of zeros is none': [`00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
  'a span of zeros is none': [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
  'capitals are none': [`00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
  'words are none': ['hello', undefined],
};
for (const [name, [traceparent, sampled]] of Object.entries(CASES)) {
  test(`traceparent: ${name}`, () => {
    const expected = sampled === undefined ? undefined : { traceId: TRACE, spanId: SPAN, sampled };
    assert.deepEqual(traceContextOf({ traceparent }), expected);
  });
}

test('a share of traces is kept, the same ones everywhere, all or none at the ends', () => {
  const ids = Array.from({ length: 4000 }, (_, number) => traceIdOf(`call_${number}`));
  const kept = (share: number) => ids.filter((id) => keeps(id, share));
  assert.deepEqual([kept(0).length, kept(1).length], [0, 4000]);
  const tenth = kept(0.1);
  assert.ok(tenth.length > 320 && tenth.length < 480, `${tenth.length} of 4000`);
  assert.deepEqual(
    tenth.filter((id) => !keeps(id, 0.2)),
    [],
  );
});
