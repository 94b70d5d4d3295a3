import type { AlertNews } from '../../policy/alerts/alert.ts';

/** The news a body in the database holds. */
export const newsIn = (body: string): AlertNews => JSON.parse(body) as AlertNews;
