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
      const request = { method, path, headers: { ...headers, ...headersFor(provider) }, body: body ?? new Uint8Array() };
      const handle = () => {
        left = simulator.handle(request, {
          head: (status, answered) => held.pass(() => receiver.onHead(status, answered)),
          write: (bytes) => held.pass(() => receiver.onData(Buffer.from(bytes))),
          end: () => held.pass(() => receiver.onEnd()),
          reset: () => held.pass(() => receiver.onError(held.started ? BROKE_OFF : NEVER_CAME)),
        });
      };
      let left = world.after(0, () => {
        const intake = simulator.intake(request);
        if (intake) left = intake.take(request.body.length, handle, () => held.pass(() => receiver.onError(NEVER_CAME)));
        else handle();
      });
      return {
        asked: true,
        abort() {
          held.drop();
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
