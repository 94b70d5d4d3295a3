/**
 * What becomes of a stream that breaks off. `fail`: after the first content it ends with an error. `restart`:
 * thoughts do not count as content, they are held back until the first word or call, so that the call may
 * still go elsewhere until then. `hold`: all of it is held back until it is complete. `continue`: another
 * attempt writes on from where it broke, where the model can.
 */
export const ON_CUT = ['fail', 'restart', 'hold', 'continue'] as const;
export type OnCut = (typeof ON_CUT)[number];
