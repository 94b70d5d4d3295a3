// The Anthropic SDK asks GPT and streams: events, order and usage are those the SDK knows.
import Anthropic from '@anthropic-ai/sdk';

const anthropic = new Anthropic({
  baseURL: process.env['HEADGATE_URL'] ?? 'http://127.0.0.1:4000',
  apiKey: process.env['HEADGATE_KEY'] ?? 'none needed',
});

const stream = anthropic.messages.stream({
  model: 'gpt-6-luna',
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'Tell a story in three sentences.' }],
});
stream.on('text', (text) => process.stdout.write(text));

const { stop_reason, usage } = await stream.finalMessage();
console.log(`\nstopped: ${stop_reason}, ${usage.input_tokens} tokens in, ${usage.output_tokens} out`);
