import { createHash } from 'node:crypto';

/** Ids of one response and its items: those the provider gave where they are fit to use, else ones made from the response's own. */
export interface ItemIds {
  readonly response: string;
  /** `msg_…`, `fc_…`: `given` unless it was used before or is absent. */
  item(prefix: string, index: number, given: unknown): string;
  /** A call's id, unique in the answer: some models repeat theirs, and the SDK refuses the second. */
  call(id: string, index: number): string;
}

/** OpenAI's ids have at most 64 characters; the same answer always gets the same ids. */
export function itemIds(replyId: string, nowS: number): ItemIds {
  const bare = replyId.startsWith('resp_') ? replyId.slice('resp_'.length) : replyId || String(nowS);
  const base = /^[A-Za-z0-9_-]{1,48}$/.test(bare) ? bare : createHash('sha256').update(bare).digest('hex').slice(0, 40);
  const used = new Set<string>();
  const claim = (id: string): string => {
    used.add(id);
    return id;
  };
  return {
    response: replyId.startsWith('resp_') ? replyId : `resp_${bare}`,
    item: (prefix, index, given) =>
      claim(typeof given === 'string' && given !== '' && !used.has(given) ? given : `${prefix}_${base}_${index}`),
    call: (id, index) => claim(id !== '' && !used.has(`call ${id}`) ? `call ${id}` : `call ${id || 'call'}_${index}`).slice('call '.length),
  };
}
