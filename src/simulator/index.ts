/**
 * `headgate/simulator`: OpenAI and Anthropic for tests — all three formats, the vendors' own rules,
 * scripted by plain data. See docs/simulator.md.
 */
export { type SimulatedWorld, simulatedWorld } from '../world/simulated.ts';
export { fetchFrom } from './fetch.ts';
export { networkOf } from './network.ts';
export type { Stage } from './perform.ts';
export { readScript } from './read-script.ts';
export type { SimulatedRequest } from './request.ts';
export type * from './script.ts';
export { type RunningSimulator, receive, startSimulator } from './serve.ts';
export { createSimulator, type SeenRequest, type Simulator, type SimulatorOptions } from './simulator.ts';
