// The official client over TLS, in a process of its own: Node reads the authorities that it trusts at its start (NODE_EXTRA_CA_CERTS).
// usage: node tls_client.mjs https://HOST:PORT/ ; prints {chat, streamed, socket}: the text of an answer in three ways
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';

const client = new OpenAI({ baseURL: `${process.argv[2]}v1`, apiKey: 'none', maxRetries: 0 });
const story = 'Tell me a story about a fox named Pip.';
const settings = { model: 'octavo-demo', temperature: 0, max_completion_tokens: 24, messages: [{ role: 'user', content: story }] };

const chat = (await client.chat.completions.create(settings)).choices[0].message.content;
let streamed = '';
for await (const chunk of await client.chat.completions.create({ ...settings, stream: true })) streamed += chunk.choices[0]?.delta.content ?? '';
const socket = await new Promise((resolve, reject) => {
  const connection = new ResponsesWS(client);
  connection.on('error', reject);
  connection.on('event', (event) => {
    if (event.type !== 'response.completed' && event.type !== 'response.incomplete') return;
    connection.close();
    resolve(event.response.output[0].content[0].text);
  });
  connection.send({ type: 'response.create', model: 'octavo-demo', temperature: 0, max_output_tokens: 24, input: story });
});
console.log(JSON.stringify({ chat, streamed, socket }));
