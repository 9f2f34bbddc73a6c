// Many clients at once: each is told what it would be told alone, and nothing is left in use behind them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { plainClient } from './client.mjs';
import { eventually, metricsOf, patience, serverFor, untilIdle } from './helpers.mjs';

const names = ['Pip', 'Mia', 'Otto', 'Nell', 'Ravi', 'Suri', 'Ben', 'Ada'];
const things = ['lantern', 'kite', 'drum', 'red ball', 'small boat'];
const numClients = 200;
const numDistinct = 40; // Each prompt is sent by five clients, whose cache blocks must not mix either.

const bodyOf = (i) => {
  const k = i % numDistinct;
  const input = k % 4 === 3 ? `What is ${k} plus ${2 * k + 1}?`
                            : `Tell me a story about a fox named ${names[k % names.length]} and a ${things[k % things.length]}.`;
  return { input, temperature: 0, max_output_tokens: 20 + (k % 5) * 12 };
};

async function soloTexts(server) {
  const client = await plainClient(server);
  const texts = [];
  for (let k = 0; k < numDistinct; ++k) texts.push((await client.complete(bodyOf(k))).text);
  await client.close();
  return texts;
}

async function checkCrowd(server, solo) {
  const clients = await Promise.all(Array.from({ length: numClients }, () => plainClient(server)));
  const turns = await Promise.all(clients.map((client, i) => client.turn(bodyOf(i))));
  for (const [i, turn] of turns.entries()) {
    assert.equal(turn.error, undefined);
    assert.equal(turn.text, solo[i % numDistinct], `client ${i}`);
  }
  await Promise.all(clients.map((client) => client.close()));
  return turns;
}

/// Reads nothing after the upgrade.
async function openDeafClient(server) {
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  const key = randomBytes(16).toString('base64');
  socket.on('error', () => {});
  await new Promise((done) => {
    socket.once('data', done);
    socket.write(`GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
                 `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
  });
  socket.pause();
  return socket;
}

function textFrame(text) {
  const payload = Buffer.from(text);
  const length = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload]); // A mask of zeros.
}

const residentBytes = (server) =>
  1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))[1]);

test('200 clients at once are each told what they would be told alone', async (t) => {
  const server = await serverFor(t);
  const solo = await soloTexts(server);
  const idlers = await Promise.all(Array.from({ length: 200 }, () => plainClient(server)));
  const turns = await checkCrowd(server, solo);
  const now = await untilIdle(server);
  const sum = (field) => turns.reduce((total, turn) => total + turn.usage[field], 0);
  assert.ok(now.get('octavo:generation_tokens_total') > sum('output_tokens'));
  assert.equal(now.get('octavo:num_preemptions_by_mode_total{mode="recompute"}'), 0);
  for (const client of idlers) assert.deepEqual(client.events, []);
  await Promise.all(idlers.map((client) => client.close()));
});

test('in a cache too small for them all they are preempted and told the same', async (t) => {
  const roomy = await serverFor(t);
  const solo = await soloTexts(roomy);
  await roomy.stop();
  const server = await serverFor(t, ['--num-gpu-blocks-override', '40', '--max-model-len', '512']);
  const turns = await checkCrowd(server, solo);
  const now = await untilIdle(server);
  const numPreemptions = (mode) => now.get(`octavo:num_preemptions_by_mode_total{mode="${mode}"}`);
  assert.ok(numPreemptions('swap') + numPreemptions('recompute') > 0, 'the cache was meant to be too small');
  const told = turns.flatMap((turn) => turn.events).filter((event) => event.type === 'octavo:response.preempted');
  assert.ok(told.length > 0);
  assert.equal(turns.reduce((total, turn) => total + turn.response.octavo.preemptions, 0), told.length);
});

test('clients that vanish in mid-stream leave no block in use', async (t) => {
  const server = await serverFor(t);
  const endless = { input: 'Tell me a story.', temperature: 0, ignore_eos: true, max_output_tokens: 1900 };
  const clients = await Promise.all(Array.from({ length: 50 }, () => plainClient(server)));
  const turns = clients.map((client) => client.create(endless));
  await Promise.all(turns.map((turn) => turn.started));
  assert.ok((await metricsOf(server)).get('octavo:kv_cache_usage_perc') > 0);
  clients.forEach((client, i) => (i % 2 ? client.socket.terminate() : client.socket._socket.resetAndDestroy()));
  const now = await untilIdle(server);
  assert.ok(now.get('octavo:generation_tokens_total') < 50 * 1900);
  await eventually(async () => (await metricsOf(server)).get('octavo:num_connections') <= 2, 'the connections are gone');
});

test('a client that does not read stalls nobody, and is cut off', async (t) => {
  const server = await serverFor(t);
  const solo = await soloTexts(server);
  const greedy = { temperature: 0, ignore_eos: true, max_output_tokens: 1900, top_logprobs: 20 };
  const frames = Array.from({ length: 8 }, (_, i) =>
    ({ type: 'response.create', input: 'Tell me a story.', stream_id: `lane-${i}`, ...greedy }));
  const deaf = await openDeafClient(server);
  for (const frame of frames) deaf.write(textFrame(JSON.stringify(frame)));
  await eventually(async () => (await metricsOf(server)).get('octavo:num_requests_running') >= 8, 'the deaf one is served');
  const client = await plainClient(server);
  for (let k = 0; k < 8; ++k) assert.equal((await client.complete(bodyOf(k))).text, solo[k]);
  await client.close();
  const now = await untilIdle(server, 30_000);
  // By its full outbox, or by the time in which nothing could be written to it. Some may have ended before: the end of a
  // response, with all of its log-probabilities, may lie above the limit.
  const numCut = ['error', 'abort'].reduce((sum, reason) => sum + (now.get(`octavo:request_success_total{finished_reason="${reason}"}`) ?? 0), 0);
  assert.ok(numCut > 0 && numCut <= 8, `the deaf one was cut off, not ${numCut}`);
  deaf.destroy();
});

test('a client that sends nonsense and does not read the answers cannot fill the memory', async (t) => {
  const server = await serverFor(t);
  const deaf = await openDeafClient(server);
  const before = residentBytes(server);
  const nonsense = Buffer.concat(Array(1000).fill(textFrame('{')));
  let isOver = false;
  deaf.on('close', () => (isOver = true));
  for (let i = 0; i < 3000 && !isOver; ++i) {
    if (!deaf.write(nonsense)) await Promise.race([new Promise((done) => deaf.once('drain', done)), new Promise((done) => deaf.once('close', done))]);
  }
  const bound = process.env.OCTAVO_SLOW ? 512 : 64; // A sanitizer keeps what was freed for a while.
  assert.ok(residentBytes(server) - before < (bound << 20), `${(residentBytes(server) - before) >> 20} MiB more`);
  const client = await plainClient(server);
  assert.equal((await client.complete(bodyOf(3))).end.type, 'response.completed');
  await client.close();
  deaf.destroy();
});
