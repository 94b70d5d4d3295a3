// Loaded into the gateway before it starts: answers the bench's question how much lives on its heap.
process.on('message', (message) => {
  if (message !== 'heap') return;
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.send?.(heapUsed + external + arrayBuffers);
});
process.channel?.unref();
