import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Config } from '../config/config.ts';

/** What people running the gateway should know, one JSON object a line on standard error. No prompts and no keys go there. */
export const createLog = ({ log: { level } }: Config): Logger =>
  pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }));
