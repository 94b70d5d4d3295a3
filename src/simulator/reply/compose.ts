import type { ModelFacts } from '../../model/facts.ts';
import type { Part } from '../../model/part.ts';
import type { Finish } from '../../model/reply.ts';
import type { ModelRequest } from '../../model/request.ts';
import type { ScriptedReply } from '../script.ts';
import { tokensOf } from '../tokens.ts';
import { argumentsFor, plannedCalls } from './calls.ts';
import { atLength, atStop, partTokens } from './cut.ts';
import type { Prompt } from './prompt.ts';
import { defaultText, defaultThought } from './text.ts';
import { thinkingTokens } from './thinking.ts';

/** An answer before it is counted and dressed for the wire. */
export interface Composed {
  readonly parts: readonly Part[];
  readonly finish: Finish;
  /** Reasoning included. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

export interface Composing {
  readonly request: ModelRequest;
  readonly facts: ModelFacts;
  readonly prompt: Prompt;
  readonly scripted: ScriptedReply | undefined;
  /** The request's body, for a script that wants it back. */
  readonly body: string;
  /** A thought as the format delivers it; nothing where it has no place for one. */
  thought(text: string): Part | undefined;
  newCallId(): string;
}

/** What the model says: as scripted, else made up from the request, within the limits the request sets. */
export function compose(composing: Composing): Composed {
  const { request, facts, prompt, scripted } = composing;
  const most = request.maxOutputTokens ?? facts.outputTokensMax ?? Number.POSITIVE_INFINITY;
  const wanted = scripted?.reasoning === undefined ? thinkingTokens(request, facts, prompt) : tokensOf(scripted.reasoning);
  const reasoningTokens = Math.min(wanted, most);
  const thought = reasoningTokens > 0 ? composing.thought(scripted?.reasoning ?? defaultThought(prompt)) : undefined;
  const thoughts = thought ? [thought] : [];
  if (reasoningTokens === most) return { parts: thoughts, finish: { reason: 'length' }, outputTokens: most, reasoningTokens };

  const said = scripted && saysAnything(scripted) ? scriptedParts(composing, scripted) : madeUpParts(composing);
  const stopped = atStop(said, request.sampling?.stop ?? []);
  const cut = atLength(stopped.parts, most - reasoningTokens);
  const bodyTokens = cut.finish ? most - reasoningTokens : cut.parts.reduce((sum, part) => sum + partTokens(part), 0);
  return {
    parts: [...thoughts, ...cut.parts],
    finish: scripted?.finish ? { reason: scripted.finish } : (cut.finish ?? stopped.finish ?? { reason: impliedFinish(cut.parts) }),
    outputTokens: reasoningTokens + bodyTokens,
    reasoningTokens,
  };
}

const saysAnything = ({ text, toolCalls, refusal, echo }: ScriptedReply) =>
  [text, toolCalls, refusal, echo].some((field) => field !== undefined);

function scriptedParts(
  { body, request, prompt, newCallId }: Composing,
  { text, toolCalls, refusal, citations, echo }: ScriptedReply,
): Part[] {
  const words = echo ? body : text;
  return [
    ...(words ? [{ type: 'text' as const, text: words, ...(citations && { citations }) }] : []),
    ...(refusal === undefined ? [] : [{ type: 'refusal' as const, text: refusal }]),
    ...(toolCalls ?? []).map((call): Part => {
      const tool = request.tools?.find(({ name }) => name === call.name);
      const written = call.arguments ?? argumentsFor(tool, prompt);
      return {
        type: 'toolCall',
        id: call.id ?? newCallId(),
        name: call.name,
        arguments: typeof written === 'string' ? written : JSON.stringify(written),
        ...(tool?.custom && { custom: true as const }),
      };
    }),
  ];
}

function madeUpParts({ request, prompt, newCallId }: Composing): Part[] {
  const calls = plannedCalls(request, prompt);
  if (calls.length === 0) return [{ type: 'text', text: defaultText(request, prompt) }];
  return calls.map(({ tool, arguments: written }) => ({
    type: 'toolCall',
    id: newCallId(),
    name: tool.name,
    arguments: written,
    ...(tool.custom && { custom: true as const }),
  }));
}

function impliedFinish(parts: readonly Part[]): Finish['reason'] {
  if (parts.some(({ type }) => type === 'toolCall')) return 'toolCalls';
  return parts.some(({ type }) => type === 'refusal') ? 'refused' : 'stop';
}
