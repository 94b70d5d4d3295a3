import { isObject, type JsonObject } from '../../model/json.ts';
import { places } from './anthropic-places.ts';
import { badRequest } from './anthropic-refusal.ts';
import { firstOf, type VendorRule } from './rule.ts';

/** What Anthropic asks of cache marks. */
export const cachingRules: readonly VendorRule[] = [
  {
    name: 'at most four cache marks',
    from: '§3.6',
    broken: ({ wire }) => {
      const found = marksOf(wire).length;
      return found > 4 ? badRequest(`A maximum of 4 blocks with cache_control may be provided. Found ${found}.`) : undefined;
    },
  },
  {
    name: 'cache marks of a known kind, longer ones first',
    from: '§3.6',
    broken: ({ wire }) => {
      let hasShort = false;
      return firstOf(marksOf(wire), ({ mark, at }) => {
        if (mark['type'] !== 'ephemeral') return badRequest(`${at}.cache_control.type: Input should be 'ephemeral'`);
        const ttl = mark['ttl'] ?? '5m';
        if (ttl !== '5m' && ttl !== '1h') return badRequest(`${at}.cache_control.ttl: Input should be '5m' or '1h'`);
        if (ttl === '1h' && hasShort) {
          return badRequest(
            `${at}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: \`tools\`, \`system\`, \`messages\`.`,
          );
        }
        hasShort ||= ttl === '5m';
        return undefined;
      });
    },
  },
];

function marksOf(wire: JsonObject): { mark: JsonObject; at: string }[] {
  const marks = [...places(wire)].flatMap(({ block, at }) =>
    isObject(block['cache_control']) ? [{ mark: block['cache_control'], at }] : [],
  );
  return isObject(wire['cache_control']) ? [...marks, { mark: wire['cache_control'], at: 'cache_control' }] : marks;
}
