import { openaiChat } from '../../dialects/openai-chat/index.ts';
import { sseText } from '../../dialects/sse.ts';
import type { JsonObject } from '../../model/json.ts';
import type { ModelReply } from '../../model/reply.ts';
import { spelled } from '../reply/spelled.ts';
import { OPENAI_CHAT_RULES } from '../rules/openai-chat.ts';
import { objectsOf } from '../rules/rule.ts';
import { type Format, generating, type Seen } from './generate.ts';
import { openaiCached, openaiStreamError } from './openai-common.ts';
import { unreportedFrame } from './unreported.ts';

const format: Format = {
  dialect: openaiChat,
  rules: OPENAI_CHAT_RULES,
  unknownModel: (model) => ({
    status: 404,
    type: 'invalid_request_error',
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    code: 'model_not_found',
  }),
  tooLong: (tokens, most) => ({
    status: 400,
    type: 'invalid_request_error',
    message: `This model's maximum context length is ${most} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
    param: 'messages',
    code: 'context_length_exceeded',
  }),
  cached: openaiCached,
  // Chat has no place for thoughts: they are thought, and billed, and never seen.
  thought: () => undefined,
  newCallId: ({ ids }) => ids.call(),
  newReplyId: ({ ids }) => ids.chat(),
  usage: { tier: 'default' },
  dressed: (reply, seen) => withChoices(stopped(reply), seen),
  encoded: (reply, asked, seen) => {
    const [first, ...others] = choicesOf(reply, seen).map((choice) => openaiChat.encodeReply(choice, asked).wire);
    const choices = [first!, ...others].flatMap((wire, index) => objectsOf(wire['choices']).map((choice) => ({ ...choice, index })));
    return { ...first, choices };
  },
  streamed: (events, reply, asked, seen) => {
    const others = choicesOf(reply, seen).slice(1);
    if (others.length === 0) return events;
    const streams = others.map((choice, index) => {
      const encoder = openaiChat.encodeStream(asked);
      const frames = [...spelled(choice, seen.context.directions.timing?.chunks)].flatMap((event) => encoder.push(event));
      return [...frames, ...encoder.end()]
        .map((frame) => ofChoice(sseText(unreportedFrame(frame)), index + 1))
        .filter((event) => event !== undefined);
    });
    const isChoice = (event: string) => ofChoice(event, 0) !== undefined;
    return [...woven([events.filter(isChoice), ...streams]), ...events.filter((event) => !isChoice(event))];
  },
  streamHeaders: {},
  inStreamError: (kind) => `data: ${JSON.stringify({ error: openaiStreamError(kind) })}\n\n`,
};

/** `POST /v1/chat/completions`. */
export const chat = generating(format);

const countOf = ({ wire }: Seen): number => (typeof wire['n'] === 'number' ? wire['n'] : 1);

/** Every choice is paid for. */
function withChoices(reply: ModelReply, seen: Seen): ModelReply {
  const { usage } = reply;
  if (!usage || countOf(seen) === 1) return reply;
  return { ...reply, usage: { ...usage, tokens: { ...usage.tokens, output: (usage.tokens.output ?? 0) * countOf(seen) } } };
}

/** A model that declines in words has ended by itself (§1.5 of the protocol notes); `content_filter` is for what a filter withheld. */
const stopped = (reply: ModelReply): ModelReply =>
  reply.finish.reason === 'refused' && reply.parts.some(({ type }) => type === 'refusal')
    ? { ...reply, finish: { ...reply.finish, wire: 'stop' } }
    : reply;

/** The answer, and as many more as were asked for: the same, but for a number at the end of their text. */
function choicesOf(reply: ModelReply, seen: Seen): ModelReply[] {
  const isJson = seen.request.output !== undefined && seen.request.output.type !== 'text';
  return Array.from({ length: countOf(seen) }, (_, index) => ({
    ...reply,
    parts: reply.parts.map((part) =>
      index === 0 || isJson || part.type !== 'text' ? part : { ...part, text: `${part.text} (${index + 1})` },
    ),
  }));
}

/** The event with its choice renumbered; undefined for those that belong to none: usage and the end. */
function ofChoice(event: string, index: number): string | undefined {
  const data = event.slice('data: '.length).trim();
  if (data === '[DONE]') return undefined;
  const wire = JSON.parse(data) as JsonObject;
  const choices = objectsOf(wire['choices']);
  return choices.length === 0
    ? undefined
    : `data: ${JSON.stringify({ ...wire, choices: choices.map((choice) => ({ ...choice, index })) })}\n\n`;
}

/** One of each in turn, until all are used up. */
function woven(streams: readonly (readonly string[])[]): string[] {
  const longest = Math.max(...streams.map(({ length }) => length));
  return Array.from({ length: longest }, (_, step) => streams.flatMap((stream) => stream[step] ?? [])).flat();
}
