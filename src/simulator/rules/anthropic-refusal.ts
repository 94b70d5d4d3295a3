import type { Checked, Refusal } from './rule.ts';

/** Anthropic's 400 for a request it does not like. */
export const badRequest = (message: string): Refusal => ({ status: 400, type: 'invalid_request_error', message });

/** The newest API version: from it on sampling is gone and documents may not stand in assistant messages (§0.1). */
export const isNewest = ({ headers }: Checked): boolean => (headers['anthropic-version'] ?? '') >= '2026-10-21';
