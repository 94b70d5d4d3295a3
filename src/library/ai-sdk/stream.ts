import type { LanguageModelV4StreamPart, SharedV4Warning } from '@ai-sdk/provider';
import { fold } from '../../model/fold.ts';
import type { CallAnswer } from '../../model/make-call.ts';
import type { Part } from '../../model/part.ts';
import type { ModelEvent } from '../../model/reply.ts';
import { contentOf, finishReasonOf, sourcesOf, usageOf } from './content.ts';
import { errorOf } from './error.ts';
import { receiptMetadata } from './metadata.ts';
import { warningsOf } from './warnings.ts';

/** The events of an answer as the AI SDK's stream: warnings first, each part from its start to its end, then what it came to. */
export async function* partsOf(
  first: IteratorResult<ModelEvent>,
  events: AsyncIterator<ModelEvent>,
  answer: CallAnswer,
  warnings: readonly SharedV4Warning[],
  signal: AbortSignal | undefined,
): AsyncGenerator<LanguageModelV4StreamPart, void> {
  yield { type: 'stream-start', warnings: [...warnings, ...warningsOf(answer.losses)] };
  /** What was said so far of the parts that are open. */
  const open = new Map<number, ModelEvent[]>();
  for (let next = first; !next.done; next = await events.next()) {
    const event = next.value;
    switch (event.type) {
      case 'start': {
        const { id, model, createdS } = event;
        yield { type: 'response-metadata', id, modelId: model, ...(createdS !== undefined && { timestamp: new Date(createdS * 1000) }) };
        break;
      }
      case 'open':
        open.set(event.index, [event]);
        yield* startOf(event.part, String(event.index));
        break;
      case 'delta':
      case 'amend': {
        const said = open.get(event.index)!;
        said.push(event);
        if (event.type === 'delta') yield* deltaOf(said[0]!, event.text);
        break;
      }
      case 'close': {
        const part = fold(open.get(event.index)!).parts[event.index]!;
        open.delete(event.index);
        yield* endOf(part, String(event.index));
        break;
      }
      case 'finish': {
        const { finish, usage } = event;
        const receipt = await answer.receipt;
        const told = { finishReason: finishReasonOf(finish), usage: usageOf(usage ?? receipt.usage) };
        yield { type: 'finish', ...told, providerMetadata: receiptMetadata(receipt) };
        break;
      }
      case 'fail':
        yield { type: 'error', error: errorOf(event.failure, await answer.receipt, signal) };
        break;
      case 'opaque':
        break;
      default:
        event satisfies never;
    }
  }
}

function* startOf(part: Part, id: string): Generator<LanguageModelV4StreamPart> {
  if (part.type === 'text' || part.type === 'refusal') yield { type: 'text-start', id };
  if (part.type === 'reasoning') yield { type: 'reasoning-start', id };
  if (part.type === 'toolCall')
    yield { type: 'tool-input-start', id: part.id, toolName: part.name, ...(part.custom && { inputEncoding: 'text' as const }) };
  const begun = 'text' in part ? part.text : part.type === 'toolCall' ? part.arguments : '';
  if (begun !== '') yield* deltaOf({ type: 'open', index: Number(id), part }, begun);
}

function* deltaOf(opened: ModelEvent, delta: string): Generator<LanguageModelV4StreamPart> {
  if (opened.type !== 'open') return;
  const { part, index } = opened;
  const id = String(index);
  if (part.type === 'text' || part.type === 'refusal') yield { type: 'text-delta', id, delta };
  if (part.type === 'reasoning') yield { type: 'reasoning-delta', id, delta };
  if (part.type === 'toolCall') yield { type: 'tool-input-delta', id: part.id, delta };
}

/** The end of a part, with what was learnt of it on the way; parts that do not grow come whole. */
function* endOf(part: Part, id: string): Generator<LanguageModelV4StreamPart> {
  const content = contentOf(part, id);
  const [said] = content;
  const kept = said && 'providerMetadata' in said && said.providerMetadata ? { providerMetadata: said.providerMetadata } : {};
  switch (part.type) {
    case 'text':
    case 'refusal':
      yield { type: 'text-end', id, ...kept };
      if (part.type === 'text') yield* sourcesOf(part.citations ?? [], id);
      break;
    case 'reasoning':
      yield { type: 'reasoning-end', id, ...kept };
      break;
    case 'toolCall':
      yield { type: 'tool-input-end', id: part.id };
      yield* content as LanguageModelV4StreamPart[];
      break;
    default:
      yield* content as LanguageModelV4StreamPart[];
  }
}
