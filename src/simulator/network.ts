import type { Network } from '../model/exchange.ts';
import type { World } from '../world/world.ts';
import type { Simulator } from './simulator.ts';

/**
 * The simulator as the pipeline's network, in the world's time: a day of traffic can run in
 * milliseconds. Callbacks never come before `send` has returned.
 */
export function networkOf(
  simulator: Simulator,
  world: Pick<World, 'after'>,
  headersFor: (provider: string) => Record<string, string> = bearer,
): Network {
  return {
    send({ provider, method, path, headers, body }, receiver) {
      const held = heldBack();
      let left = () => {};
      const callOff = world.after(0, () => {
        left = simulator.handle(
          { method, path, headers: { ...headers, ...headersFor(provider) }, body: body ?? new Uint8Array() },
          {
            head: (status, answered) => held.pass(() => receiver.onHead(status, answered)),
            write: (bytes) => held.pass(() => receiver.onData(Buffer.from(bytes))),
            end: () => held.pass(() => receiver.onEnd()),
            reset: () => held.pass(() => receiver.onError(held.started ? BROKE_OFF : NEVER_CAME)),
          },
        );
      });
      return {
        asked: true,
        abort() {
          held.drop();
          callOff();
          left();
        },
        pause: held.pause,
        resume: held.resume,
      };
    },
  };
}

const bearer = () => ({ authorization: 'Bearer simulated' });

const BROKE_OFF = { kind: 'interrupted', message: 'the simulated connection was reset in the middle of the answer' } as const;
const NEVER_CAME = { kind: 'unreachable', message: 'the simulated connection was reset before an answer' } as const;

/** Keeps callbacks back while the far side is told to wait. */
function heldBack() {
  const waiting: (() => void)[] = [];
  let paused = false;
  let dropped = false;
  const state = {
    started: false,
    pass(call: () => void) {
      if (dropped) return;
      if (paused) waiting.push(call);
      else call();
      state.started = true;
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      while (!paused && !dropped && waiting.length > 0) waiting.shift()!();
    },
    drop: () => {
      dropped = true;
    },
  };
  return state;
}
