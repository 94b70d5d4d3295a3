import { constants, createBrotliDecompress, createInflate, createUnzip, createZstdDecompress } from 'node:zlib';

/** Undoes a content-encoding as the bytes come, without waiting for more than it needs. */
export interface Decoder {
  write(bytes: Buffer): void;
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** Who feeds the decoder, and can be asked to wait. */
interface Source {
  pause(): void;
  resume(): void;
}

interface Listener {
  onData(bytes: Buffer): unknown;
  onEnd(): void;
  onError(): void;
}

/** Codings a server may answer in though it was asked for none (recorded traffic holds some); undefined for any other. */
export function createDecoder(coding: string, source: Source, { onData, onEnd, onError }: Listener): Decoder | undefined {
  const stream = CODINGS.get(coding.trim().toLowerCase())?.();
  if (!stream) return undefined;
  stream.on('data', onData);
  stream.on('end', onEnd);
  stream.on('error', onError);
  stream.on('drain', () => source.resume());
  return {
    write(bytes) {
      if (!stream.write(bytes)) source.pause();
    },
    end: () => stream.end(),
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    destroy: () => stream.destroy(),
  };
}

// Flushing after every write gives each event when it comes, not when a block is full.
const PROMPT = { flush: constants.Z_SYNC_FLUSH };
const CODINGS: ReadonlyMap<string, () => ReturnType<typeof createUnzip>> = new Map([
  ['gzip', () => createUnzip(PROMPT)],
  ['x-gzip', () => createUnzip(PROMPT)],
  ['deflate', () => createInflate(PROMPT)],
  ['br', () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH })],
  ['zstd', () => createZstdDecompress({ flush: constants.ZSTD_e_flush })],
]);
