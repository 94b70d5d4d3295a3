/**
 * Whether to listen there at all: on an address others can reach, only with keys to ask for, or when
 * the operator said in so many words that anyone may call. Undefined: yes; else why not.
 */
export function mayListen(host: string, hasKeys: boolean, told: boolean): string | undefined {
  if (hasKeys || told || isLoopback(host)) return undefined;
  return `refusing to listen on ${host} without keys: anyone who can reach it could spend on your account. Set server.keys, or server.open: anyone if that is what you want.`;
}

/** Whether only this machine can reach the address. Names other than `localhost` may resolve to anything. */
function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || /^127(\.\d{1,3}){3}$/.test(bare) || bare === '::1' || /^::ffff:127(\.\d{1,3}){3}$/.test(bare);
}
