import type { Files } from '../model/job.ts';
import type { Ask } from '../store/ask.ts';
import type { World } from '../world/world.ts';
import { newName } from './name.ts';

const DAY_MS = 86_400_000;
/** A file goes into the store, and comes out, in pieces of so many bytes. */
const PIECE_BYTES = 64 * 1024;

/** Files on the store. */
export const createFiles = (ask: Ask, world: World): Files => ({
  async add(owner, pieces, described) {
    const id = newName('file-', world);
    let held: Uint8Array[] = [];
    let heldBytes = 0;
    let bytes = 0;
    let count = 0;
    const write = async () => {
      if (heldBytes === 0) return;
      const body = Buffer.concat(held).toString('base64');
      held = [];
      heldBytes = 0;
      await ask('addPiece', { file: id, piece: count, body });
      count += 1;
    };
    try {
      await ask('openFile', { id, owner, nowMs: world.now() });
      for await (const piece of pieces) {
        held.push(Buffer.from(piece));
        heldBytes += piece.byteLength;
        bytes += piece.byteLength;
        if (heldBytes >= PIECE_BYTES) await write();
      }
      await write();
      const createdMs = world.now();
      const { purpose, filename, keepMs = 30 * DAY_MS } = described();
      const file = { id, owner, purpose, filename, bytes, createdMs, expiresMs: createdMs + keepMs };
      await ask('addFile', file);
      return file;
    } catch (error) {
      await ask('dropFile', { id }).catch(() => {});
      throw error;
    }
  },
  get: (id, owner = '') => ask('fileOf', { id, owner }),
  list: ({ owner = '', purpose = '', limit, after }) => ask('fileList', { owner, purpose, limit, ...(after !== undefined && { after }) }),
  async *content(id) {
    for (let piece = 0; ; piece += 1) {
      const body = await ask('filePiece', { file: id, piece });
      if (body === undefined) return;
      yield Buffer.from(body, 'base64');
    }
  },
  async delete(id, owner = '') {
    return (await ask('fileOf', { id, owner })) !== undefined && (await ask('dropFile', { id }));
  },
});
