/** A dashboard as data: what is asked, and how the answer is shown. */
export interface Board {
  /** Part of its address and the name of its file. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Metric whose values of this label the viewer picks one of. */
  readonly pick?: { readonly label: string; readonly metric: string };
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

export interface Panel {
  /** Once on its board. */
  readonly title: string;
  /** What it means, and what to do when it looks bad. */
  readonly description: string;
  /** `number`: one value; `lines`: over time; `bars`: one bar for each label, the largest first. */
  readonly shape: 'number' | 'lines' | 'bars';
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Of 24; 6 for numbers, 12 for the others unless told. */
  readonly width?: number;
}

export interface Query {
  /** PromQL. `$__range` and `$__rate_interval` are Grafana's, of the time shown. */
  readonly expr: string;
  /** What a line or bar is called; `{{label}}` stands for a label's value. */
  readonly legend: string;
}

/** As Grafana names units. */
export type Unit = 'currencyUSD' | 'short' | 'percentunit' | 's' | 'reqps' | 'bytes';

export const number = (title: string, unit: Unit, expr: string, description: string): Panel => ({
  title,
  description,
  shape: 'number',
  unit,
  queries: [{ expr, legend: title }],
});

export const lines = (title: string, unit: Unit, queries: readonly Query[], description: string): Panel => ({
  title,
  description,
  shape: 'lines',
  unit,
  queries,
});

export const bars = (title: string, unit: Unit, query: Query, description: string): Panel => ({
  title,
  description,
  shape: 'bars',
  unit,
  queries: [query],
});

/** A quantile of a histogram over the time a line's point stands for. */
export const quantile = (share: number, histogram: string, by = ''): string =>
  `histogram_quantile(${share}, sum by (le${by && `, ${by}`}) (rate(${histogram}_bucket[$__rate_interval])))`;
