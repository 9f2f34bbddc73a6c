// What one client may learn of another, or take from it, and how late the server is. A test's name begins with the number that
// the case has in the project's list of hostile inputs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { plainClient } from './client.mjs';
import { eventually, metricsOf, patience, serverFor } from './helpers.mjs';
import { get, raw } from './raw.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const bearer = (key) => ({ authorization: `Bearer ${key}` });
const cachedOf = (turn) => turn.usage.input_tokens_details.cached_tokens;
const story = (name) => `Tell me a story about a fox named ${name}. `.repeat(20);

test('case 86: a server that gets no processor says how late it is', async (t) => {
  const server = await serverFor(t);
  await sleep(500);
  const lag = async () => (await metricsOf(server)).get('octavo:io_loop_lag_seconds');
  assert.ok((await lag()) < 1 * patience);
  server.process.kill('SIGSTOP');
  await sleep(3000);
  server.process.kill('SIGCONT');
  await eventually(async () => (await lag()) > 2.5, 'the lag is told');
  const client = await plainClient(server);
  assert.equal((await client.complete({ input: 'x', max_output_tokens: 4 })).end.type, 'response.incomplete');
  await client.close();
});

describe('keys', () => {
  test('case 89: nothing that one key has sent makes another\'s prompt quicker', async (t) => {
    const server = await serverFor(t, ['--api-key', 'one', '--api-key', 'two']);
    const [one, two] = await Promise.all(['one', 'two'].map((key) => plainClient(server, { headers: bearer(key) })));
    const body = { input: story('Pip'), max_output_tokens: 1 };
    assert.equal(cachedOf(await one.complete(body)), 0);
    assert.equal(cachedOf(await two.complete(body)), 0, 'another key finds nothing');
    assert.ok(cachedOf(await one.complete(body)) > 100, 'its own key does');
    assert.equal(cachedOf(await one.complete({ ...body, cache_salt: 'a' })), 0, 'and another salt of its own does not');
    await Promise.all([one.close(), two.close()]);
  });

  test('case 90: a key that floods the cache changes no answer of another, and holds nothing for ever', async (t) => {
    const server = await serverFor(t, ['--api-key', 'one', '--api-key', 'two', '--num-gpu-blocks-override', '400', '--max-model-len', '1024', '--swap-space', '0']);
    const clients = await Promise.all(['one', 'two'].map((key) => plainClient(server, { headers: bearer(key) })));
    const [flooder, honest] = clients;
    const body = { input: story('Mia'), temperature: 0, max_output_tokens: 20 };
    const before = await honest.complete(body);
    const flood = Array.from({ length: 60 }, (_, i) => flooder.complete({ input: story(`Number ${i}`), stream_id: `lane-${i % 8}`, max_output_tokens: 1 }));
    const during = await honest.complete(body);
    await Promise.all(flood);
    const after = await honest.complete(body);
    assert.deepEqual([during.text, after.text], [before.text, before.text]);
    assert.ok(cachedOf(await honest.complete(body)) > 100, 'what is used again is kept again');
    const audit = async () => (await fetch(`${server.url}debug/audit`, { headers: bearer('one') })).json();
    await eventually(async () => (await audit()).device.num_owned === 0, 'every block is free or cached');
    assert.equal((await audit()).is_consistent, true);
    await Promise.all(clients.map((client) => client.close()));
  });
});

describe('what is kept of a prompt', () => {
  for (const format of ['text', 'json']) {
    test(`case 91: no line of a log as ${format} holds what a client said`, async (t) => {
      const server = await serverFor(t, ['--log-level', 'trace', '--log-format', format]);
      const secret = 'zanzibarsecret';
      const client = await plainClient(server);
      await client.complete({ input: secret, instructions: secret, max_output_tokens: 4, metadata: { a: secret } });
      await client.turn({ input: [{ role: secret, content: secret }] });
      await client.turn({ input: secret.repeat(20_000) });
      await client.turn({ input: 'x', stop: [secret], text: { format: { type: 'json_schema', name: 's', schema: { type: secret, pattern: secret } } } });
      await client.turn({ input: 'x', tools: [{ type: 'function', name: secret, parameters: { type: 'object', [secret]: 1 } }] });
      client.sendRaw(`{"type": "response.create", "input": "${secret}`);
      await client.nextError();
      const send = (body) => fetch(`${server.url}v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      await send(JSON.stringify({ messages: [{ role: 'user', content: secret }], max_tokens: 2 }));
      await send(`{"messages": "${secret}`);
      await client.close();
      await server.stop();
      assert.ok(server.stderr().length > 100, 'there is a log');
      assert.ok(!server.stderr().includes(secret), server.stderr().split('\n').find((line) => line.includes(secret)));
    });
  }
  test('case 91: with --disable-core-dumps a crash leaves no file, and memory is nobody else\'s to read', async (t) => {
    const coreOf = (server) => /^Max core file size +(\S+) +(\S+)/m.exec(readFileSync(`/proc/${server.process.pid}/limits`, 'utf8')).slice(1);
    const server = await serverFor(t, ['--disable-core-dumps']);
    assert.deepEqual(coreOf(server), ['0', '0']);
    assert.equal((await fetch(`${server.url}health`)).status, 200);
  });
});

test('case 92: whatever clients name, the metrics have the same rows', async (t) => {
  const server = await serverFor(t, ['--api-key', 'one', '--max-handshakes-per-address', '0']);
  const rows = async () => [...(await (await fetch(`${server.url}metrics`, { headers: bearer('one') })).text()).matchAll(/^(\w+:\w+(?:\{[^}]*\})?) /gm)].map((match) => match[1]);
  const round = async (number, from) => {
    const client = await plainClient(server, { headers: bearer('one') });
    for (let i = from; i < from + number; ++i) {
      const headers = { ...bearer('one'), 'content-type': 'application/json', 'x-request-id': `id-${i}`, 'user-agent': `agent-${i}` };
      const body = JSON.stringify({ model: `model-${i}`, prompt: 'x', max_tokens: 1, user: `user-${i}` });
      await Promise.all([
        fetch(`${server.url}v1/completions`, { method: 'POST', headers, body }).then((answer) => answer.text()),
        fetch(`${server.url}path-${i}?query=${i}`, { headers }).then((answer) => answer.text()),
        fetch(`${server.url}v1/models/model-${i}`, { headers: bearer(`key-${i}`) }).then((answer) => answer.text()),
      ]);
      client.sendRaw(JSON.stringify({ type: `event-${i}` }));
      if (i % 20 === 0) await client.turn({ input: 'x', model: `model-${i}`, stream_id: `lane-${i % 30}`, max_output_tokens: 1, cache_salt: `salt-${i}`, metadata: { [`name-${i}`]: 'x' } });
    }
    await raw(server, get('/metrics', 'Authorization: Bearer two', 'Connection: close'));
    client.socket.terminate();
  };
  await rows();
  await round(40, 0);
  const before = await rows();
  await round(process.env.OCTAVO_SLOW ? 60 : 400, 1000);
  const after = await rows();
  assert.deepEqual(after.filter((row) => !before.includes(row)), []);
  assert.ok(after.length < 1000, `${after.length} rows`);
  for (const row of after) assert.ok(!/(model|path|user|lane|event|name|salt|key|agent)-\d{2}/.test(row.replace('api-key-1', '')), row);
});
