import type { JsonObject } from '../../model/json.ts';
import type { AdminRoute } from './route.ts';
import { SCHEMAS } from './schemas.ts';

/** The admin API as an OpenAPI 3.1 document, written from the routes themselves. */
export function openapi(routes: readonly AdminRoute[]): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    paths[`/admin/v1${route.path}`] ??= {};
    paths[`/admin/v1${route.path}`]![route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Headgate admin API', version: '1' },
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } }, schemas: SCHEMAS },
  };
}

const json = (name: string): JsonObject => ({ 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } });

const operation = ({ method, path, summary, query = {}, body, answer }: AdminRoute): JsonObject => ({
  operationId: `${method.toLowerCase()}${path.replace(/[/{}.]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
  summary,
  parameters: [
    ...(path.includes('{id}') ? [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] : []),
    ...Object.entries(query).map(([name, description]) => ({ name, in: 'query', description, schema: { type: 'string' } })),
  ],
  ...(body !== undefined && { requestBody: { content: json(body) } }),
  responses: {
    [method === 'POST' && path === '/keys' ? '201' : '200']: { description: 'Done', content: json(answer) },
    default: { description: 'Not done, and why', content: json('Error') },
  },
});
