import type { JsonObject } from '../../model/json.ts';
import type { GatewayKey } from '../../model/key.ts';
import type { Ask } from '../../store/ask.ts';
import type { Ledger } from '../../store/ledger.ts';

/** What the admin API needs from the rooms behind it. */
export interface AdminRooms {
  /** Lower-case hex digests of the tokens that open it. None: there is no admin API. */
  tokens(): readonly string[];
  /** Milliseconds since 1970. */
  now(): number;
  /** The configuration as it was understood, without secrets. */
  config(): JsonObject;
  /** The keys that stand in the configuration: they are shown, and changed there. */
  configKeys(): readonly GatewayKey[];
  /** Asks the database. Absent: nothing is kept, neither keys nor calls. */
  readonly ask?: Ask | undefined;
  readonly ledger?: Ledger | undefined;
  /** Takes changed keys over in this process at once. Rejects when the database cannot say. */
  refreshKeys(): Promise<void>;
  /** Hears of every change that was made: by whom, in which way, to what. Absent: nobody writes that down. */
  readonly changed?: (change: { readonly by: string; readonly what: string; readonly of: string }) => void;
  /** How the gateway itself is. */
  status(): JsonObject;
  /** One for each provider or model at a provider: its health, breaker and keys. Absent: nobody keeps that. */
  upstreams?(): readonly JsonObject[];
  /** One for each budget and period under way: limit, spent, held. Absent: there are no budgets. */
  budgets?(): Promise<readonly JsonObject[]>;
  /** Alerts that are open. Absent: there are no alerts. */
  alerts?(): Promise<readonly JsonObject[]>;
}
