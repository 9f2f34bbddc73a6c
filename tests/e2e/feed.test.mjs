// The feeds of the blocks and of the load, from the real binary: what is told adds up to what is there.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { BlockMap, kFree, kOwned } from '../../src/web/app/wire/block_map.js';
import { plainClient } from './client.mjs';
import { eventually, serverFor, suiteScope } from './helpers.mjs';

// Slow enough that an answer is seen while it grows.
const kSlowly = ['--threads', '1', '--cpu-instruction-set', 'reference'];
const story = (tokens) => ({ input: 'Tell me a story about a fox named Pip and a lantern.', max_output_tokens: tokens, ignore_eos: true, temperature: 0 });

/// A client that watches the blocks: its picture, and every whole picture it was shown as counts.
async function watcher(server, interval_ms = 50, options = {}) {
  const client = await plainClient(server, options);
  const map = new BlockMap();
  const shown = [];
  let frames = 0;
  client.socket.on('message', (data) => {
    const event = JSON.parse(data);
    if (event.type !== 'octavo:blocks') return;
    assert.equal(event.sequence_number, frames++);
    if (map.apply(event)) shown.push({ ...map.tiers.device.count(), names: new Set(event.responses) });
  });
  client.send({ type: 'octavo:subscribe', topic: 'blocks', interval_ms });
  await eventually(() => shown.length > 0, 'a first picture');
  return { client, map, shown };
}

/// Everything that is not free, in words that can be compared.
function told({ tiers }) {
  const blocks = [];
  for (const [name, tier] of Object.entries(tiers)) {
    for (let i = 0; i < tier.length; ++i) {
      if (tier.states[i] !== kFree) blocks.push([name, i, tier.states[i], tier.holders[i], tier.lastUsed[i], ...tier.responses[i]].join(' '));
    }
  }
  return blocks;
}

/// Waits until no block is in use any more as far as this picture knows.
async function untilQuiet(map) {
  await eventually(() => map.tiers.device.count().owned === 0, 'a picture without work');
}

describe('the feeds', () => {
  let server;
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite, kSlowly);
  });

  test('a response takes blocks while it is written and gives them up at its end', async () => {
    const { client, map, shown } = await watcher(server);
    assert.equal(shown[0].owned, 0);
    const turn = await client.complete(story(120));
    const id = turn.response.id;
    await eventually(() => shown.at(-1).owned === 0, 'no block in use');
    const owned = shown.map((each) => each.owned);
    const most = Math.max(...owned);
    const needed = Math.ceil((turn.usage.input_tokens + turn.usage.output_tokens - 1) / map.blockSize);
    assert.ok(most <= needed && most >= needed - 1, `${most} of ${needed}`);
    assert.ok(shown.some((each) => each.names.has(id)), 'the response is named');
    assert.ok(new Set(owned).size > 3, `it is seen to grow: ${owned}`);
    await client.close();
  });

  test('changes rebuild the very picture that a second subscriber is shown', async () => {
    const { client, map } = await watcher(server);
    const busy = await plainClient(server);
    const turns = [30, 45, 60, 20].map((tokens, i) => busy.complete({ ...story(tokens), stream_id: `lane-${i}`, n: i === 2 ? 2 : 1 }));
    await Promise.all(turns);
    const first = await turns[0];
    const forks = ['What then?', 'Why?', 'Where?'].map((input, i) => busy.complete({ ...story(20), input, previous_response_id: first.response.id, stream_id: `lane-${i}` }));
    await Promise.all(forks);
    await untilQuiet(map);
    const second = await watcher(server);
    assert.deepEqual(told(map), told(second.map));
    await Promise.all([client.close(), busy.close(), second.client.close()]);
  });

  test('a picture taken in the middle of the work is one that the changes pass through', async () => {
    const { client, map } = await watcher(server);
    const busy = await plainClient(server);
    const turn = busy.create(story(100));
    await turn.started;
    const second = await watcher(server);
    assert.ok(second.map.tiers.device.states.includes(kOwned));
    await turn.finished;
    await untilQuiet(map);
    await untilQuiet(second.map);
    assert.deepEqual(told(map), told(second.map));
    await Promise.all([client.close(), busy.close(), second.client.close()]);
  });

  test('nothing is sent after an unsubscription', async () => {
    const { client, shown } = await watcher(server);
    const before = shown.length;
    const busy = await plainClient(server);
    client.send({ type: 'octavo:unsubscribe', topic: 'blocks' });
    client.send({ type: 'octavo:unsubscribe', topic: 'blocks' });
    await busy.complete(story(40));
    await client.complete(story(5));
    assert.equal(shown.length, before);
    await Promise.all([client.close(), busy.close()]);
  });

  test('with keys a client sees the ids of its own and the blocks of all', async (t) => {
    const keyed = await serverFor(t, ['--api-key', 'sk-one', '--api-key', 'sk-two']);
    const withKey = (key) => ({ headers: { Authorization: `Bearer ${key}` } });
    const [one, two] = await Promise.all(['sk-one', 'sk-two'].map((key) => watcher(keyed, 50, withKey(key))));
    const turns = await Promise.all([one, two].map(({ client }) => client.complete(story(60))));
    for (const { map } of [one, two]) await untilQuiet(map);
    [one, two].forEach(({ map, shown }, i) => {
      const names = new Set(shown.flatMap((each) => [...each.names]));
      assert.ok(names.has(turns[i].response.id));
      assert.equal(names.size, 2);
      assert.match([...names].find((name) => name !== turns[i].response.id), /^other_[0-9a-f]{16}$/);
      assert.deepEqual(map.tiers.device.count(), one.map.tiers.device.count());
    });
    await Promise.all([one.client.close(), two.client.close()]);
  });

  test('the load rises and falls with the work', async () => {
    const client = await plainClient(server);
    const loads = [];
    client.socket.on('message', (data) => {
      const event = JSON.parse(data);
      if (event.type === 'octavo:metrics') loads.push(event);
    });
    client.send({ type: 'octavo:subscribe', topic: 'metrics', interval_ms: 50 });
    await eventually(() => loads.length > 0, 'a first look');
    assert.equal(loads[0].running, 0);
    assert.ok(loads[0].num_connections >= 1);
    await client.complete(story(120));
    await eventually(() => loads.at(-1).running === 0 && loads.at(-1).tokens_per_s === 0, 'rest');
    assert.ok(loads.some(({ running, tokens_per_s, device_usage }) => running === 1 && tokens_per_s > 0 && device_usage > 0));
    assert.deepEqual(loads.map((each) => each.sequence_number), loads.map((_, i) => i));
    await client.close();
  });

  test('a topic or an interval that does not exist is an error, and the connection goes on', async () => {
    const client = await plainClient(server);
    for (const [event, param] of [[{ topic: 'tokens' }, 'topic'], [{}, 'topic'], [{ topic: 'blocks', interval_ms: 10 }, 'interval_ms']]) {
      const answer = client.nextError();
      client.send({ type: 'octavo:subscribe', ...event });
      const { error } = await answer;
      assert.equal(error.code, 'invalid_value');
      assert.equal(error.param, param);
    }
    await client.complete(story(3));
    await client.close();
  });
});
