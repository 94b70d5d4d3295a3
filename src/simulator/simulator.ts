import type { Json } from '../model/json.ts';
import { realWorld } from '../world/real.ts';
import type { World } from '../world/world.ts';
import { workBatches } from './batches/work.ts';
import { type Intake, intakeBy } from './intake.ts';
import { uploadFor } from './match.ts';
import { perform, type Stage } from './perform.ts';
import type { SimulatedRequest } from './request.ts';
import type { Script } from './script.ts';
import { type Settings, simulate } from './simulate.ts';
import { emptyState } from './state.ts';

/** How to set up a simulator; everything has a default. */
export interface SimulatorOptions {
  /** Default: none, every answer is made up from its request. */
  readonly script?: Script;
  /** What ids follow from. Default 1. */
  readonly seed?: number;
  /** Clock and waits. Default: the machine's own. */
  readonly world?: Pick<World, 'now' | 'after'>;
  /** API keys taken. Default: any. */
  readonly keys?: readonly string[];
  /** Models served besides the catalogue's and `sim-…`. */
  readonly models?: readonly string[];
}

/** Both vendors in one value, without a socket. */
export interface Simulator {
  /** What came in, oldest first; at most the last 10,000. */
  readonly requests: SeenRequest[];
  /** Plays by other rules from the next request on; counts of `nth` and `times` begin anew. */
  script(rules: Script): void;
  /** How the body of a request is to be taken in before it is handled; undefined: as it comes. */
  intake(head: Omit<SimulatedRequest, 'body'>): Intake | undefined;
  /** Answers a request on a stage; returns what tells it that the caller has left. */
  handle(request: SimulatedRequest, stage: Stage): () => void;
}

/** One request as it was received. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON where it was JSON, else the text; `undefined` when there was none, or it was over 4 MB. */
  readonly body: Json | undefined;
  readonly atMs: number;
  /** The status it was answered with. */
  readonly status: number;
  /** Whether the caller left before the end. */
  aborted: boolean;
  /** Whether everything was said. */
  finished: boolean;
}

const REQUESTS_MAX = 10_000;
const SEEN_BYTES_MAX = 4 * 1024 * 1024;

/** Both vendors as a function: requests in, answers out, under their rules and a script. */
export function createSimulator({ script: first = [], seed = 1, world = realWorld, keys, models = [] }: SimulatorOptions = {}): Simulator {
  const requests: SeenRequest[] = [];
  const state = emptyState();
  let script = first;
  const settings = (): Settings => ({ script, seed, models, ...(keys && { keys }) });
  return {
    requests,
    script(rules) {
      // What was due by now went by the rules until now.
      workBatches(settings(), state, world.now());
      script = rules;
      state.matched.clear();
    },
    intake(head) {
      const upload = uploadFor(settings(), head, state);
      return upload && intakeBy(upload, world);
    },
    handle(request, stage) {
      const nowMs = world.now();
      workBatches(settings(), state, nowMs);
      const { answer } = simulate(request, settings(), state, nowMs);
      const seen: SeenRequest = {
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: bodyOf(request.body),
        atMs: nowMs,
        status: answer.status,
        aborted: false,
        finished: false,
      };
      requests.push(seen);
      if (requests.length > REQUESTS_MAX) requests.shift();
      const callOff = perform(answer, world, {
        ...stage,
        end: () => {
          seen.finished = true;
          stage.end();
        },
      });
      return () => {
        if (!seen.finished) seen.aborted = true;
        callOff();
      };
    },
  };
}

function bodyOf(bytes: Uint8Array): Json | undefined {
  if (bytes.length === 0 || bytes.length > SEEN_BYTES_MAX) return undefined;
  const text = Buffer.from(bytes).toString();
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
