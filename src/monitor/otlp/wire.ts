/** OpenTelemetry's protocol as JSON: the parts of it that are sent here. 64-bit numbers are text, ids hexadecimal. */

export interface Attribute {
  readonly key: string;
  readonly value: AttributeValue;
}
export type AttributeValue =
  | { readonly stringValue: string }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly boolValue: boolean };

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  /** 2: server, 3: client. */
  readonly kind: 2 | 3;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  /** 0: unset, 2: error. */
  readonly status: { readonly code: 0 | 2 };
}

export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly NumberPoint[]; readonly aggregationTemporality: 2; readonly isMonotonic: true };
  readonly gauge?: { readonly dataPoints: readonly NumberPoint[] };
  readonly histogram?: { readonly dataPoints: readonly HistogramPoint[]; readonly aggregationTemporality: 2 };
}

interface Point {
  readonly attributes: readonly Attribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}
export interface NumberPoint extends Point {
  readonly asDouble: number;
}
export interface HistogramPoint extends Point {
  readonly count: string;
  readonly sum: number;
  readonly bucketCounts: readonly string[];
  readonly explicitBounds: readonly number[];
}

/** Attributes in the order given; those without a value are left out. Whole numbers are given as `bigint`. */
export function attributes(values: Readonly<Record<string, string | number | boolean | bigint | undefined>>): Attribute[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : { key, value: attributeValue(value) },
  );
}

function attributeValue(value: string | number | boolean | bigint): AttributeValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return typeof value === 'bigint' ? { intValue: String(value) } : { doubleValue: value };
}

/** A time in milliseconds as whole nanoseconds since 1970, past what a float could hold. */
export function nanoseconds(ms: number): string {
  const whole = Math.floor(ms);
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1_000_000)));
}
