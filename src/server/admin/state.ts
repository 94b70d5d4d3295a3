import type { AdminRoute } from './route.ts';
import { AdminError } from './route.ts';

const absent = (what: string) => new AdminError(404, `this gateway keeps no ${what}`);

/** How the gateway is and what it was told. */
export const stateRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: '/status',
    summary: 'How the gateway itself is: whether it takes calls, how many run, how its ledger keeps up',
    answer: 'Anything',
    run: (_, rooms) => ({ body: rooms.status() }),
  },
  {
    method: 'GET',
    path: '/config',
    summary: 'The configuration as it was understood, defaults filled in, without secrets',
    answer: 'Anything',
    run: (_, rooms) => ({ body: rooms.config() }),
  },
  {
    method: 'GET',
    path: '/upstreams',
    summary: 'Providers and models at providers: health, breakers, keys',
    answer: 'List',
    run(_, { upstreams }) {
      if (!upstreams) throw absent('state of upstreams');
      return { body: { data: upstreams() } };
    },
  },
  {
    method: 'GET',
    path: '/budgets',
    summary: 'Budgets of the periods under way: limit, spent, held',
    answer: 'List',
    async run(_, { budgets }) {
      if (!budgets) throw absent('budgets');
      return { body: { data: await budgets() } };
    },
  },
  {
    method: 'GET',
    path: '/alerts',
    summary: 'Alerts that are open',
    answer: 'List',
    async run(_, { alerts }) {
      if (!alerts) throw absent('alerts');
      return { body: { data: await alerts() } };
    },
  },
];
