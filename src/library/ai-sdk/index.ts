/** `headgate/ai-sdk`: Headgate as a provider of language models for the Vercel AI SDK 7 (its interface version 4). */
export { type HeadgateOptions, type HeadgateProvider, providerOf } from './provider.ts';
