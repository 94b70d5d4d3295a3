// A tool loop with each SDK on the other vendor's model. Ids, arguments and results keep their shape both ways.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const url = process.env['HEADGATE_URL'] ?? 'http://127.0.0.1:4000';
const apiKey = process.env['HEADGATE_KEY'] ?? 'none needed';

const question = 'What is the weather in Oslo? Use the tool.';
const description = 'The weather in a city now.';
const schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };
const weather = (input: unknown) => JSON.stringify({ ...(input as { city: string }), celsius: 4, sky: 'clear' });

await withOpenAI('claude-haiku-5-5');
await withAnthropic('gpt-6-luna');

async function withOpenAI(model: string): Promise<void> {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey });
  const tools = [{ type: 'function' as const, function: { name: 'weather', description, parameters: schema } }];
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: question }];
  for (let round = 0; round < 5; round++) {
    const { choices } = await openai.chat.completions.create({ model, tools, messages });
    const { message } = choices[0]!;
    messages.push(message);
    if (!message.tool_calls) return console.log(`${model} through the OpenAI SDK:`, message.content);
    for (const call of message.tool_calls) {
      if (call.type !== 'function') continue;
      console.log(`${model} calls ${call.function.name}(${call.function.arguments})`);
      messages.push({ role: 'tool', tool_call_id: call.id, content: weather(JSON.parse(call.function.arguments)) });
    }
  }
}

async function withAnthropic(model: string): Promise<void> {
  const anthropic = new Anthropic({ baseURL: url, apiKey });
  const tools = [{ name: 'weather', description, input_schema: schema }];
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }];
  for (let round = 0; round < 5; round++) {
    const { content } = await anthropic.messages.create({ model, max_tokens: 1024, tools, messages });
    messages.push({ role: 'assistant', content });
    const calls = content.filter((block) => block.type === 'tool_use');
    if (calls.length === 0) {
      const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
      return console.log(`${model} through the Anthropic SDK:`, text);
    }
    for (const { name, input } of calls) console.log(`${model} calls ${name}(${JSON.stringify(input)})`);
    messages.push({
      role: 'user',
      content: calls.map(({ id, input }) => ({ type: 'tool_result', tool_use_id: id, content: weather(input) })),
    });
  }
}
