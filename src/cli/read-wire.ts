import type { ReadWire } from '../accounting/reprice.ts';
import { decodeUsage as messagesUsage } from '../dialects/anthropic-messages/usage.ts';
import { decodeUsage as chatUsage } from '../dialects/openai-chat/usage.ts';
import { decodeUsage as responsesUsage } from '../dialects/openai-responses/usage.ts';
import type { DialectName } from '../model/part.ts';

const READ_WIRE = {
  'anthropic-messages': messagesUsage,
  'openai-chat': (wire) => chatUsage(wire),
  'openai-responses': (wire) => responsesUsage({ usage: wire }),
} as const satisfies Record<DialectName, (wire: Parameters<ReadWire>[1]) => ReturnType<ReadWire>>;

/** Reads what a provider said of usage, in whichever dialect. */
export const readWire: ReadWire = (dialect, wire) => READ_WIRE[dialect](wire);
