/**
 * Files, as far as the journal needs them. Calls block, and throw what Node throws (an error with a `code`
 * such as `ENOSPC`); tests and simulations have a disk of their own that fails by plan.
 */
export interface Disk {
  /** Makes the directory and those above it, where they are missing. */
  makeDirectory(directory: string): void;
  /** Names in the directory; none when it is missing. */
  list(directory: string): readonly string[];
  /** Opens a file for appending; it is made when missing. */
  open(file: string): Appending;
  /** The bytes from a place on: at most `bytesMax`, fewer where the file ends. */
  read(file: string, from: number, bytesMax: number): Buffer;
  size(file: string): number;
  /** No error when it is missing. */
  remove(file: string): void;
  /** Takes a lock that the machine lets go when this process ends, however it ends. Undefined: another has it. */
  lock(file: string): (() => void) | undefined;
}

/** A file open for appending. */
export interface Appending {
  /** Bytes in it. */
  readonly size: number;
  /** Appends; says how many bytes were taken, which may be fewer than given. */
  append(bytes: Uint8Array): number;
  /** Cuts it to its first `size` bytes. */
  truncate(size: number): void;
  /** Has everything appended before survive the loss of power; off the calling thread. */
  sync(done: (error?: Error) => void): void;
  /** The same while the caller waits. */
  syncNow(): void;
  close(): void;
}
