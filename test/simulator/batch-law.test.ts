import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../src/model/json.ts';
import type { Script } from '../../src/simulator/index.ts';
import { simulator } from './ask.ts';
import { chatLine, HOUR_MS, jsonl, messageLine } from './batch-world.ts';

const DAY_MS = 24 * HOUR_MS;

interface Course {
  /** Each line's time in milliseconds; without one it is never answered. */
  readonly lines: readonly { readonly ms?: number; readonly fails: boolean }[];
  readonly plan: { readonly validatingMs: number; readonly finalizingMs: number; readonly cancellingMs: number; readonly atOnce?: number };
  readonly cancelMs?: number;
  /** When someone looks. */
  readonly looksMs: readonly number[];
}

const ms = fc.integer({ min: 0, max: DAY_MS });
const courses: fc.Arbitrary<Course> = fc.record(
  {
    lines: fc.array(fc.record({ ms, fails: fc.boolean() }, { requiredKeys: ['fails'] }), { minLength: 1, maxLength: 6 }),
    plan: fc.record(
      {
        validatingMs: fc.integer({ min: 0, max: HOUR_MS }),
        finalizingMs: fc.integer({ min: 0, max: HOUR_MS }),
        cancellingMs: fc.integer({ min: 0, max: 600_000 }),
        atOnce: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: ['validatingMs', 'finalizingMs', 'cancellingMs'] },
    ),
    cancelMs: ms,
    looksMs: fc.array(ms, { maxLength: 6 }),
  },
  { requiredKeys: ['lines', 'plan', 'looksMs'] },
);

const VENDORS = {
  openai: {
    base: '/v1/batches',
    create: ({ ask }: ReturnType<typeof simulator>, ids: readonly string[]) => {
      const field = (name: string, value: string) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
      const file = field('file"; filename="a.jsonl', jsonl(ids.map((id) => chatLine(id))));
      const headers = { 'content-type': 'multipart/form-data; boundary=b' };
      const { json } = ask('/v1/files', `${field('purpose', 'batch')}${file}--b--`, headers);
      return ask('/v1/batches', { input_file_id: json['id']!, endpoint: '/v1/chat/completions', completion_window: '24h' }).json;
    },
    status: (batch: JsonObject) => String(batch['status']),
    /** What became of each line, by its name. */
    outcomes: ({ ask }: ReturnType<typeof simulator>, batch: JsonObject) =>
      ['output_file_id', 'error_file_id'].flatMap((field) =>
        batch[field] === null
          ? []
          : linesOf(ask(`/v1/files/${batch[field]}/content`, undefined).text).map(({ custom_id, response, error }) => [
              custom_id,
              (response as JsonObject | null)?.['status_code'] ?? (error as JsonObject)['code'],
            ]),
      ),
    next: {
      validating: ['in_progress', 'cancelling'],
      in_progress: ['finalizing', 'cancelling'],
      finalizing: ['completed', 'expired'],
      cancelling: ['cancelled'],
    },
  },
  anthropic: {
    base: '/v1/messages/batches',
    create: ({ ask }: ReturnType<typeof simulator>, ids: readonly string[]) =>
      ask('/v1/messages/batches', { requests: ids.map((id) => messageLine(id)) } as JsonObject).json,
    status: (batch: JsonObject) => String(batch['processing_status']),
    outcomes: ({ ask }: ReturnType<typeof simulator>, { id }: JsonObject) =>
      linesOf(ask(`/v1/messages/batches/${id}/results`, undefined).text).map(({ custom_id, result }) => [
        custom_id,
        (result as JsonObject)['type'],
      ]),
    next: { in_progress: ['canceling', 'ended'], canceling: ['ended'] },
  },
} as const;

const linesOf = (text: string): JsonObject[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);

/** Plays a course; tells the states seen on the way and what came of it in the end. */
function play(vendor: keyof typeof VENDORS, { lines, plan, cancelMs, looksMs }: Course) {
  const { base, create, status, outcomes } = VENDORS[vendor];
  const names = lines.map((_, index) => `line-${index}`);
  const script: Script = [
    { when: { path: base }, batch: plan },
    ...lines.map((line, index) => ({
      when: { customId: names[index]! },
      fault: line.ms === undefined ? { stallAtByte: 0 } : line.fails ? { status: 500 } : {},
      ...(line.ms !== undefined && { timing: { firstMs: line.ms } }),
    })),
  ];
  const simulated = simulator({ script });
  const created = create(simulated, names);
  const at = `${base}/${created['id']}`;
  const steps = [
    ...looksMs.map((atMs) => ({ atMs, cancels: false })),
    ...(cancelMs === undefined ? [] : [{ atMs: cancelMs, cancels: true }]),
  ];
  const seen = [status(created)];
  for (const { atMs, cancels } of steps.sort((a, b) => a.atMs - b.atMs)) {
    simulated.world.advance(atMs - simulated.world.elapsed());
    const { json, status: code } = simulated.ask(cancels ? `${at}/cancel` : at, cancels ? '' : undefined);
    if (code === 200) seen.push(status(json));
  }
  simulated.world.advance(2 * DAY_MS);
  const last = simulated.ask(at, undefined).json;
  const { output_file_id: _, error_file_id: __, id: ___, results_url: ____, ...ended } = last;
  return { names, seen: [...seen, status(last)], ended, outcomes: outcomes(simulated, last).sort() };
}

for (const vendor of ['openai', 'anthropic'] as const) {
  test(`${vendor}: what comes of a batch does not depend on who looks, and each line is in it once`, () => {
    fc.assert(
      fc.property(courses, (course) => {
        const { names, ended, outcomes } = play(vendor, course);
        const unseen = play(vendor, { ...course, looksMs: [] });
        assert.deepEqual([ended, outcomes], [unseen.ended, unseen.outcomes]);
        // One that is cancelled before it was validated never had lines.
        const isUnread = vendor === 'openai' && (course.cancelMs ?? DAY_MS) < course.plan.validatingMs;
        assert.deepEqual(
          outcomes.map(([name]) => name),
          isUnread ? [] : names,
        );
      }),
    );
  });

  test(`${vendor}: states only ever go on to what may come after them`, () => {
    const next: Readonly<Record<string, readonly string[]>> = VENDORS[vendor].next;
    const leads = (from: string, to: string): boolean => from === to || (next[from] ?? []).some((step) => leads(step, to));
    fc.assert(
      fc.property(courses, (course) => {
        const { seen } = play(vendor, course);
        for (const [index, state] of seen.slice(1).entries()) assert.ok(leads(seen[index]!, state), seen.join(' → '));
        assert.deepEqual(next[seen.at(-1)!], undefined, 'the last state is an end');
      }),
    );
  });
}
