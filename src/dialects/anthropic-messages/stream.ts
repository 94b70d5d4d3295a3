/** Messages streams, both ways. */
export { decodeStream } from './stream-decode.ts';
export { encodeStream } from './stream-encode.ts';
