/** The library: a gateway in process. Wire formats on their own are in `headgate/dialects`, types in `headgate/model`. */

export type { Config } from './config/config.ts';
export { configOf, readConfig } from './config/read.ts';
export { createHeadgate, type Headgate, type HeadgateOptions } from './headgate.ts';
export type { Ledger } from './store/ledger.ts';
