import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Family, Registry } from './registry.ts';

/** The process under the names Node's usual client gives them, so that dashboards made for any Node service fit. */
const FAMILIES = {
  cpu: { name: 'process_cpu_seconds_total', type: 'counter', labels: [], help: 'CPU time of the process, user and system.' },
  started: { name: 'process_start_time_seconds', type: 'gauge', labels: [], help: 'When the process started, seconds since 1970.' },
  resident: { name: 'process_resident_memory_bytes', type: 'gauge', labels: [], help: 'Memory of the process that is in RAM.' },
  heapUsed: { name: 'nodejs_heap_size_used_bytes', type: 'gauge', labels: [], help: 'JavaScript heap in use.' },
  heapTotal: { name: 'nodejs_heap_size_total_bytes', type: 'gauge', labels: [], help: 'JavaScript heap set aside.' },
  external: {
    name: 'nodejs_external_memory_bytes',
    type: 'gauge',
    labels: [],
    help: 'Memory outside the heap that objects hold, buffers above all.',
  },
  lagMean: {
    name: 'nodejs_eventloop_lag_mean_seconds',
    type: 'gauge',
    labels: [],
    help: 'How late the event loop came, since the last scrape: mean.',
  },
  lagP50: {
    name: 'nodejs_eventloop_lag_p50_seconds',
    type: 'gauge',
    labels: [],
    help: 'How late the event loop came, since the last scrape: median.',
  },
  lagP99: {
    name: 'nodejs_eventloop_lag_p99_seconds',
    type: 'gauge',
    labels: [],
    help: 'How late the event loop came, since the last scrape: 99 %.',
  },
  lagMax: {
    name: 'nodejs_eventloop_lag_max_seconds',
    type: 'gauge',
    labels: [],
    help: 'How late the event loop came, since the last scrape: latest.',
  },
} as const satisfies Record<string, Family>;

/** How often the event loop is looked at, in milliseconds; its lag is what comes on top. */
const LOOK_MS = 20;

/**
 * Tells of memory, CPU and event loop at every reading; `startedAtMs` is when the process began. The event loop is
 * looked at from the first reading on: where nobody reads, nothing runs. Returns what ends it.
 */
export function watchProcess(registry: Registry, startedAtMs: number): () => void {
  let delay: ReturnType<typeof monitorEventLoopDelay> | undefined;
  const seconds = (nanoseconds: number) => (Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - LOOK_MS / 1000) : 0);
  const gauges = Object.fromEntries(Object.entries(FAMILIES).map(([name, family]) => [name, registry.number(family)])) as {
    [F in keyof typeof FAMILIES]: ReturnType<Registry['number']>;
  };
  gauges.started.value = startedAtMs / 1000;
  registry.beforeReading(() => {
    const { user, system } = process.cpuUsage();
    gauges.cpu.value = (user + system) / 1e6;
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    gauges.resident.value = rss;
    gauges.heapUsed.value = heapUsed;
    gauges.heapTotal.value = heapTotal;
    gauges.external.value = external;
    if (!delay) {
      delay = monitorEventLoopDelay({ resolution: LOOK_MS });
      delay.enable();
      return;
    }
    gauges.lagMean.value = seconds(delay.mean);
    gauges.lagP50.value = seconds(delay.percentile(50));
    gauges.lagP99.value = seconds(delay.percentile(99));
    gauges.lagMax.value = seconds(delay.max);
    delay.reset();
  });
  return () => delay?.disable();
}
