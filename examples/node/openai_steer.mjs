// More input for an answer while it is written, through the official `openai` SDK over a WebSocket: the running response ends
// as `steered`, and its successor goes on from its very tokens with the new input.
//   npm install openai ws
//   node openai_steer.mjs
// OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';

const base = (process.env.OCTAVO_URL ?? 'http://127.0.0.1:8000').replace(/\/*$/, '/');
const client = new OpenAI({ baseURL: `${base}v1`, apiKey: process.env.OCTAVO_API_KEY ?? 'none' });
const socket = new ResponsesWS(client);
const model = (await client.models.list()).data[0].id;
const interruption = 'Where was the lantern?';
let running; // The response that a steer names.
let numDeltas = 0;

const handlers = {
  'response.created': ({ response }) => {
    running = response.id;
    if (response.previous_response_id) process.stdout.write(`> ${interruption}\n`);
  },
  'response.output_text.delta': ({ delta }) => {
    process.stdout.write(delta);
    if (++numDeltas === 12) socket.send({ type: 'response.steer', previous_response_id: running, input: interruption });
  },
  'response.completed': ({ response }) => end(response),
  'response.incomplete': ({ response }) => end(response),
  'response.failed': ({ response }) => fail(response.error.message),
  'response.steer.failed': ({ error }) => fail(error.message),
};

/// A story that was over before the steer came is followed all the same.
function end(response) {
  const how = response.incomplete_details?.reason ?? response.status;
  process.stdout.write(`\n(ended as ${how} after ${response.usage.output_tokens} tokens)\n`);
  if (response.previous_response_id || numDeltas < 12) socket.close();
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
  socket.close();
}

socket.on('event', (event) => handlers[event.type]?.(event));
socket.on('error', (error) => fail(error.message));
socket.send({ type: 'response.create', model, input: 'Tell me a story about a fox named Pip and a lantern.' });
