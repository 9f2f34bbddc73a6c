// What the clients of a soak do: each kind is one thing that clients do, once, and throws where what it saw is wrong.
// play(server, headers, round) -> Promise.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../e2e/package.json', import.meta.url));
const { WebSocket } = require('ws');

/// What all clients saw since somebody last looked: milliseconds, and counts since the start.
export const seen = { gaps: [], firsts: [], numTokens: 0, rounds: {} };

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const story = (round) => `Tell me a story about fox number ${round % 500}.`;
const kEnds = ['response.completed', 'response.incomplete', 'response.failed', 'error'];
function must(holds, what) {
  if (!holds) throw new Error(what);
}

/// A WebSocket whose events are timed, unless it reads as it likes: {send(event), next(matches), close()}.
function open(server, headers, isTimed = true) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}v1/responses`, ['octavo.v1'], { headers });
  const events = [];
  const waiting = [];
  const sent = new Map();
  const heard = new Map();
  let isClosed = false;
  const settle = () => {
    for (let i = waiting.length - 1; i >= 0; --i) {
      const { matches, resolve, reject } = waiting[i];
      const found = events.find(matches);
      if (found) resolve(found);
      else if (isClosed) reject(new Error('the connection ended'));
      else continue;
      waiting.splice(i, 1);
    }
  };
  socket.on('message', (data) => {
    const event = JSON.parse(data);
    const now = performance.now();
    const lane = event.stream_id ?? '';
    if (event.type === 'response.output_text.delta') {
      ++seen.numTokens;
      if (isTimed && heard.has(lane)) seen.gaps.push(now - heard.get(lane));
      else if (isTimed && sent.has(lane)) seen.firsts.push(now - sent.get(lane));
      heard.set(lane, now);
    }
    events.push(event);
    settle();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
    settle();
  });
  const client = {
    socket,
    events,
    send: (event) => {
      if (event.type === 'response.create') {
        sent.set(event.stream_id ?? '', performance.now());
        heard.delete(event.stream_id ?? '');
      }
      socket.send(JSON.stringify(event));
    },
    next: (matches) => new Promise((resolve, reject) => {
      waiting.push({ matches, resolve, reject });
      settle();
    }),
    end: (lane) => client.next((event) => kEnds.includes(event.type) && (event.stream_id ?? '') === lane),
    close: () => new Promise((done) => {
      socket.once('close', done);
      socket.close();
    }),
  };
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(client));
    socket.once('unexpected-response', (request, response) => reject(new Error(`refused with ${response.statusCode}`)));
  });
}

async function post(server, headers, route, body) {
  return fetch(server.url + route, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

async function lanes(server, headers, round) {
  const client = await open(server, headers);
  for (let i = 0; i < 4; ++i)
    client.send({ type: 'response.create', input: story(round + i), stream_id: `lane-${i}`, max_output_tokens: 40, ignore_eos: true, store: false });
  for (let i = 0; i < 4; ++i) must((await client.end(`lane-${i}`)).response?.usage.output_tokens === 40, 'a lane ended early');
  await client.close();
}

async function chain(server, headers, round) {
  const client = await open(server, headers);
  let previous;
  for (let i = 0; i < 4; ++i) {
    client.events.length = 0;
    client.send({ type: 'response.create', input: story(round + i), max_output_tokens: 12, store: true, ...(previous && { previous_response_id: previous }) });
    const end = await client.end('');
    must(end.response, `a stored chain broke: ${JSON.stringify(end.error)}`);
    previous = end.response.id;
  }
  must((await fetch(`${server.url}v1/responses/${previous}`, { headers })).status === 200, 'a stored response is gone');
  if (round % 2) must((await fetch(`${server.url}v1/responses/${previous}`, { method: 'DELETE', headers })).status === 200, 'it cannot be deleted');
  await client.close();
}

async function cutAndResumed(server, headers, round) {
  const client = await open(server, headers);
  client.send({ type: 'response.create', input: story(round), max_output_tokens: 60, ignore_eos: true, store: false, octavo: { resume_grace_ms: 20_000 } });
  const cut = 5 + (round % 20);
  const last = await client.next((event) => event.sequence_number >= cut);
  const { id } = client.events[0].response;
  client.socket.terminate();
  const again = await open(server, headers);
  again.send({ type: 'octavo:response.resume', response_id: id, starting_after: last.sequence_number });
  const end = await again.end('');
  must(end.response?.usage.output_tokens === 60, `what was cut did not go on: ${JSON.stringify(end.error)}`);
  const numbers = again.events.map((event) => event.sequence_number).filter((number) => number !== undefined);
  must(numbers.every((number, i) => number === last.sequence_number + 1 + i), 'numbers have a gap');
  await again.close();
}

async function cut(server, headers, round) {
  const client = await open(server, headers);
  client.send({ type: 'response.create', input: story(round), max_output_tokens: 1500, ignore_eos: true });
  await client.next((event) => event.type === 'response.output_text.delta');
  if (round % 2) client.socket.terminate();
  else client.socket._socket.resetAndDestroy();
  await sleep(20);
}

async function cancelled(server, headers, round) {
  const client = await open(server, headers);
  client.send({ type: 'response.create', input: story(round), stream_id: 'a', max_output_tokens: 1500, ignore_eos: true });
  await client.next((event) => event.type === 'response.created');
  await sleep(round % 30);
  client.send({ type: 'response.cancel', stream_id: 'a' });
  must((await client.end('a')).response?.status === 'cancelled', 'a cancel was not one');
  await client.close();
}

async function steered(server, headers, round) {
  const client = await open(server, headers);
  client.send({ type: 'response.create', input: story(round), max_output_tokens: 200, ignore_eos: true });
  await client.next((event) => event.type === 'response.output_text.delta');
  const { id } = client.events[0].response;
  client.send({ type: 'response.steer', previous_response_id: id, input: 'Make it short.' });
  await client.next((event) => kEnds.includes(event.type) && event.response?.id === id);
  await client.next((event) => event.type === 'response.created' && event.response.id !== id);
  await client.next((event) => kEnds.includes(event.type) && event.response?.id !== id);
  await client.close();
}

async function slow(server, headers, round) {
  const client = await open(server, headers, false);
  for (let i = 0; i < 2; ++i)
    client.send({ type: 'response.create', input: story(round), stream_id: `lane-${i}`, max_output_tokens: 300, ignore_eos: true, top_logprobs: 20, store: false });
  await client.next((event) => event.type === 'response.created');
  client.socket.pause();
  await sleep(1500);
  client.socket.terminate();
}

async function shaped(server, headers, round) {
  const schema = { type: 'object', properties: { [`name${round % 50}`]: { enum: ['Pip', 'Mia'] }, age: { type: 'integer', minimum: 1, maximum: 9 } },
                   required: [`name${round % 50}`, 'age'], additionalProperties: false };
  const answer = await post(server, headers, 'v1/responses', { input: story(round), max_output_tokens: 120, store: false,
    text: { format: { type: 'json_schema', name: 's', schema, strict: true } } });
  const body = await answer.json();
  must(answer.status === 200, `a schema was refused: ${JSON.stringify(body.error)}`);
  const text = body.output?.[0]?.content[0].text;
  if (body.status === 'completed') must(JSON.parse(text).age >= 1, `not as its schema: ${text}`);
  const refused = await post(server, headers, 'v1/completions', { prompt: 'x', max_tokens: 1, structured_outputs: { regex: `(${round}` } });
  must(refused.status === 400, 'a broken expression was taken');
  await refused.text();
}

async function events(server, headers, round) {
  const answer = await post(server, headers, 'v1/chat/completions', { messages: [{ role: 'user', content: story(round) }], stream: true, max_tokens: 40 });
  must((await answer.text()).endsWith('data: [DONE]\n\n'), 'a stream of events did not end');
}

async function plain(server, headers, round) {
  const answer = await post(server, headers, 'v1/completions', { prompt: story(round), max_tokens: 20 });
  must((await answer.json()).choices?.length === 1, 'a plain answer had no choice');
  for (const path of ['health', 'metrics', 'v1/usage']) must((await (await fetch(server.url + path, { headers })).text()).length > 0, path);
}

/// How many clients of each kind there are at a time.
export const kinds = {
  'streams': { play: lanes, clients: 4 },
  'stored chains': { play: chain, clients: 2 },
  'cuts with a resume': { play: cutAndResumed, clients: 2 },
  'cuts': { play: cut, clients: 1 },
  'cancels': { play: cancelled, clients: 1 },
  'steers': { play: steered, clients: 1 },
  'slow readers': { play: slow, clients: 2 },
  'schemas': { play: shaped, clients: 1 },
  'streams of events': { play: events, clients: 2 },
  'plain requests': { play: plain, clients: 1 },
};
