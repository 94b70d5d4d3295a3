import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { startGateway } from '../conformance/gateway.ts';

/** The admin API's token in tests. */
export const TOKEN = 'an-admin-token-for-tests';

/** What the admin API answers. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field.
  readonly body: any;
}

/** A gateway with an admin API and a ledger of its own; `file` is its database. */
export async function startAdmin(t: Pick<TestContext, 'after'>, rules: object = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-admin-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'ledger.sqlite');
  const ledger = { file, journal: 'off' };
  const gateway = await startGateway(t, [], { ledger, admin: { token: TOKEN }, ...rules });
  const ask = async (method: string, target: string, body?: unknown, token: string | null = TOKEN): Promise<Answer> => {
    const answer = await gateway.headgate.fetch(`http://headgate/admin/v1${target}`, {
      method,
      headers: { ...(token !== null && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  /** A new key's id and secret. */
  const key = async (terms: object = {}): Promise<{ readonly id: string; readonly secret: string }> => {
    const { status, body } = await ask('POST', '/keys', terms);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return { id: body.key.id, secret: body.secret };
  };
  return { ...gateway, folder, file, ask, key };
}
