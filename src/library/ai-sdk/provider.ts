import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider';
import { fold } from '../../model/fold.ts';
import type { CallAnswer, CallTerms } from '../../model/make-call.ts';
import type { ModelEvent } from '../../model/reply.ts';
import type { Desk } from '../ask.ts';
import { type Question, termsOf } from '../question.ts';
import { contentOf, finishReasonOf, usageOf } from './content.ts';
import { errorOf } from './error.ts';
import { receiptMetadata } from './metadata.ts';
import { type Asked, askedOf } from './request.ts';
import { partsOf } from './stream.ts';
import { warningsOf } from './warnings.ts';

/** On whose account and on what terms calls are: for all of a provider, for a model, or for one call (`providerOptions.headgate`). */
export type HeadgateOptions = Pick<Question, 'feature' | 'user' | 'tags' | 'deadlineMs' | 'onLoss' | 'priority' | 'idempotencyKey'>;

/** Gives the model of a name: public ones of the configuration, vendors' own, and `provider/model`. */
export type HeadgateProvider = (model: string, options?: HeadgateOptions) => LanguageModelV4;

/** Headgate as a provider for the Vercel AI SDK: `generateText({ model: provider('smart'), … })`. */
export const providerOf =
  (headgate: Pick<Desk, 'makeCall'> & { readonly insider: Desk['caller'] }, defaults: HeadgateOptions = {}): HeadgateProvider =>
  (model, options = {}) =>
    new Model(headgate, model, { ...defaults, ...options });

class Model implements LanguageModelV4 {
  readonly specificationVersion = 'v4';
  readonly provider = 'headgate';
  readonly modelId: string;
  /** Every vendor fetches pictures itself; documents by address are fetched by the AI SDK, as not all do. */
  readonly supportedUrls = { 'image/*': [/^https:\/\//] };
  readonly #headgate: Parameters<typeof providerOf>[0];
  readonly #options: HeadgateOptions;

  constructor(headgate: Parameters<typeof providerOf>[0], modelId: string, options: HeadgateOptions) {
    this.#headgate = headgate;
    this.modelId = modelId;
    this.#options = options;
  }

  async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const asked = askedOf(this.modelId, options, false);
    const answer = this.#call(asked, options);
    const events: ModelEvent[] = [];
    for await (const event of answer) events.push(event);
    const receipt = await answer.receipt;
    const last = events.at(-1);
    if (last?.type === 'fail') throw errorOf(last.failure, receipt, options.abortSignal);
    const reply = fold(events);
    return {
      content: reply.parts.flatMap((part, index) => contentOf(part, String(index))),
      finishReason: finishReasonOf(reply.finish),
      usage: usageOf(reply.usage),
      warnings: [...asked.warnings, ...warningsOf(receipt.losses)],
      providerMetadata: receiptMetadata(receipt),
      response: {
        id: reply.id,
        modelId: reply.model,
        ...(reply.createdS !== undefined && { timestamp: new Date(reply.createdS * 1000) }),
        headers: { 'x-headgate-call-id': receipt.callId },
      },
    };
  }

  async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const asked = askedOf(this.modelId, options, true);
    const answer = this.#call(asked, options);
    const events = answer[Symbol.asyncIterator]();
    const first = await events.next();
    // What fails before it has begun is an error of the call, which the AI SDK tells from one of a stream.
    if (!first.done && first.value.type === 'fail') throw errorOf(first.value.failure, await answer.receipt, options.abortSignal);
    const parts = partsOf(first, events, answer, asked.warnings, options.abortSignal);
    return {
      stream: new ReadableStream({
        async pull(controller) {
          const { done, value } = await parts.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          await events.return?.();
        },
      }),
    };
  }

  #call({ request, providerOptions, own }: Asked, { abortSignal }: LanguageModelV4CallOptions): CallAnswer {
    const terms: CallTerms = termsOf(
      { ...this.#options, ...own, ...(abortSignal && { signal: abortSignal }), ...(providerOptions && { providerOptions }) },
      // Options for other providers of the AI SDK are the rule there: no name is wrong.
      { caller: this.#headgate.insider },
    );
    return this.#headgate.makeCall(request, terms);
  }
}
