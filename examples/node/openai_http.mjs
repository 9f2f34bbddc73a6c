// Octavo over HTTP through the official `openai` SDK: a chat whole, a chat as it is written (server-sent events), and the
// Responses API, where two questions go on from one answer without sending it again.
//   npm install openai
//   node openai_http.mjs
// OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
import OpenAI from 'openai';

const base = (process.env.OCTAVO_URL ?? 'http://127.0.0.1:8000').replace(/\/*$/, '/');
const client = new OpenAI({ baseURL: `${base}v1`, apiKey: process.env.OCTAVO_API_KEY ?? 'none' });
const model = (await client.models.list()).data[0].id;
const messages = [{ role: 'user', content: 'Tell me a story about a fox named Pip and a lantern.' }];

console.log('# A chat, whole');
const chat = await client.chat.completions.create({ model, messages, max_tokens: 40, temperature: 0 });
console.log(chat.choices[0].message.content);
console.log(`(${chat.usage.prompt_tokens} tokens read, ${chat.usage.completion_tokens} written)`);

console.log('# The same chat, streamed');
const chunks = await client.chat.completions.create({ model, messages, max_tokens: 40, temperature: 0, stream: true });
for await (const chunk of chunks) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
console.log();

console.log('# A response, streamed, and two questions about it');
let story;
for await (const event of await client.responses.create({ model, input: messages[0].content, stream: true })) {
  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta);
  if (event.type === 'response.completed' || event.type === 'response.incomplete') story = event.response;
  if (event.type === 'response.failed') throw new Error(event.response.error.message);
}
console.log();
for (const input of ['Where was the lantern?', 'Who was the story about?']) {
  const answer = await client.responses.create({ model, input, previous_response_id: story.id });
  console.log(`> ${input}\n${answer.output_text}`);
}

console.log('# A request that cannot be served');
try {
  await client.chat.completions.create({ model, messages, temperature: 9 });
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  console.log(`${error.status}: ${error.message}`);
}
