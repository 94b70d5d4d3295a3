import { z } from 'zod';
import { METERS } from '../model/usage.ts';
import { FEATURES, type Script } from './script.ts';

/** A script from JSON, checked: an unknown or mistyped field is refused with its path. */
export function readScript(json: unknown): Script {
  const read = z.array(RULE).safeParse(json);
  if (read.success) return read.data as Script;
  const problems = read.error.issues.map(({ path, message }) => `${spelled(path)}: ${message}`);
  throw new TypeError(`the simulator's script is wrong: ${problems.join('; ')}`);
}

const spelled = (path: readonly PropertyKey[]) =>
  `script${path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')}`;

/** OpenAI is done with cancelling after ten minutes at most. */
const CANCELLING_MS_MAX = 600_000;

const count = z.int().min(0);
const headers = z.record(z.string(), z.string());

const WHEN = z.strictObject({
  model: z.string().optional(),
  path: z.string().optional(),
  contains: z.string().optional(),
  header: headers.optional(),
  customId: z.string().optional(),
  chance: z.number().min(0).max(1).optional(),
  feature: z.enum(FEATURES).optional(),
  nth: z.union([z.int().min(1), z.array(z.int().min(1))]).optional(),
  times: count.optional(),
});

const CITATION = z.union([
  z.strictObject({
    type: z.literal('url'),
    url: z.string(),
    title: z.string().optional(),
    start: count.optional(),
    end: count.optional(),
    quote: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('opaque'), dialect: z.string(), wire: z.json() }),
]);

const REPLY = z.strictObject({
  text: z.string().optional(),
  reasoning: z.string().optional(),
  toolCalls: z
    .array(
      z.strictObject({
        name: z.string(),
        arguments: z.union([z.record(z.string(), z.json()), z.string()]).optional(),
        id: z.string().optional(),
      }),
    )
    .optional(),
  refusal: z.string().optional(),
  citations: z.array(CITATION).optional(),
  finish: z.enum(['stop', 'length', 'toolCalls', 'refused', 'paused', 'other']).optional(),
  usage: z.strictObject(Object.fromEntries([...METERS, 'reasoning'].map((meter) => [meter, count.optional()]))).optional(),
  echo: z.literal(true).optional(),
  servedModel: z.string().optional(),
});

const TIMING = z.strictObject({
  firstMs: z.number().min(0).optional(),
  chunkMs: z.number().min(0).optional(),
  chunkBytes: z.int().min(1).optional(),
  chunks: z.int().min(1).optional(),
});

const RETRY_AFTER = z.union([
  z.strictObject({ seconds: z.number() }),
  z.strictObject({ ms: z.number() }),
  z.strictObject({ dateInSeconds: z.number() }),
]);

const FAULT = z.strictObject({
  status: z.int().min(300).max(599).optional(),
  type: z.string().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  param: z.string().optional(),
  retryAfter: RETRY_AFTER.optional(),
  shouldRetry: z.boolean().optional(),
  headers: headers.optional(),
  htmlBody: z.union([z.literal(true), z.string()]).optional(),
  slowFirstByteMs: z.number().min(0).optional(),
  cutAtByte: count.optional(),
  cutAfterEvents: count.optional(),
  stallAtByte: count.optional(),
  stallAfterEvents: count.optional(),
  pauseAfterEvents: count.optional(),
  pauseMs: z.number().min(0).optional(),
  resetAtByte: count.optional(),
  resetAfterEvents: count.optional(),
  garbageAtByte: count.optional(),
  garbageAfterEvents: count.optional(),
  inStream: z.enum(['overloaded', 'error']).optional(),
  afterEvents: count.optional(),
  noLastEvent: z.literal(true).optional(),
});

const BATCH = z.strictObject({
  validatingMs: z.number().min(0).optional(),
  atOnce: z.int().min(1).optional(),
  finalizingMs: z.number().min(0).optional(),
  cancellingMs: z.number().min(0).max(CANCELLING_MS_MAX).optional(),
  inOrder: z.literal(true).optional(),
  enqueuedTokensMax: count.optional(),
  failed: z.strictObject({ code: z.string(), message: z.string() }).optional(),
});

const RULE = z.strictObject({
  when: WHEN.optional(),
  reply: REPLY.optional(),
  timing: TIMING.optional(),
  fault: FAULT.optional(),
  upload: z.strictObject({ bytesPerS: z.number().positive().optional(), resetAtByte: count.optional() }).optional(),
  batch: BATCH.optional(),
  line: z.strictObject({ copies: count }).optional(),
  rateLimit: z.strictObject({ requestsPerMinute: z.int().min(1).optional(), tokensPerMinute: z.int().min(1).optional() }).optional(),
});
