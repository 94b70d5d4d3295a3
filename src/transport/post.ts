import type { Post } from '../model/post.ts';

const TIMEOUT_MS = 10_000;
const BODY_BYTES_MAX = 64 * 1024;

/** Posts over HTTP, redirects not followed: they would take the operator's token elsewhere. */
export const post: Post = async ({ url, headers, body, timeoutMs = TIMEOUT_MS }) => {
  const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await beginningOf(answer) };
};

async function beginningOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let got = 0;
  for await (const part of body ?? []) {
    parts.push(part);
    got += part.length;
    if (got >= BODY_BYTES_MAX) break;
  }
  return Buffer.concat(parts).subarray(0, BODY_BYTES_MAX).toString();
}
