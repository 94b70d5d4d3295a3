/** Why nothing listens there, and what to do about it. */
export function cannotListen(
  { code, message }: NodeJS.ErrnoException,
  { host, port }: { readonly host: string; readonly port: number },
): string {
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is taken by another program; choose another with --port, or 0 for any free one`;
  if (code === 'EACCES') return `this user may not listen on port ${port}; choose one above 1023 with --port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is not an address of this machine; choose another with --host`;
  return `cannot listen on ${host}:${port}: ${message}`;
}
