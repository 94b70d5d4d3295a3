import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { BOARDS, fileOf, jsonOf } from '../../deploy/grafana/generate.ts';
import { type Answer, startPrometheus, withoutPrometheus } from '../support/prometheus.ts';
import { EXPECTED, FEATURE } from './expected.ts';
import { toldPages } from './told.ts';
import { runWorkload } from './workload.ts';

const skip = withoutPrometheus();

test('the dashboards to import are those that are written in TypeScript', () => {
  for (const board of BOARDS) assert.equal(readFileSync(fileOf(board), 'utf8'), jsonOf(board), `run node deploy/grafana/generate.ts`);
  assert.deepEqual(readdirSync('deploy/grafana/dashboards').sort(), BOARDS.map(({ uid }) => `${uid}.json`).sort());
});

interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly targets?: readonly { expr: string; refId: string }[];
  }[];
}
const dashboards = BOARDS.map((board) => JSON.parse(readFileSync(fileOf(board), 'utf8')) as Dashboard);
const panelsOf = ({ panels }: Dashboard) => panels.filter(({ type }) => type !== 'row');

test('every panel has an id and a title of its own', () => {
  for (const board of dashboards) {
    assert.equal(new Set(board.panels.map(({ id }) => id)).size, board.panels.length, board.uid);
    assert.equal(new Set(panelsOf(board).map(({ title }) => title)).size, panelsOf(board).length, board.uid);
  }
});

test('every panel has its number worked out by hand, and no number is of a panel that is gone', () => {
  const shown = dashboards.map((board) => [
    board.uid,
    panelsOf(board)
      .map(({ title }) => title)
      .sort(),
  ]);
  assert.deepEqual(
    Object.entries(EXPECTED).map(([uid, panels]) => [uid, Object.keys(panels).sort()]),
    shown,
  );
});

/** When somebody looks, seconds since 1970, and what they look at. */
const NOW_S = Date.UTC(2026, 0, 2) / 1000;
const SCRAPE_S = 15;
const RANGE_S = 600;
const RATE_S = 60;
/** All the calls happen between two scrapes, the later one this long ago. */
const SINCE_S = 30;

let prometheus: Awaited<ReturnType<typeof startPrometheus>>;
before(async () => {
  if (skip) return;
  const pages = toldPages(await runWorkload());
  let history = '';
  for (let agoS = RANGE_S; agoS >= 0; agoS -= SCRAPE_S) history += stamped(agoS > SINCE_S ? pages.before : pages.after, NOW_S - agoS);
  prometheus = await startPrometheus({ history });
});
after(() => prometheus?.stop());

const stamped = (page: string, timeS: number) =>
  page
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => `${line} ${timeS}\n`)
    .join('');

for (const board of dashboards) {
  for (const { title, targets = [] } of panelsOf(board)) {
    test(`${board.uid}: ${title}`, { skip }, async () => {
      const answers = await Promise.all(targets.map(({ expr }) => prometheus.query(shownAt(expr), NOW_S)));
      const expected = EXPECTED[board.uid]![title]!.map((answer) => (typeof answer === 'number' ? { '': answer } : answer));
      assert.deepEqual(answers.map(rounded), expected.map(rounded));
    });
  }
}

const shownAt = (expr: string) =>
  expr.replaceAll('$__range', `${RANGE_S}s`).replaceAll('$__rate_interval', `${RATE_S}s`).replaceAll('$feature', FEATURE);

/** Twelve digits: what is left of a difference is the floats'. */
const rounded = (answer: Answer) =>
  Object.fromEntries(Object.entries(answer).map(([labels, value]) => [labels, Number(value.toPrecision(12))]));
