import querystring from 'node:querystring';
import type { Post } from '../model/post.ts';

const TIMEOUT_MS = 10_000;
const BODY_BYTES_MAX = 64 * 1024;

/** Posts over HTTP, redirects not followed: they would take the operator's token elsewhere. */
export const post: Post = async ({ url, headers, body, timeoutMs = TIMEOUT_MS }) => {
  const to = addressee(url, headers);
  const answer = await fetch(to.url, {
    method: 'POST',
    headers: to.headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await beginningOf(answer) };
};

/** The user and password of an address go as a header: `fetch` takes none, and repeats them in its error. */
function addressee(written: string, given: Readonly<Record<string, string>>): { readonly url: URL; readonly headers: Headers } {
  const url = new URL(written);
  const headers = new Headers(given);
  const { username, password } = url;
  if (username === '' && password === '') return { url, headers };
  url.username = '';
  url.password = '';
  const pair = Buffer.from(`${querystring.unescape(username)}:${querystring.unescape(password)}`).toString('base64');
  if (!headers.has('authorization')) headers.set('authorization', `Basic ${pair}`);
  return { url, headers };
}

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
