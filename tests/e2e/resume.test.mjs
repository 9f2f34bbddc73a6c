// A connection breaks and the response runs on: whoever comes back hears exactly what was missed, then what comes, and the
// end once. Seeds are given, so a text that was cut can be held against the same text that was not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { checkEvent, isTerminal, ResponseOrder } from './contract.mjs';
import { patience, scriptedFor, serverFor, suiteScope, untilIdle } from './helpers.mjs';

const story = 'Tell me a story about a fox named Pip and a lantern.';
const body = (seed, more = {}) => ({ input: story, seed, temperature: 1, max_output_tokens: 24, store: false,
                                     octavo: { resume_grace_ms: 20_000 * patience }, ...more });

/// Numbers that look random and are the same in every run.
function randomOf(seed) {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

async function open(server, headers = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/v1/responses`, { headers });
  await once(socket, 'open');
  return socket;
}

/// Events of the socket until `stops` says so or it closes.
async function hear(socket, first, stops) {
  const events = [];
  const done = new Promise((resolve) => {
    socket.on('message', (data) => {
      const event = JSON.parse(data);
      events.push(event);
      if (stops(event, events)) resolve();
    });
    socket.on('close', resolve);
  });
  socket.send(JSON.stringify(first));
  await done;
  return events;
}

const isEnd = (event) => isTerminal(event) || event.type === 'error';
const textOf = (events) => events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join('');

function checkWhole(events) {
  const order = new ResponseOrder();
  for (const event of events) {
    checkEvent(event);
    order.accept(event);
  }
  assert.ok(order.ended);
}

/// The response in pieces: the connection is cut after so many events, again and again.
async function inPieces(server, request, cuts) {
  let events = [];
  for (let piece = 0; events.length === 0 || !isTerminal(events.at(-1)); ++piece) {
    const socket = await open(server);
    const first = piece === 0 ? { type: 'response.create', ...request }
      : { type: 'octavo:response.resume', response_id: events[0].response.id, starting_after: events.at(-1).sequence_number };
    const limit = cuts[piece] ?? Infinity;
    const heard = await hear(socket, first, (event, all) => isEnd(event) || all.length >= limit);
    socket.terminate();
    assert.ok(heard.length > 0 && heard[0].type !== 'error', JSON.stringify(heard[0]));
    // What was on its way when the connection was cut is nothing that the client has.
    events = events.concat(limit === Infinity ? heard : heard.slice(0, limit));
  }
  return events;
}

describe('a response whose connection breaks', () => {
  let server;
  const suite = suiteScope();
  before(async () => (server = await serverFor(suite)));

  test('1,000 responses cut at random say what they say uncut', async () => {
    const random = randomOf(20261130);
    const whole = new Map();
    const number = process.env.OCTAVO_SLOW ? 100 : 1000;
    const one = async (index) => {
      const seed = index % 20;
      const cuts = Array.from({ length: random(4) + 1 }, () => random(12) + 1);
      const events = await inPieces(server, body(seed), cuts);
      checkWhole(events);
      const text = textOf(events);
      assert.equal(events.at(-1).response.output[0].content[0].text, text);
      whole.set(seed, whole.get(seed) ?? text);
      assert.equal(text, whole.get(seed), `seed ${seed}, cuts ${cuts}`);
    };
    for (let seed = 0; seed < 20; ++seed) {
      const socket = await open(server);
      whole.set(seed, textOf(await hear(socket, { type: 'response.create', ...body(seed) }, isEnd)));
      socket.terminate();
    }
    const lanes = Array.from({ length: 16 }, async (_, lane) => {
      for (let index = lane; index < number; index += 16) await one(index);
    });
    await Promise.all(lanes);
    await untilIdle(server);
  });

  test('200 clients beside them hear their own answers whole', async () => {
    const random = randomOf(7);
    const texts = new Map();
    const whole = async (index) => {
      const socket = await open(server);
      for (let turn = 0; turn < 3; ++turn) {
        const seed = (index + turn) % 20;
        const events = await hear(socket, { type: 'response.create', ...body(seed, { octavo: {} }) }, isEnd);
        socket.removeAllListeners('message');
        checkWhole(events);
        texts.set(seed, texts.get(seed) ?? textOf(events));
        assert.equal(textOf(events), texts.get(seed));
      }
      socket.terminate();
    };
    const cut = async () => {
      for (let turn = 0; turn < 10; ++turn) {
        const seed = random(20);
        const events = await inPieces(server, body(seed), [random(12) + 1, random(12) + 1]);
        checkWhole(events);
        texts.set(seed, texts.get(seed) ?? textOf(events));
        assert.equal(textOf(events), texts.get(seed));
      }
    };
    await Promise.all([...Array.from({ length: 200 }, (_, index) => whole(index)), ...Array.from({ length: 16 }, cut)]);
    await untilIdle(server);
  });

  test('SSE that was cut goes on over GET, and over the WebSocket', async () => {
    const controller = new AbortController();
    const answer = await fetch(`${server.url}v1/responses`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, signal: controller.signal,
      body: JSON.stringify({ ...body(3), stream: true, max_output_tokens: 400, ignore_eos: true }) });
    const reader = answer.body.getReader();
    let heard = '';
    while (heard.split('\n\n').length < 8) heard += new TextDecoder().decode((await reader.read()).value);
    controller.abort();
    const parse = (text) => text.split('\n\n').slice(0, -1).filter((each) => each.startsWith('event: '))
      .map((each) => JSON.parse(each.slice(each.indexOf('data: ') + 6)));
    const first = parse(heard);
    const id = first[0].response.id;
    const rest = await fetch(`${server.url}v1/responses/${id}?stream=true&starting_after=${first.at(-1).sequence_number}`);
    assert.equal(rest.status, 200);
    assert.match(rest.headers.get('content-type'), /text\/event-stream/);
    const text = await rest.text();
    assert.ok(text.endsWith('data: [DONE]\n\n'));
    const events = first.concat(parse(text));
    checkWhole(events);
    const socket = await open(server);
    const again = await hear(socket, { type: 'octavo:response.resume', response_id: id }, isEnd);
    socket.terminate();
    assert.deepEqual(again, events);
  });

  test('without the wish to come back, a broken connection ends what it asked for', async () => {
    const socket = await open(server);
    const [begun] = await hear(socket, { type: 'response.create', ...body(1, { octavo: {}, max_output_tokens: 1800, ignore_eos: true }) }, () => true);
    socket.terminate();
    await untilIdle(server);
    const other = await open(server);
    const [refused] = await hear(other, { type: 'octavo:response.resume', response_id: begun.response.id }, () => true);
    other.terminate();
    assert.equal(refused.error.code, 'response_not_found');
    assert.equal(refused.status, 404);
    assert.equal((await fetch(`${server.url}v1/responses/${begun.response.id}?stream=true`)).status, 404);
  });

  test('a wrong place, a missing name and a response that is here already are refused', async () => {
    const socket = await open(server);
    const events = await hear(socket, { type: 'response.create', ...body(1) }, isEnd);
    const id = events[0].response.id;
    const asked = [[{ response_id: id, starting_after: 10_000 }, 'invalid_value'], [{ response_id: id, starting_after: -2 }, 'invalid_value'],
                   [{}, 'invalid_event'], [{ response_id: 'resp_none' }, 'response_not_found']];
    for (const [event, code] of asked) {
      const [refused] = await hear(socket, { type: 'octavo:response.resume', ...event }, () => true);
      assert.equal(refused.error.code, code, JSON.stringify(event));
      socket.removeAllListeners('message');
    }
    socket.terminate();
  });

  test('a response is cancelled by whoever came back to it', async () => {
    const socket = await open(server);
    const long = body(1, { max_output_tokens: 1800, ignore_eos: true });
    const begun = await hear(socket, { type: 'response.create', ...long }, (event, all) => all.length > 5);
    socket.terminate();
    const other = await open(server);
    const id = begun[0].response.id;
    let isCancelled = false;
    const rest = await hear(other, { type: 'octavo:response.resume', response_id: id }, (event) => {
      if (!isCancelled) other.send(JSON.stringify({ type: 'response.cancel', response_id: id }));
      isCancelled = true;
      return isEnd(event);
    });
    other.terminate();
    checkWhole(rest);
    assert.equal(rest.at(-1).response.status, 'cancelled');
  });
});

describe('what runs on', () => {
  test('is given up when nobody comes back within its grace', async (t) => {
    const server = await scriptedFor(t, [{ when: '', say: 'word '.repeat(4000) }], ['--pace', '2']);
    const socket = await open(server);
    await hear(socket, { type: 'response.create', input: 'x', octavo: { resume_grace_ms: 200 } }, (event, all) => all.length > 5);
    socket.terminate();
    await untilIdle(server);
  });

  test('ends at the end of the drain time, once, for whoever listens', async (t) => {
    const server = await serverFor(t, ['--drain-timeout', '0']);
    const socket = await open(server);
    const begun = await hear(socket, { type: 'response.create', ...body(1, { max_output_tokens: 1800, ignore_eos: true }) }, (event, all) => all.length > 5);
    socket.terminate();
    const other = await open(server);
    let isStopped = false;
    const events = await hear(other, { type: 'octavo:response.resume', response_id: begun[0].response.id }, (event, all) => {
      if (!isStopped && all.length > 10) {
        isStopped = true;
        server.stop();
      }
      return isEnd(event);
    });
    checkWhole(events);
    other.terminate();
  });

  test("is not found by another key's client", async (t) => {
    const server = await serverFor(t, ['--api-key', 'a', '--api-key', 'b']);
    const mine = await open(server, { authorization: 'Bearer a' });
    const events = await hear(mine, { type: 'response.create', ...body(1) }, isEnd);
    const theirs = await open(server, { authorization: 'Bearer b' });
    const [refused] = await hear(theirs, { type: 'octavo:response.resume', response_id: events[0].response.id }, () => true);
    assert.equal(refused.error.code, 'response_not_found');
    mine.terminate();
    theirs.terminate();
  });
});
