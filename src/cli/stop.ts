/** Resolves at the first SIGINT or SIGTERM, and says which; the second ends the process at once. */
export const toldToStop = (): Promise<'SIGINT' | 'SIGTERM'> =>
  new Promise((resolve) => {
    let told = false;
    const hear = (signal: 'SIGINT' | 'SIGTERM') => {
      if (told) process.exit(signal === 'SIGINT' ? 130 : 143);
      told = true;
      resolve(signal);
    };
    process.on('SIGINT', hear);
    process.on('SIGTERM', hear);
  });
