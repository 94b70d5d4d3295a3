/** Where points go, and for which of InfluxDB's three ways of writing. */
export interface InfluxAddress {
  /** The server's address, such as `http://127.0.0.1:8086`. */
  readonly url: string;
  readonly version: 1 | 2 | 3;
  /** The database (1, 3) or bucket (2). */
  readonly database: string;
  /** Version 2 only. */
  readonly organization?: string;
  readonly token?: string;
  /** Version 1: instead of a token. */
  readonly user?: string;
  readonly password?: string;
}

/** The address a batch is posted to. Precision is always said: version 3 guesses it otherwise. */
export function writeUrl({ url, version, database, organization = '' }: InfluxAddress): string {
  const base = url.replace(/\/+$/, '');
  switch (version) {
    case 1:
      return `${base}/write?${new URLSearchParams({ db: database, precision: 'ns' })}`;
    case 2:
      return `${base}/api/v2/write?${new URLSearchParams({ org: organization, bucket: database, precision: 'ns' })}`;
    case 3:
      return `${base}/api/v3/write_lp?${new URLSearchParams({ db: database, precision: 'nanosecond', accept_partial: 'true', no_sync: 'false' })}`;
    default:
      return version satisfies never;
  }
}

export function authorization({ version, token, user, password = '' }: InfluxAddress): string | undefined {
  if (token !== undefined) return `${version === 3 ? 'Bearer' : 'Token'} ${token}`;
  return user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
