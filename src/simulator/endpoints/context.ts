import type { JsonObject } from '../../model/json.ts';
import type { Said } from '../answer.ts';
import type { Directions } from '../match.ts';
import type { SimulatedRequest } from '../request.ts';
import type { Refusal } from '../rules/rule.ts';
import type { State } from '../state.ts';
import type { Ids, Vendor } from '../vendor.ts';

/** What an endpoint knows of the request it answers. */
export interface Context {
  readonly request: SimulatedRequest;
  readonly vendor: Vendor;
  /** The body; empty for a GET. */
  readonly wire: JsonObject;
  readonly directions: Directions;
  readonly state: State;
  /** The API key it came with. */
  readonly key: string;
  /** Models served besides the catalogue's. */
  readonly models: readonly string[];
  readonly ids: Ids;
  readonly nowMs: number;
  /** Counts tokens against the key's limits; the refusal when one is passed. */
  spend(tokens: number): Refusal | undefined;
}

export type Endpoint = (context: Context) => Said | Refusal;
