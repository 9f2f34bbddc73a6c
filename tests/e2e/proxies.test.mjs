// Two servers after each of the proxies that examples/deploy shows: a chat, a chain, a stream, a response that is resumed, and
// one server that drains while the other goes on. A proxy that is not installed is skipped by name.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import OpenAI from 'openai';
import { WebSocket } from 'ws';
import { isTerminal } from './contract.mjs';
import { eventually, examples, freePort, metricsOf, patience, serverFor } from './helpers.mjs';

const proxies = {
  nginx: { file: 'nginx.conf', command: (file, folder) => ['nginx', '-p', folder, '-e', `${folder}/error.log`, '-c', file, '-g', 'daemon off;'] },
  haproxy: { file: 'haproxy.cfg', command: (file) => ['haproxy', '-db', '-f', file] },
  caddy: { file: 'Caddyfile', command: (file) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', file] },
};
const search = `${process.env.PATH}:/usr/sbin`;
const isInstalled = (name) => spawnSync('which', [name], { env: { ...process.env, PATH: search } }).status === 0;

/// The example as it is, but for ports and the file of its process id.
async function proxyFor(t, name, servers) {
  const folder = mkdtempSync(path.join(tmpdir(), `octavo-${name}-`));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  const shown = readFileSync(path.join(examples, 'deploy/proxies', proxies[name].file), 'utf8');
  const text = shown.replaceAll(':8080', `:${port}`).replaceAll(':8001', `:${servers[0].port}`).replaceAll(':8002', `:${servers[1].port}`)
    .replace('/run/octavo-nginx.pid', `${folder}/pid`);
  const file = path.join(folder, proxies[name].file);
  writeFileSync(file, text);
  const [command, ...args] = proxies[name].command(file, folder);
  const child = spawn(command, args, { env: { ...process.env, PATH: search, HOME: folder }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (bytes) => (log += bytes));
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill(name === 'nginx' ? 'SIGQUIT' : 'SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(late);
  });
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined))?.status === 200, `${name} serves:\n${log}`, 20_000);
  return { port, url: `http://127.0.0.1:${port}/` };
}

const session = (id) => ({ headers: { 'X-Session-Id': id } });
const client = (proxy) => new OpenAI({ baseURL: `${proxy.url}v1`, apiKey: 'none', maxRetries: 0 });
const story = [{ role: 'user', content: 'Tell me a story about a fox named Pip.' }];
const chat = (proxy, more = {}, options = {}) =>
  client(proxy).chat.completions.create({ model: 'octavo-demo', messages: story, temperature: 0, max_completion_tokens: 6, ...more }, options);
const served = async (server) => [...(await metricsOf(server))].filter(([name]) => name.startsWith('octavo:request_success_total')).reduce((sum, [, value]) => sum + value, 0);

/// A WebSocket through the proxy from this address of the machine: the socket, or the status of what refused it.
const knock = (proxy, from, headers = {}) => new Promise((resolve) => {
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/v1/responses`, { localAddress: from, headers: { 'X-Session-Id': 'one place', ...headers } });
  socket.on('open', () => resolve(socket));
  socket.on('unexpected-response', (request, answer) => { answer.resume(); resolve(answer.statusCode); });
  socket.on('error', () => {});
});

async function socketTo(proxy, id) {
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/v1/responses`, session(id));
  await once(socket, 'open');
  const events = [];
  socket.on('message', (data) => events.push(JSON.parse(data)));
  return { socket, events, send: (event) => socket.send(JSON.stringify(event)), has: (matches) => eventually(() => events.some(matches), 'an event through the proxy', 10_000 * patience) };
}

const drains = ['--drain-timeout', '30', '--drain-delay', '1.5'];

describe('servers after a proxy', () => {
  for (const name of Object.keys(proxies)) {
    test(`${name}: limits for an address count the clients that come through it`, { skip: !isInstalled(name) && `${name} is not installed` }, async (t) => {
      const flags = ['--trusted-proxies', '127.0.0.1', '--max-connections-per-address', '3'];
      const proxy = await proxyFor(t, name, [await serverFor(t, flags), await serverFor(t, flags)]);
      const held = [];
      for (let i = 0; i < 3; ++i) held.push(await knock(proxy, '127.0.0.2'));
      assert.ok(held.every((socket) => socket instanceof WebSocket));
      const spoofs = [{}, { 'X-Forwarded-For': '198.51.100.1' }, { 'X-Forwarded-For': '127.0.0.1' }, { Forwarded: 'for=198.51.100.1' }];
      for (const spoof of spoofs) assert.equal(await knock(proxy, '127.0.0.2', spoof), 429, JSON.stringify(spoof));
      const other = await knock(proxy, '127.0.0.3', { Origin: `http://127.0.0.1:${proxy.port}` });
      assert.ok(other instanceof WebSocket, 'another client has its own limit, and the page of the proxy may connect');
      held[0].close();
      await once(held[0], 'close');
      let again;
      await eventually(async () => (again = await knock(proxy, '127.0.0.2')) instanceof WebSocket, 'room again');
      for (const socket of [...held, other, again]) socket.terminate();
    });

    test(`${name}: without --trusted-proxies what it says is nobody's address`, { skip: !isInstalled(name) && `${name} is not installed` }, async (t) => {
      const flags = ['--max-connections-per-address', '6'];
      const proxy = await proxyFor(t, name, [await serverFor(t, flags), await serverFor(t, flags)]);
      const knocks = [];
      for (let i = 2; i < 12; ++i) knocks.push(await knock(proxy, `127.0.0.${i}`));
      assert.ok(knocks.includes(429), 'all of them are the proxy');
      for (const socket of knocks) socket.terminate?.();
    });

    test(`${name}: chats, chains and streams stay with their server, and a drain loses nothing`, { skip: !isInstalled(name) && `${name} is not installed` }, async (t) => {
      const servers = [await serverFor(t, drains), await serverFor(t, drains)];
      const proxy = await proxyFor(t, name, servers);

      const answers = await Promise.all([...Array(24).keys()].map((i) => chat(proxy, {}, session(`visitor ${i}`))));
      assert.equal(new Set(answers.map((answer) => answer.choices[0].message.content)).size, 1);
      const shares = await Promise.all(servers.map(served));
      assert.equal(shares[0] + shares[1], 24);
      assert.ok(shares.every((share) => share > 0), `each of the two serves some: ${shares}`);

      // A chain is kept in the memory of one server.
      let previous;
      for (let turn = 0; turn < 5; ++turn) {
        previous = (await client(proxy).responses.create({ model: 'octavo-demo', input: 'Go on.', max_output_tokens: 4, previous_response_id: previous }, session('chain'))).id;
      }

      // A stream comes as it is made, not at its end.
      let wasRunning = false;
      for await (const chunk of await chat(proxy, { stream: true, max_completion_tokens: 1800, ignore_eos: true }, session('stream'))) {
        if (!chunk.choices[0]?.delta.content || wasRunning) continue;
        const loads = await Promise.all(servers.map(async (server) => (await metricsOf(server)).get('octavo:num_requests_running') ?? 0));
        wasRunning = loads.some((load) => load > 0);
        assert.ok(wasRunning, 'the first token comes while others are made');
      }
      assert.ok(wasRunning);

      // A socket that breaks comes back to its response.
      const cut = await socketTo(proxy, 'resume');
      cut.send({ type: 'response.create', input: 'A long story.', max_output_tokens: 400, store: false, ignore_eos: true, octavo: { resume_grace_ms: 30_000 } });
      await cut.has((event) => event.type === 'response.output_text.delta');
      cut.socket.terminate();
      const { id } = cut.events[0].response;
      const again = await socketTo(proxy, 'resume');
      again.send({ type: 'octavo:response.resume', response_id: id, starting_after: cut.events.at(-1).sequence_number });
      await again.has(isTerminal);
      const numbers = [...cut.events, ...again.events].map((event) => event.sequence_number);
      assert.deepEqual(numbers, numbers.map((_, i) => i));
      again.socket.close();

      // One drains: what runs there ends whole, what is new goes to the other.
      const before = await Promise.all(servers.map(served));
      const running = await socketTo(proxy, 'drain');
      running.send({ type: 'response.create', input: 'A long story.', max_output_tokens: 600, ignore_eos: true, store: false });
      await running.has((event) => event.type === 'response.output_text.delta');
      const loads = await Promise.all(servers.map(async (server) => (await metricsOf(server)).get('octavo:num_requests_running') ?? 0));
      const place = loads.findIndex((load) => load > 0);
      const stopped = servers[place].stop();
      // While it says that it is not ready, while it takes nobody in, and after it has gone.
      for (let i = 0; i < 16; ++i) {
        assert.equal((await chat(proxy, {}, session(`late ${i}`))).choices[0].finish_reason, 'length');
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await running.has(isTerminal);
      assert.equal(running.events.find(isTerminal).type, 'response.incomplete');
      assert.equal(running.events.find(isTerminal).response.usage.output_tokens, 600);
      assert.deepEqual(await stopped, { code: 0, signal: null });
      assert.ok(await served(servers[1 - place]) > before[1 - place]);
    });
  }
});
