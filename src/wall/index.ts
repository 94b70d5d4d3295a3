/** The fault wall: sixteen ways a provider misbehaves, thrown at a gateway through the official SDKs. See docs/wall.md. */
export { callerOf, SDKS } from './callers.ts';
export { HEALTHY, WALL, type WallFault } from './faults.ts';
export { configFor, type Deployment, deployments, type Gateway, MODES, type Mode, otherGateway, ownGateway } from './gateway.ts';
export { knows, type Result, run, type Wall } from './run.ts';
export { VENDORS, type Vendor } from './texts.ts';
export { startUpstreams, type Upstreams } from './upstreams.ts';
