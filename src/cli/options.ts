import { InvalidArgumentError } from 'commander';
import { durationMs } from '../model/duration.ts';

/* What is written behind options, as commands take it. What cannot be read is an error that commander tells with the option's name. */

/** A whole number above 0, below a thousand million. */
export function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

/** A port, 0 for any free one. */
export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return Number(text);
}

/** The status of an answer. */
export function status(text: string): number {
  if (!/^[1-5]\d\d$/.test(text)) throw new InvalidArgumentError('It must be an HTTP status such as 429.');
  return Number(text);
}

/** A header, `name:value`, beside those given before it; by its lower-case name. */
export function header(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It must be a name, a colon and a value, such as retry-after:2.');
  return { ...before, [name.toLowerCase()]: value };
}

/** A tag, `name=value`, beside those given before it. */
export function tag(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be a name and a value, such as team=blue.');
  return { ...before, [name]: value };
}

/** A duration, in milliseconds. */
export function lasting(text: string): number {
  const ms = durationMs(text);
  if (!ms) throw new InvalidArgumentError('It must be a duration such as 24h or 7d.');
  return ms;
}

/** One of the wall's faults. */
export function fault(text: string): number {
  if (!/^([1-9]|1[0-6])$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 16.');
  return Number(text);
}

/** Where a gateway is. */
export function address(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:4000.');
  return text;
}
