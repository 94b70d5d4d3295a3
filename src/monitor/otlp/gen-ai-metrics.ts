import type { UsageRecord } from '../../accounting/record.ts';
import { cacheWriteTokens, inputTokens, outputTokens } from '../../model/usage.ts';
import { OTHER } from '../metrics/accounts.ts';
import { createRegistry, type Family, labelText, observe, type Registry } from '../metrics/registry.ts';
import { COMMON, type Conventions } from './conventions.ts';
import { providerOf, type TracedCall } from './spans.ts';

/** The bounds the conventions ask for. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);

/** Most models with series of their own. */
const MODELS_MAX = 100;

/** The conventions' own metrics, counted attempt by attempt: to them an attempt is the operation. */
export interface GenAiMetrics {
  count(call: TracedCall): void;
  readonly registry: Registry;
}

export function createGenAiMetrics(conventions: Conventions): GenAiMetrics {
  const registry = createRegistry();
  const base = [COMMON.operation, conventions.provider, COMMON.requestModel, COMMON.responseModel];
  const duration = histogram(COMMON.duration, [...base, COMMON.error], SECONDS, 'Duration of one attempt.');
  const firstChunk =
    conventions.firstChunk === undefined
      ? undefined
      : histogram(conventions.firstChunk, base, SECONDS, 'From the start of an attempt to its first content.');
  const countTokens =
    conventions.tokens.as === 'histogram' ? tokenHistogram(conventions.tokens.name) : tokenCounters(conventions.tokens.prefix);
  const models = new Set<string>();

  function modelOf(record: UsageRecord): string {
    const model = labelText(record.model);
    if (!models.has(model) && models.size >= MODELS_MAX) return OTHER;
    models.add(model);
    return model;
  }

  function tokenHistogram(name: string) {
    const family = histogram(name, [...base, COMMON.tokenType], TOKENS, 'Tokens of one attempt.');
    return (record: UsageRecord, labels: readonly string[]) => {
      if (record.measured === 'nothing') return;
      observe(registry.histogram(family, ...labels, 'input'), inputTokens(record));
      observe(registry.histogram(family, ...labels, 'output'), outputTokens(record));
    };
  }

  /** A failed attempt without usage counts 0 of modality `unknown`, as the conventions ask. */
  function tokenCounters(prefix: string) {
    const labels = [...base, COMMON.modality];
    const counter = (kind: string): Family => ({ name: `${prefix}${kind}`, type: 'counter', labels, help: `Billable tokens: ${kind}.` });
    const families = {
      input: counter('input_tokens'),
      output: counter('output_tokens'),
      cacheRead: counter('cache_read.input_tokens'),
      cacheWrite: counter('cache_write.input_tokens'),
      reasoning: counter('reasoning.output_tokens'),
    };
    return (record: UsageRecord, names: readonly string[]) => {
      const { tokens, reasoningTokens = 0 } = record;
      const { audioInput = 0, imageInput = 0, audioOutput = 0, imageOutput = 0, cacheRead = 0 } = tokens;
      const add = (family: Family, count: number, modality: string) => {
        registry.number(family, ...names, modality).value += count;
      };
      const plain = record.measured === 'nothing' ? 'unknown' : 'text';
      add(families.input, inputTokens(record) - audioInput - imageInput, plain);
      add(families.output, outputTokens(record) - audioOutput - imageOutput, plain);
      if (audioInput > 0) add(families.input, audioInput, 'audio');
      if (imageInput > 0) add(families.input, imageInput, 'image');
      if (audioOutput > 0) add(families.output, audioOutput, 'audio');
      if (imageOutput > 0) add(families.output, imageOutput, 'image');
      if (plain === 'unknown') return;
      add(families.cacheRead, cacheRead, plain);
      add(families.cacheWrite, cacheWriteTokens(record), plain);
      add(families.reasoning, reasoningTokens, plain);
    };
  }

  return {
    registry,
    count({ records, operation }) {
      for (const record of records) {
        const model = modelOf(record);
        const labels = [operation, providerOf(record), model, model];
        if (record.channel !== 'batch')
          observe(registry.histogram(duration, ...labels, record.outcome === 'ok' ? '' : record.outcome), record.durationMs / 1000);
        if (firstChunk && record.firstContentMs !== undefined)
          observe(registry.histogram(firstChunk, ...labels), record.firstContentMs / 1000);
        countTokens(record, labels);
      }
    },
  };
}

const histogram = (name: string, labels: readonly string[], bounds: readonly number[], help: string): Family => ({
  name,
  type: 'histogram',
  labels,
  bounds,
  help,
});
