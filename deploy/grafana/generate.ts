/*
 * Writes the dashboards to import into Grafana: node deploy/grafana/generate.ts
 */
import { writeFileSync } from 'node:fs';
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { budgets } from './budgets.ts';
import { caching } from './caching.ts';
import { feature } from './feature.ts';
import { overview } from './overview.ts';
import type { Board, Panel } from './panel.ts';
import { reliability } from './reliability.ts';

export const BOARDS: readonly Board[] = [overview, feature, reliability, caching, budgets];

/** The Prometheus asked: whichever the viewer picks. */
const SOURCE = { type: 'prometheus', uid: '$datasource' };

export const fileOf = ({ uid }: Board) => `deploy/grafana/dashboards/${uid}.json`;

export const jsonOf = (board: Board) => `${JSON.stringify(dashboardOf(board), null, 2)}\n`;

function dashboardOf({ uid, title, description, pick, rows }: Board): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['headgate'])
    .editable()
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
  if (pick) {
    dashboard.withVariable(
      new QueryVariableBuilder(pick.label)
        .label(pick.label)
        .datasource(SOURCE)
        .query(`label_values(${pick.metric}, ${pick.label})`)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc),
    );
  }
  let id = 0;
  for (const row of rows) {
    dashboard.withRow(new RowBuilder(row.title).id(++id));
    for (const panel of row.panels) dashboard.withPanel(panelOf(panel).id(++id));
  }
  return dashboard.build();
}

function panelOf(panel: Panel) {
  const builder = shapeOf(panel);
  builder
    .title(panel.title)
    .description(panel.description)
    .unit(panel.unit)
    .datasource(SOURCE)
    .span(panel.width ?? WIDTH[panel.shape]);
  builder.height(panel.shape === 'number' ? 4 : 8);
  for (const [place, { expr, legend }] of panel.queries.entries()) {
    const query = new prometheus.DataqueryBuilder()
      .refId(String.fromCharCode(65 + place))
      .expr(expr)
      .legendFormat(legend);
    builder.withTarget(panel.shape === 'lines' ? query.range() : query.instant());
  }
  return builder;
}

const WIDTH = { number: 6, lines: 12, bars: 12 } as const satisfies Record<Panel['shape'], number>;

function shapeOf({ shape }: Panel) {
  switch (shape) {
    case 'number':
      return new stat.PanelBuilder().reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
    case 'lines':
      return new timeseries.PanelBuilder().fillOpacity(10).min(0);
    case 'bars':
      return new bargauge.PanelBuilder()
        .orientation(common.VizOrientation.Horizontal)
        .displayMode(common.BarGaugeDisplayMode.Basic)
        .min(0)
        .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
    default:
      return shape satisfies never;
  }
}

if (import.meta.main) for (const board of BOARDS) writeFileSync(fileOf(board), jsonOf(board));
