/** How the suite reaches its gateways: by their address, or in process by their `fetch`. */
let inProcess = false;
const doors = new Map<string, typeof globalThis.fetch>();

/** From now on gateways are reached in process: nothing listens, and SDKs are given their gateway's `fetch`. */
export function goInProcess(): void {
  inProcess = true;
}

/** The gateway's address, or, in process, a name that stands for its `fetch` and leads nowhere without it. */
export async function wayTo(fetch: typeof globalThis.fetch, listen: () => Promise<string>): Promise<string> {
  if (!inProcess) return listen();
  const url = `http://gateway-${doors.size}.invalid`;
  doors.set(url, fetch);
  return url;
}

/** What SDKs that call this gateway are given as `fetch`. */
export const fetchAt = (url: string): typeof globalThis.fetch => doors.get(url) ?? globalThis.fetch;
