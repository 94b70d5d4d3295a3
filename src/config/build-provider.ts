import type { DialectName } from '../model/part.ts';
import type { Provider } from '../model/provider.ts';
import type { Path } from './interpolate.ts';
import { present } from './present.ts';
import { pathText } from './problems.ts';
import type { Written } from './schema.ts';

/** Hears what is wrong, and where. */
export type Complain = (path: Path, message: string) => unknown;
type WrittenProvider = NonNullable<Written['providers']>[string];

/** Where the vendors are when nothing else is said. */
const VENDOR_URLS = { openai: 'https://api.openai.com/v1', anthropic: 'https://api.anthropic.com' } as const;

const DIALECTS: Readonly<Record<WrittenProvider['dialect'], readonly DialectName[]>> = {
  openai: ['openai-chat', 'openai-responses'],
  'openai-chat': ['openai-chat'],
  'openai-responses': ['openai-responses'],
  anthropic: ['anthropic-messages'],
};

/** A provider with its defaults filled in. */
export function buildProvider(name: string, written: WrittenProvider, complain: Complain): Provider {
  const path = ['providers', name];
  const { dialect, timeouts = {}, proxy } = written;
  if (name === '' || name.includes('/'))
    complain(path, `${pathText(path)} must be a name without "/": it stands before the "/" of a target`);
  const baseUrl = buildUrl(written, path, complain);
  return {
    name,
    dialects: DIALECTS[dialect],
    baseUrl,
    keys: buildKeys(written, path, complain),
    ...keyWeights(written),
    headers: buildHeaders(written.headers ?? {}, path, complain),
    ...(proxy !== undefined && { proxy }),
    connectMs: timeouts.connect ?? 10_000,
    // Reasoning models stay silent for minutes before the first word, and between two.
    firstByteMs: timeouts.firstByte ?? 300_000,
    stallMs: timeouts.stall ?? 300_000,
    ...(timeouts.firstContent !== undefined && { firstContentMs: timeouts.firstContent }),
    ...(timeouts.growth !== undefined && { timeoutGrowth: timeouts.growth }),
    connectionsMax: written.connections ?? 2048,
    ...(written.limits && { limits: present(written.limits) }),
    ...(written.concurrency && { concurrency: lineLimits(written.concurrency) }),
    includeUsage: written.includeUsage ?? true,
    ...(written.batch !== undefined && { batch: written.batch }),
    vendor: written.vendor ?? vendorAt(dialect, baseUrl),
  };
}

function vendorAt(dialect: WrittenProvider['dialect'], baseUrl: string): Provider['vendor'] {
  if (dialect === 'openai' || dialect === 'anthropic') return dialect;
  return baseUrl === VENDOR_URLS.openai ? 'openai' : 'other';
}

function buildUrl({ dialect, baseUrl }: WrittenProvider, path: Path, complain: Complain): string {
  const at = [...path, 'baseUrl'];
  if (baseUrl === undefined) {
    if (dialect === 'openai' || dialect === 'anthropic') return VENDOR_URLS[dialect];
    complain(path, `${pathText(at)} must be given with dialect ${dialect}: the address of a compatible server, usually ending in /v1`);
    return '';
  }
  const url = baseUrl.trim().replace(/\/+$/, '');
  const parsed = /^https?:/.test(url) ? URL.parse(url) : null;
  if (!parsed) complain(at, `${pathText(at)} must be an address that starts with http:// or https://`);
  else if (parsed.username || parsed.password) complain(at, `${pathText(at)} must not hold a user or password: write apiKey or headers`);
  else if (dialect === 'anthropic' && url.endsWith('/v1')) {
    complain(at, `${pathText(at)} must not end in /v1 with dialect anthropic: its paths begin with it`);
  } else if (url === 'https://api.openai.com') complain(at, `${pathText(at)} must end in /v1: write ${VENDOR_URLS.openai}`);
  return url;
}

function buildKeys({ apiKey, apiKeys }: WrittenProvider, path: Path, complain: Complain): string[] {
  if (apiKey !== undefined && apiKeys) complain([...path, 'apiKeys'], `${pathText(path)} has both apiKey and apiKeys: keep one`);
  const written = apiKeys?.map((one) => (typeof one === 'string' ? one : one.key)) ?? (apiKey === undefined ? [] : [apiKey]);
  return written.map((key, index) => {
    const at = [...path, ...(apiKeys ? ['apiKeys', index] : ['apiKey'])];
    // A key with a line's end or a typographic quote in it would break every request's head.
    if (!/^[\x21-\x7e]+$/.test(key.trim())) complain(at, `${pathText(at)} must be printable ASCII without spaces`);
    return key.trim();
  });
}

const lineLimits = ({ max, queue = max, wait = 10_000 }: NonNullable<WrittenProvider['concurrency']>) => ({
  underWayMax: max,
  waitingMax: queue,
  waitMsMax: wait,
});

const keyWeights = ({ apiKeys = [] }: WrittenProvider): Pick<Provider, 'keyWeights'> =>
  apiKeys.some((one) => typeof one !== 'string')
    ? { keyWeights: apiKeys.map((one) => (typeof one === 'string' ? 1 : (one.weight ?? 1))) }
    : {};

/** Headers the transport writes itself; a second one would make a request that two readers read differently. */
const OWN_HEADERS = new Set([
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'accept-encoding',
  'te',
  'upgrade',
]);

function buildHeaders(written: Readonly<Record<string, string>>, path: Path, complain: Complain): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(written)) {
    const at = [...path, 'headers', key];
    const name = key.toLowerCase();
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name)) complain(at, `${pathText(at)} is not a header name`);
    else if (OWN_HEADERS.has(name)) complain(at, `${pathText(at)} is written by Headgate and cannot be set`);
    else if (Object.hasOwn(headers, name)) complain(at, `${pathText(at)} is there twice, told apart only by capitals`);
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) complain(at, `${pathText(at)} must not hold line ends or other control characters`);
    headers[name] = value;
  }
  return headers;
}
