// One document, asked about through both SDKs. What a format cannot carry is refused with its place, never dropped.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const url = process.env['HEADGATE_URL'] ?? 'http://127.0.0.1:4000';
const apiKey = process.env['HEADGATE_KEY'] ?? 'none needed';
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey });
const anthropic = new Anthropic({ baseURL: url, apiKey });

const pdf = Buffer.from(onePage('The code word is heron.')).toString('base64');
const question = 'What is the code word in this document?';

const fromClaude = await openai.chat.completions.create({
  model: 'claude-haiku-5-5',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'file', file: { filename: 'note.pdf', file_data: `data:application/pdf;base64,${pdf}` } },
        { type: 'text', text: question },
      ],
    },
  ],
});
console.log('Claude, through the OpenAI SDK:', fromClaude.choices[0]?.message.content);

const fromGpt = await anthropic.messages.create({
  model: 'gpt-6-luna',
  max_tokens: 1024,
  messages: [
    {
      role: 'user',
      content: [
        { type: 'document', title: 'note.pdf', source: { type: 'base64', media_type: 'application/pdf', data: pdf } },
        { type: 'text', text: question },
      ],
    },
  ],
});
console.log('GPT, through the Anthropic SDK:', fromGpt.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''));

// Messages has no sound: Claude would answer without having heard the question.
try {
  await openai.chat.completions.create({
    model: 'claude-haiku-5-5',
    messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }] }],
  });
} catch (error) {
  if (!(error instanceof OpenAI.BadRequestError)) throw error;
  console.log('refused:', error.message);
}

/** The smallest PDF that says something. */
function onePage(text: string): string {
  const drawn = `BT /F1 24 Tf 72 720 Td (${text}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  return `${file}xref\n0 6\n0000000000 65535 f \n${rows}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
}
