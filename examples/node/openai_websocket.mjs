// Octavo through the official `openai` SDK: one response, then two forks of it side by side, each on a lane of its own.
//   npm install openai ws
//   node openai_sdk.mjs
// Version 6.49 of the SDK or later, in Node 20 or later. Version 7 asks for Node 22, and npm warns where Node is older; this
// client works all the same in Node 18, which Debian 12 has.
// OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';

const base = (process.env.OCTAVO_URL ?? 'http://127.0.0.1:8000').replace(/\/*$/, '/');
const client = new OpenAI({ baseURL: `${base}v1`, apiKey: process.env.OCTAVO_API_KEY ?? 'none' });
const socket = new ResponsesWS(client);
const model = (await client.models.list()).data[0].id;

/// Resolves to the response that ends the lane's turn.
function create(stream_id, body) {
  socket.send({ type: 'response.create', model, stream_id, ...body });
  return new Promise((resolve, reject) => {
    const hear = (event) => {
      if (event.stream_id !== stream_id) return;
      const isEnd = event.type === 'response.completed' || event.type === 'response.incomplete';
      if (event.type === 'error') reject(new Error(event.error.message));
      if (event.type === 'response.failed') reject(new Error(event.response.error.message));
      if (isEnd) resolve(event.response);
      if (isEnd || event.type === 'error' || event.type === 'response.failed') socket.off('event', hear);
    };
    socket.on('event', hear);
  });
}
socket.on('error', (error) => console.error(error.message));

const textOf = (response) => response.output[0].content[0].text;
const story = await create('main', { input: 'Tell me a story about a fox named Pip and a lantern.' });
console.log(textOf(story));
const forks = ['Where was the lantern?', 'Who was the story about?'].map(async (input, i) => {
  const answer = await create(`fork-${i}`, { input, previous_response_id: story.id });
  console.log(`> ${input}\n${textOf(answer)}`);
});
await Promise.all(forks);
socket.close();
