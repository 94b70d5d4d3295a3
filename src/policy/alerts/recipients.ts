import type { AlertRule } from './rules.ts';

/** Where alerts are told, as configured. */
export type RecipientConfig =
  | { readonly kind: 'slack'; readonly url: string }
  /** `secret`: what bodies are signed with. */
  | { readonly kind: 'webhook'; readonly url: string; readonly secret?: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'pagerduty'; readonly routingKey: string; readonly url: string }
  | { readonly kind: 'alertmanager'; readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** What is watched for, and who is told. */
export interface AlertsConfig {
  readonly rules: readonly AlertRule[];
  /** By the names rules give them. */
  readonly recipients: ReadonlyMap<string, RecipientConfig>;
  /** What did not arrive so long after it was written is given up, in milliseconds. */
  readonly deadAfterMs: number;
}
