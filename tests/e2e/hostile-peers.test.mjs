// Clients that are slow, broken or many. A test's name begins with the number that the case has in the project's list of
// hostile inputs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { plainClient } from './client.mjs';
import { isTerminal } from './contract.mjs';
import { binary, eventually, metricsOf, patience, scriptedFor, serverFor, untilIdle } from './helpers.mjs';
import { frame, rawSocket, text } from './raw.mjs';
import { startBinary } from './server.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const story = { input: 'Tell me a story.', temperature: 0, ignore_eos: true };
const crowded = ['--max-connections-per-address', '0', '--max-handshakes-per-address', '0'];
const residentBytes = (server) =>
  1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))[1]);

/// crowd.py's sockets, open and each with this event sent: {reset()}.
async function crowdOf(t, server, number, event, receiveBytes = 0) {
  const script = fileURLToPath(new URL('crowd.py', import.meta.url));
  const crowd = spawn('python3', [script, server.port, number, JSON.stringify(event), receiveBytes], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => crowd.kill());
  const lines = createInterface({ input: crowd.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, 'open');
  return {
    reset: async () => {
      crowd.stdin.write('reset\n');
      assert.equal((await lines.next()).value, 'reset');
    },
  };
}

/// All of a response that its client lost, from another connection: its events, which have no gap.
async function resumed(server, id, startingAfter) {
  const client = await plainClient(server);
  const events = [];
  client.receive = (event) => events.push(event);
  client.send({ type: 'octavo:response.resume', response_id: id, starting_after: startingAfter });
  await eventually(() => events.some((event) => isTerminal(event) || event.type === 'error'), 'the end', 30_000);
  await client.close();
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => startingAfter + 1 + i));
  return events;
}

for (const [name, drip] of [['that reads nothing', false], ['that reads a little now and then', true]]) {
  test(`case 52: a client ${name}, and pings, is cut off, and may come back for its response`, async (t) => {
    const server = await serverFor(t, ['--send-timeout', '1', '--outbox-size', '1MiB']);
    const client = await rawSocket(server);
    const kept = { ...story, stream_id: 'kept', max_output_tokens: 600, octavo: { resume_grace_ms: 60_000 } };
    client.send(text(JSON.stringify({ type: 'response.create', ...kept })));
    await eventually(() => client.frames.length > 3, 'its first events');
    const { response } = JSON.parse(client.frames[0].payload);
    client.socket.pause();
    for (let i = 0; i < 8; ++i)
      client.send(text(JSON.stringify({ type: 'response.create', ...story, stream_id: `lane-${i}`, max_output_tokens: 1500, top_logprobs: 20 })));
    const pings = setInterval(() => client.socket.writable && client.send(frame(0x89, 'x')), 100);
    const reads = drip && setInterval(() => client.socket.read(1), 100);
    await eventually(async () => (await metricsOf(server)).get('octavo:num_connections') <= 1, 'it is cut off', 30_000);
    clearInterval(pings);
    if (reads) clearInterval(reads);
    const events = await resumed(server, response.id, 2);
    assert.ok(isTerminal(events.at(-1)) && events.at(-1).response.usage.output_tokens === 600, JSON.stringify(events.at(-1)).slice(0, 200));
    await untilIdle(server, 30_000);
    client.socket.destroy();
  });
}

test('case 53: a thousand readers that stop at once take little memory and nobody\'s time', async (t) => {
  const say = 'Once upon a time there was a fox. '.repeat(80);
  const server = await scriptedFor(t, [{ when: '', say }]);
  const client = await plainClient(server);
  const timed = async () => {
    const began = Date.now();
    for (let i = 0; i < 3; ++i) assert.equal((await client.complete({ input: 'x', max_output_tokens: 300 })).usage.output_tokens, 300);
    return Date.now() - began;
  };
  await timed();
  const before = { ms: await timed(), bytes: residentBytes(server) };
  const number = process.env.OCTAVO_SLOW ? 200 : 1000;
  await crowdOf(t, server, number, { type: 'response.create', input: 'x', max_output_tokens: 700 }, 4096);
  await untilIdle(server, 60_000);
  const after = { ms: await timed(), bytes: residentBytes(server) };
  const each = (after.bytes - before.bytes) / number;
  t.diagnostic(`${(each / 1024).toFixed(0)} KiB for each of them; a turn took ${before.ms / 3} ms before and ${after.ms / 3} ms beside them`);
  if (!process.env.OCTAVO_SLOW) assert.ok(each < 512 << 10, `${each} bytes each`);
  assert.ok(after.ms < (3 * before.ms + 300) * patience, `${after.ms} ms after ${before.ms}`);
  await client.close();
});

test('case 55: ten thousand sockets that are reset in mid-stream give back every block within a second', async (t) => {
  const number = process.env.OCTAVO_SLOW ? 1000 : 10_000;
  const server = await serverFor(t, [...crowded, '--max-queue', '20000', '--max-queue-tokens', '16777216', '--log-level', 'error']);
  const crowd = await crowdOf(t, server, number, { type: 'response.create', ...story, max_output_tokens: 1500 });
  await eventually(async () => {
    const now = await metricsOf(server);
    return now.get('octavo:num_requests_running') + now.get('octavo:num_requests_waiting') === number;
  }, 'all are served or wait', 30_000);
  assert.ok((await metricsOf(server)).get('octavo:kv_cache_usage_perc') > 0);
  await crowd.reset();
  const began = Date.now();
  const now = await untilIdle(server, 10_000);
  const ms = Date.now() - began;
  t.diagnostic(`${number} sockets were gone ${ms} ms after the last had been reset`);
  assert.ok(ms < 3000 * patience, `${ms} ms`); // A second on a machine of one's own.
  assert.ok(now.get('octavo:num_connections') <= 2);
  const audit = await (await fetch(`${server.url}debug/audit`)).json();
  assert.equal(audit.is_consistent, true, audit.fault);
});

test('case 56: after a crash a thousand clients come back at once, are told that all is gone, and begin anew', async (t) => {
  const flags = ['serve', '--seed', '0', '--log-level', 'error', '--kv-cache-memory', '512MiB', '--max-handshakes-per-address', '300'];
  const first = await startBinary(binary, [...flags, '--port', '0']);
  const client = await plainClient(first);
  const turn = client.create({ ...story, max_output_tokens: 1500, octavo: { resume_grace_ms: 60_000 } });
  await turn.started;
  const { id } = turn;
  await first.stop('SIGKILL');
  const server = await startBinary(binary, [...flags, '--port', String(first.port)]); // The port is free at once.
  t.after(() => server.stop());
  let numRefused = 0;
  const comeBack = async () => {
    for (;;) {
      const again = await plainClient(server).catch((error) => error);
      // Where more are to be refused at once than the server has places for it, they are closed without a word.
      if (again.status === 429 || again.code === 'ECONNRESET') {
        ++numRefused;
        await sleep(1000 + Math.random() * 500); // What Retry-After says, and a little more, each its own.
        continue;
      }
      if (again instanceof Error) throw again;
      const refused = again.nextError();
      again.send({ type: 'octavo:response.resume', response_id: id, starting_after: 3 });
      assert.equal((await refused).error.code, 'response_not_found');
      const turn = await again.turn({ input: 'x', max_output_tokens: 1 });
      assert.equal(turn.error, undefined);
      await again.close();
      return;
    }
  };
  const number = process.env.OCTAVO_SLOW ? 400 : 1000;
  await Promise.all(Array.from({ length: number }, comeBack));
  assert.ok(numRefused > 0, 'the storm was meant to be throttled');
  await untilIdle(server);
});

/// A proxy whose `piece(bytes, isFromClient)` says how what comes is passed on: a list of pieces. {port, stall()}.
async function proxyFor(t, server, piece = (bytes) => [bytes]) {
  let isStalled = false;
  const sockets = new Set();
  const pass = (from, to, isFromClient) => {
    let line = Promise.resolve();
    from.on('data', (bytes) => {
      if (isStalled) return;
      for (const each of piece(bytes, isFromClient)) line = line.then(() => new Promise((done) => to.write(each, () => setImmediate(done))));
    });
    from.on('close', () => isStalled || line.then(() => to.destroy()));
    from.on('error', () => {});
  };
  const proxy = createServer((client) => {
    const upstream = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    for (const each of [client, upstream]) sockets.add(each);
    pass(client, upstream, true);
    pass(upstream, client, false);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = proxy.address();
  return { port, url: `http://127.0.0.1:${port}/`, stall: () => (isStalled = true) };
}

test('case 57: a peer whose cable is pulled is dead when it answers no ping, and its blocks are free after its grace', async (t) => {
  const server = await serverFor(t, ['--ws-ping-timeout', '2', '--send-timeout', '1']);
  const proxy = await proxyFor(t, server);
  const client = await plainClient(proxy);
  const turn = client.create({ ...story, max_output_tokens: 1900, n: 8, octavo: { resume_grace_ms: 500 } });
  await turn.started;
  proxy.stall();
  await eventually(async () => (await metricsOf(server)).get('octavo:num_connections') <= 1, 'the connection is given up', 10_000);
  await untilIdle(server);
  client.socket.terminate();
});

test('case 58: frames that a proxy cuts and joins anywhere are the same frames', async (t) => {
  const server = await serverFor(t);
  const body = { ...story, max_output_tokens: 120 };
  const direct = await plainClient(server);
  const expected = (await direct.complete(body)).text;
  await direct.close();
  let state = 7;
  const random = (below) => (state = (state * 1103515245 + 12345) % 2147483648) % below;
  let held = Buffer.alloc(0);
  const cut = (bytes) => {
    const pieces = [];
    for (let at = 0; at < bytes.length;) {
      const size = 1 + random(random(2) ? 5 : 300);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    return pieces;
  };
  // What the client says is held back until several frames have come, and then cut; what it hears is cut.
  const joined = (bytes, isFromClient) => {
    if (!isFromClient || bytes.subarray(0, 3).toString() === 'GET') return cut(bytes);
    held = Buffer.concat([held, bytes]);
    if (held.length < 900) return [];
    const all = cut(held);
    held = Buffer.alloc(0);
    return all;
  };
  const proxy = await proxyFor(t, server, joined);
  const client = await plainClient(proxy);
  const turns = Array.from({ length: 12 }, (_, i) => client.create({ ...body, stream_id: `lane-${i}` }));
  turns.push(client.create({ ...body, stream_id: 'last', metadata: { padding: 'x'.repeat(500), more: 'x'.repeat(500) } }));
  for (const turn of turns) assert.equal((await turn.finished).text, expected);
  client.socket.terminate();
  await untilIdle(server);
});

test('case 58: a client that comes back from another address goes on where it was', async (t) => {
  const server = await serverFor(t);
  const client = await plainClient(server, { localAddress: '127.0.0.2' });
  const turn = client.create({ ...story, max_output_tokens: 300, octavo: { resume_grace_ms: 60_000 } });
  await turn.started;
  const { id } = turn;
  client.socket.terminate();
  const events = await resumed(server, id, 2);
  assert.equal(events.at(-1).response.usage.output_tokens, 300);
});

test('case 59: a tab in the background stays connected by the pongs of its browser, and one without them does not', async (t) => {
  const server = await serverFor(t, ['--ws-ping-timeout', '2']);
  const silent = await plainClient(server); // Its page says nothing; the library answers pings, as browsers do.
  const gone = await plainClient(server, { autoPong: false });
  let isGone = false;
  gone.socket.on('close', () => (isGone = true));
  await eventually(() => isGone, 'the one without pongs is closed');
  await sleep(5000);
  assert.equal((await silent.complete({ input: 'x', max_output_tokens: 1 })).error, undefined);
  await silent.close();
});
