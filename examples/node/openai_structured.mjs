// Answers by a schema, with the zod helpers of the official `openai` SDK: the server lets the model write nothing else, and the
// SDK makes the object. Works with a server that was built with structured output (`make xgrammar`).
//   npm install openai zod
//   node openai_structured.mjs
// OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const base = (process.env.OCTAVO_URL ?? 'http://127.0.0.1:8000').replace(/\/*$/, '/');
const client = new OpenAI({ baseURL: `${base}v1`, apiKey: process.env.OCTAVO_API_KEY ?? 'none' });
const model = (await client.models.list()).data[0].id;

// Bounds keep a small model from writing on and on.
const Animal = z.object({
  name: z.string().max(12),
  kind: z.enum(['fox', 'owl', 'mouse']),
  legs: z.int().min(0).max(8),
});
const question = 'Tell me a story about a fox named Pip and a lantern.';

const chat = await client.chat.completions.parse({
  model,
  messages: [{ role: 'user', content: question }],
  max_tokens: 200,
  response_format: zodResponseFormat(Animal, 'animal'),
});
console.log('chat:', chat.choices[0].message.parsed);

const response = await client.responses.parse({
  model,
  input: question,
  max_output_tokens: 200,
  text: { format: zodTextFormat(Animal, 'animal') },
});
console.log('response:', response.output_parsed);
