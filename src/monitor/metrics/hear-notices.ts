import type { BreakerState, Notice } from '../../model/notice.ts';
import { FAMILIES } from './families.ts';
import type { Registry } from './registry.ts';

/** Keeps the gauges that follow from what the gateway tells of itself. */
export function hearNotices(registry: Registry): (notice: Notice) => void {
  const dropped = registry.number(FAMILIES.ledgerDropped);
  registry.number(FAMILIES.exportDropped, 'alerts');
  const parked = new Map<string, Set<string>>();
  return (notice) => {
    switch (notice.type) {
      case 'breaker':
        registry.number(FAMILIES.breaker, notice.upstream).value = BREAKER_VALUE[notice.state];
        return;
      case 'keyParked':
      case 'keyRestored':
      case 'keyRemoved': {
        const keys = parked.get(notice.provider) ?? new Set<string>();
        parked.set(notice.provider, keys);
        if (notice.type === 'keyParked') keys.add(notice.key);
        else keys.delete(notice.key);
        registry.number(FAMILIES.parkedKeys, notice.provider).value = keys.size;
        return;
      }
      case 'shedding':
        registry.number(FAMILIES.shedding, notice.upstream).value = Number(notice.state === 'on');
        return;
      case 'panic':
        registry.number(FAMILIES.panic, notice.model).value = Number(notice.state === 'on');
        return;
      case 'alert':
        if (notice.state !== 'repeated') registry.number(FAMILIES.alerts, notice.rule, notice.state).value += 1;
        return;
      case 'alertLost':
        registry.number(FAMILIES.exportDropped, 'alerts').value += 1;
        return;
      case 'ledgerDropped':
      case 'ledgerDamaged':
        dropped.value += notice.count;
        return;
      default:
      // The others are counted where they happen, or are for people to read.
    }
  };
}

const BREAKER_VALUE = { closed: 0, halfOpen: 1, open: 2 } as const satisfies Record<BreakerState, number>;
