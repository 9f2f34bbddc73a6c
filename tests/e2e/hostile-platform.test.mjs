// What the machine under a server may do to it: signals, and too little of everything. A test's name begins with the number
// that the case has in the project's list of hostile inputs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { plainClient } from './client.mjs';
import { binary, eventually, metricsOf, patience, runCommand, serverFor, untilIdle } from './helpers.mjs';
import { startBinary } from './server.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const story = { input: 'Tell me a story.', temperature: 0, ignore_eos: true };
const flags = ['serve', '--port', '0', '--seed', '0', '--log-level', 'warning', '--drain-timeout', '5', '--kv-cache-memory', '64MiB'];
const isSanitized = Boolean(process.env.OCTAVO_SLOW);

/// A shell's words before the server's: `ulimit -n 256`.
const under = (limit, more = []) => startBinary('/bin/bash', ['-c', `${limit}; exec "$0" "$@"`, binary, ...flags, ...more]);
const refusedUnder = (limit, more = []) => runCommand('/bin/bash', ['-c', `${limit}; exec "$0" "$@"`, binary, ...flags, ...more]);
const stopped = async (server, signal = 'SIGTERM') => {
  const how = await server.stop(signal);
  assert.equal(how.code, 0, `ended with ${how.code ?? how.signal}:\n${server.stderr()}`);
};
const processorMs = (server) => {
  const fields = readFileSync(`/proc/${server.process.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
};

describe('too little', () => {
  test('case 78: memory that is too small for the cache is told before the server listens', { skip: isSanitized && 'a sanitizer reserves terabytes' }, async () => {
    const { code, stdout, stderr } = await refusedUnder('ulimit -v 2000000', ['--kv-cache-memory', '8GiB']);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^octavo: .*memory/im);
  });
  test('case 78: memory that runs out while it serves fails requests, and not the server', { skip: isSanitized && 'a sanitizer reserves terabytes' }, async (t) => {
    const server = await startBinary(binary, flags);
    t.after(() => server.stop('SIGKILL'));
    const client = await plainClient(server);
    for (let i = 0; i < 8; ++i) await client.complete({ input: 'x', stream_id: `lane-${i}`, max_output_tokens: 4 });
    const size = Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))[1]);
    // Room for a few of the forty prompts of 4 MB.
    const limited = await runCommand('prlimit', ['--pid', String(server.process.pid), `--as=${(size + 48 * 1024) * 1024}`]);
    assert.equal(limited.code, 0, limited.stderr);
    const body = JSON.stringify({ prompt: 'fox '.repeat(1_000_000), max_tokens: 1 });
    // Some hear nothing: what would have answered them found no memory either. They leave, as clients do.
    const ask = () => fetch(`${server.url}v1/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(5000) })
      .then((answer) => answer.status, () => 'cut');
    const answers = await Promise.all(Array.from({ length: 40 }, ask));
    t.diagnostic(`answers: ${JSON.stringify(Object.fromEntries([...new Set(answers)].map((status) => [status, answers.filter((each) => each === status).length])))}`);
    assert.equal((await fetch(`${server.url}health`)).status, 200);
    assert.equal((await client.turn({ input: 'x', max_output_tokens: 4 })).error, undefined);
    await client.close();
    // A connection whose own coroutine found no memory may stay counted: its client is gone, and nobody is left to notice.
    t.diagnostic(`connections after it: ${(await untilIdle(server)).get('octavo:num_connections')}`);
    await stopped(server);
  });

  test('case 80: without a descriptor left the streams go on, nothing spins, and those who wait are served later', async () => {
    const server = await under('ulimit -n 256');
    const client = await plainClient(server);
    const turn = client.create({ ...story, max_output_tokens: 1500 });
    await turn.started;
    const sockets = Array.from({ length: 400 }, () => connect(server.port, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => {});
    await eventually(() => server.stderr().includes('accept failed'), 'no descriptor is left');
    assert.equal((await turn.finished).error, undefined);
    const before = processorMs(server);
    await sleep(1000);
    assert.ok(processorMs(server) - before < 500, `${processorMs(server) - before} ms of processor time in a second of nothing`);
    for (const socket of sockets) socket.destroy();
    const late = await plainClient(server);
    assert.equal((await late.turn({ input: 'x', max_output_tokens: 1 })).error, undefined);
    await Promise.all([late.close(), client.close()]);
    await stopped(server);
  });

  test('case 87: threads that cannot be made are told, and nobody listens', { skip: process.getuid() !== 0 && 'only root may become another user' }, async () => {
    const nobody = 'ulimit -u 3; exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$0" "$@"; true';
    const { code, stdout, stderr } = await refusedUnder(nobody);
    assert.ok(code !== 0 && code !== null, String(code));
    assert.equal(stdout, '');
    assert.match(stderr, /^octavo: .*thread/im);
  });
});

describe('the log', () => {
  async function serves(server) {
    const client = await plainClient(server);
    for (let i = 0; i < 20; ++i) assert.equal((await client.turn({ input: 'x', max_output_tokens: 2 })).error, undefined);
    for (let i = 0; i < 2000; ++i) await fetch(`${server.url}health`);
    await client.close();
    return metricsOf(server);
  }
  const verbose = ['--log-level', 'trace'].concat(flags.slice(1).filter((flag, i, all) => flag !== '--log-level' && all[i - 1] !== '--log-level'));

  /// A server whose standard error is this; {url, port, process, stderr(), stop()}.
  async function loggingTo(t, stderr) {
    const child = spawn(binary, ['serve', ...verbose], { stdio: ['ignore', 'pipe', stderr] });
    t.after(() => child.kill('SIGKILL'));
    const [words] = await once(child.stdout, 'data');
    const [, url, port] = /(http:\S+:(\d+)\/)/.exec(words);
    const stop = async () => {
      child.kill('SIGTERM');
      const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
      return { code };
    };
    return { url, port: Number(port), process: child, stderr: () => '', stop };
  }

  test('case 81: a full disk under the log costs lines, and nothing else', async (t) => {
    const full = openSync('/dev/full', 'w');
    const server = await loggingTo(t, full);
    closeSync(full);
    await serves(server);
    await stopped(server);
  });
  test('case 81: a closed pipe for the log costs lines, and nothing else', async (t) => {
    const server = await loggingTo(t, 'pipe');
    server.process.stderr.destroy();
    await serves(server);
    await stopped(server);
  });
  test('case 81: nobody who reads the log holds anybody up; lines are left out and counted', async (t) => {
    const server = await loggingTo(t, 'pipe');
    const metrics = await serves(server);
    assert.ok(metrics.get('octavo:log_lines_dropped_total') >= 0);
    server.process.stderr.resume();
    await stopped(server);
  });
});

describe('signals', () => {
  test('case 83: SIGTERM and SIGINT end an idle server at once', async (t) => {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      const server = await serverFor(t, ['--drain-timeout', '60']);
      const client = await plainClient(server);
      const began = Date.now();
      await stopped(server, signal);
      assert.ok(Date.now() - began < 3000 * patience);
      assert.equal(await client.done, 1001);
    }
  });
  test('case 83: SIGTERM under load lets every stream come to its end', async (t) => {
    const server = await serverFor(t, ['--drain-timeout', '60']);
    const clients = await Promise.all(Array.from({ length: 32 }, () => plainClient(server)));
    const turns = clients.map((client) => client.create({ ...story, max_output_tokens: 200 }));
    await Promise.all(turns.map((turn) => turn.started));
    const ended = stopped(server);
    for (const turn of turns) assert.equal((await turn.finished).usage.output_tokens, 200);
    await ended;
  });
  test('case 83: a second SIGTERM ends every stream, with its last word', async (t) => {
    const server = await serverFor(t, ['--drain-timeout', '60']);
    const client = await plainClient(server);
    const turns = Array.from({ length: 8 }, (_, i) => client.create({ ...story, stream_id: `lane-${i}`, max_output_tokens: 1900 }));
    await Promise.all(turns.map((turn) => turn.started));
    server.process.kill('SIGTERM');
    await eventually(async () => (await fetch(`${server.url}ready`).catch(() => ({ status: 503 }))).status === 503, 'it drains');
    await stopped(server);
    for (const turn of turns) {
      const { end } = await turn.finished;
      assert.ok(['response.failed', 'response.incomplete'].includes(end.type), end.type);
    }
  });
  test('case 83: SIGHUP without a file of keys ends it, as it ends any program', async () => {
    const plain = await startBinary(binary, flags); // With one: keys.test.mjs.
    assert.deepEqual(await plain.stop('SIGHUP'), { code: null, signal: 'SIGHUP' });
  });

  test('case 84: a killed server leaves its port, and the next one knows nothing of its streams', async (t) => {
    const first = await startBinary(binary, flags);
    const client = await plainClient(first);
    const turn = client.create({ ...story, max_output_tokens: 1900, octavo: { resume_grace_ms: 60_000 } });
    await turn.started;
    const { id } = turn;
    await first.stop('SIGKILL');
    assert.equal(await client.done, 1006);
    const again = await startBinary(binary, flags.map((flag, i) => (flags[i - 1] === '--port' ? String(first.port) : flag)));
    t.after(() => again.stop());
    assert.equal(again.port, first.port);
    const back = await plainClient(again);
    const refused = back.nextError();
    back.send({ type: 'octavo:response.resume', response_id: id, starting_after: 3 });
    assert.equal((await refused).error.code, 'response_not_found');
    const next = await back.complete({ input: 'x', max_output_tokens: 1 });
    assert.notEqual(next.id.slice(0, 16), id.slice(0, 16), 'every start has names of its own');
    await back.close();
  });

  test('case 85: a server that was stopped for longer than its timeouts loses nobody', async (t) => {
    const server = await serverFor(t, ['--ws-ping-timeout', '4', '--send-timeout', '2', '--client-header-timeout', '2']);
    const clients = await Promise.all(Array.from({ length: 50 }, () => plainClient(server)));
    const turns = clients.map((client) => client.create({ ...story, max_output_tokens: 400 }));
    await Promise.all(turns.map((turn) => turn.started));
    server.process.kill('SIGSTOP');
    await sleep(10_000);
    server.process.kill('SIGCONT');
    for (const turn of turns) assert.equal((await turn.finished).usage.output_tokens, 400);
    await sleep(1000);
    for (const client of clients) {
      assert.equal(client.closeCode, undefined);
      assert.equal((await client.complete({ input: 'x', max_output_tokens: 1 })).error, undefined);
    }
    assert.equal((await fetch(`${server.url}health`)).status, 200);
    await Promise.all(clients.map((client) => client.close()));
    await untilIdle(server);
  });
});
