// API keys of a file: what each may take, what it is told, and what becomes of it when the file changes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { plainClient } from './client.mjs';
import { eventually, parseMetrics, serverFor } from './helpers.mjs';

const hash = (key) => createHash('sha256').update(key).digest('hex');
const bearer = (key) => ({ authorization: `Bearer ${key}` });

/// A server with a file of keys ({name: limits}; a key is its name with `sk-` before it). write(keys) replaces the
/// file and has it read again.
async function keyedServer(t, keys, flags = []) {
  const folder = mkdtempSync(path.join(tmpdir(), 'octavo-keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'keys.json');
  const textOf = (now) => JSON.stringify({ keys: Object.entries(now).map(([name, limits]) => ({ name, sha256: hash(`sk-${name}`), ...limits })) });
  writeFileSync(file, textOf(keys));
  const server = await serverFor(t, ['--api-key-file', file, '--log-level', 'info', ...flags]);
  const hangUp = async (text, pattern) => {
    const [told, logged] = [server.stdout().length, server.stderr().length];
    writeFileSync(file, text);
    server.process.kill('SIGHUP');
    await eventually(() => pattern.test(server.stdout().slice(told) + server.stderr().slice(logged)), `${pattern} in the log`);
  };
  return { server, write: (now) => hangUp(textOf(now), /keys: file=/), hangUp };
}

const complete = (server, key, body = {}) =>
  fetch(`${server.url}v1/responses`, { method: 'POST', headers: { ...bearer(key), 'content-type': 'application/json' },
                                       body: JSON.stringify({ input: 'x', max_output_tokens: 2, ...body }) });
const usageOf = async (server, key) => (await fetch(`${server.url}v1/usage`, { headers: bearer(key) })).json();

test('a key of the file opens, beside one of a flag, and each is told what it has used', async (t) => {
  const { server } = await keyedServer(t, { alice: { concurrency: 4, share: 2 }, bob: {} }, ['--api-key', 'sk-flag']);
  assert.equal((await complete(server, 'sk-alice')).status, 200);
  const answer = await (await complete(server, 'sk-alice', { max_output_tokens: 5, ignore_eos: true })).json();
  assert.equal((await complete(server, 'sk-flag')).status, 200);
  for (const key of ['sk-mallory', hash('sk-alice'), 'alice', '']) assert.equal((await complete(server, key)).status, 401, key);
  const usage = await usageOf(server, 'sk-alice');
  assert.equal(usage.name, 'alice');
  assert.equal(usage.total.requests, 2);
  assert.deepEqual(usage.minute, usage.total);
  assert.equal(usage.total.completion_tokens, 2 + answer.usage.output_tokens);
  assert.equal(usage.total.prompt_tokens, 2 * answer.usage.input_tokens);
  assert.equal(usage.total.cached_tokens, answer.usage.input_tokens_details.cached_tokens);
  assert.deepEqual(usage.limits, { concurrency: 4, requests_per_minute: null, tokens_per_minute: null, max_connections: 2000, priority: 0, share: 2 });
  assert.equal((await usageOf(server, 'sk-bob')).total.requests, 0);
  assert.equal((await usageOf(server, 'sk-flag')).name, 'api-key-1');
  const metrics = parseMetrics(await (await fetch(`${server.url}metrics`, { headers: bearer('sk-bob') })).text());
  assert.equal(metrics.get('octavo:key_requests_total{key="alice"}'), 2);
  assert.equal(metrics.get('octavo:key_generation_tokens_total{key="alice"}'), usage.total.completion_tokens);
  assert.equal(metrics.get('octavo:key_requests_total{key="bob"}'), 0);
  const log = server.stdout() + server.stderr();
  for (const secret of ['sk-alice', 'sk-flag', 'sk-mallory', hash('sk-alice')]) assert.ok(!log.includes(secret), 'a key is not logged');
});

test('without keys usage is that of everybody', async (t) => {
  const server = await serverFor(t);
  assert.equal((await complete(server, 'whatever')).status, 200);
  const usage = await usageOf(server, 'another');
  assert.equal(usage.name, 'anonymous');
  assert.equal(usage.total.requests, 1);
});

test('a key that asks too often is told when to come again, over HTTP and a WebSocket alike', async (t) => {
  const { server } = await keyedServer(t, { alice: { requests_per_minute: 2 }, bob: {} });
  for (let i = 0; i < 2; ++i) assert.equal((await complete(server, 'sk-alice')).status, 200);
  const refused = await complete(server, 'sk-alice');
  assert.equal(refused.status, 429);
  const seconds = Number(refused.headers.get('retry-after'));
  assert.ok(seconds > 30 && seconds <= 61, `${seconds} s`);
  assert.equal((await refused.json()).error.code, 'rate_limit_exceeded');
  const client = await plainClient(server, { headers: bearer('sk-alice') });
  const turn = await client.turn({ input: 'x' });
  assert.equal(turn.error.code, 'rate_limit_exceeded');
  assert.equal(turn.end.status, 429);
  assert.ok(Number(turn.error.headers['retry-after']) > 30);
  await client.close();
  assert.equal((await complete(server, 'sk-bob')).status, 200);
});

test('tokens, responses at once and connections have their limits', async (t) => {
  const { server } = await keyedServer(t, { tokens: { tokens_per_minute: 60 }, one: { concurrency: 1 }, single: { max_connections: 1 } });
  assert.equal((await complete(server, 'sk-tokens', { input: 'fox '.repeat(200) })).status, 400);
  assert.equal((await complete(server, 'sk-tokens', { max_output_tokens: 60, ignore_eos: true })).status, 200);
  const spent = await complete(server, 'sk-tokens');
  assert.equal(spent.status, 429);
  assert.ok(Number(spent.headers.get('retry-after')) > 30);

  const client = await plainClient(server, { headers: bearer('sk-one') });
  const turn = client.create({ input: 'Tell me a story.', temperature: 0, ignore_eos: true, max_output_tokens: 1000 });
  await turn.started;
  assert.equal((await complete(server, 'sk-one')).status, 429);
  client.send({ type: 'response.cancel', response_id: turn.id });
  await turn.finished;
  assert.equal((await complete(server, 'sk-one')).status, 200);
  await client.close();

  const only = await plainClient(server, { headers: bearer('sk-single') });
  await assert.rejects(plainClient(server, { headers: bearer('sk-single') }), { status: 429 });
  assert.equal((await complete(server, 'sk-single')).status, 429);
  await only.close();
  await eventually(async () => (await complete(server, 'sk-single')).status === 200, 'room for a connection');
});

test('a key that has left the file is revoked at SIGHUP, and what it had running ends', async (t) => {
  const { server, write } = await keyedServer(t, { alice: {}, bob: {} });
  const [alice, bob] = [await plainClient(server, { headers: bearer('sk-alice') }), await plainClient(server, { headers: bearer('sk-bob') })];
  const endless = { input: 'Tell me a story.', temperature: 0, ignore_eos: true, max_output_tokens: 1500 };
  const [lost, kept] = [alice.create(endless), bob.create({ ...endless, max_output_tokens: 300 })];
  await Promise.all([lost.started, kept.started]);
  await write({ bob: { concurrency: 3 }, carol: {} });
  assert.equal(await alice.done, 1008);
  assert.match(alice.closeReason, /revoked/);
  await lost.finished.catch(() => {});
  assert.equal(lost.end.type, 'response.failed');
  assert.equal(lost.end.response.error.code, 'invalid_api_key');
  assert.equal((await kept.finished).error, undefined);
  assert.equal((await complete(server, 'sk-alice')).status, 401);
  assert.equal((await complete(server, 'sk-carol')).status, 200);
  assert.equal((await usageOf(server, 'sk-bob')).limits.concurrency, 3);
  assert.equal((await usageOf(server, 'sk-bob')).total.requests, 1);
  await bob.close();
});

test('a broken file at SIGHUP changes nothing, and the log says why', async (t) => {
  const { server, hangUp } = await keyedServer(t, { alice: {} });
  await hangUp('{"keys": [', /cannot be used/);
  assert.equal((await complete(server, 'sk-alice')).status, 200);
  await hangUp(JSON.stringify({ keys: [{ name: 'alice', sha256: hash('sk-alice'), concurency: 1 }] }), /concurency/);
  assert.equal((await complete(server, 'sk-alice')).status, 200);
});

test('a server with a broken file of keys does not start', async (t) => {
  await assert.rejects(serverFor(t, ['--api-key-file', '/nowhere/keys.json']), /\/nowhere\/keys.json/);
});
