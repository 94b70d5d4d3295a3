/** Resolves at the first SIGINT or SIGTERM; the second ends the process at once. */
export const toldToStop = (): Promise<void> =>
  new Promise((resolve) => {
    let told = false;
    const hear = (signal: NodeJS.Signals) => {
      if (told) process.exit(signal === 'SIGINT' ? 130 : 143);
      told = true;
      resolve();
    };
    process.on('SIGINT', hear);
    process.on('SIGTERM', hear);
  });
