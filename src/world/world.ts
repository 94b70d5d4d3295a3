/** Everything that makes two runs differ. Pure code takes the values; only effects take the world. */
export interface World {
  /** Wall clock, milliseconds since 1970. For records, never for measuring. */
  now(): number;
  /** Steady clock, milliseconds from an arbitrary start. For measuring, never for records. */
  elapsed(): number;
  /**
   * Runs `work` once after `ms`; the function returned calls it off. A process stays for what is to come,
   * unless it is mere `upkeep`.
   */
  after(ms: number, work: () => void, upkeep?: 'upkeep'): () => void;
  /** Runs `work` once all that has come in by now is dealt with: what is done for many at once is done then. */
  soon(work: () => void): void;
  /** Uniform in [0, 1). */
  random(): number;
}
