// The OpenAI SDK asks Claude: the address is all that changes.
import OpenAI from 'openai';

const openai = new OpenAI({
  baseURL: `${process.env['HEADGATE_URL'] ?? 'http://127.0.0.1:4000'}/v1`,
  apiKey: process.env['HEADGATE_KEY'] ?? 'none needed',
});

const { data, response } = await openai.chat.completions
  .create({
    model: 'claude-haiku-5-5',
    messages: [
      { role: 'system', content: 'Answer in one line.' },
      { role: 'user', content: 'Name three rivers.' },
    ],
  })
  .withResponse();

console.log('answer:', data.choices[0]?.message.content);
console.log('tokens:', data.usage?.prompt_tokens, 'in,', data.usage?.completion_tokens, 'out');
console.log('cost:  $', response.headers.get('x-headgate-cost-usd'));
