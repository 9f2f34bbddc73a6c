// What the tests with real clients share besides the server and its clients: commands, metrics, and waiting for a state.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startBinary, startServer } from './server.mjs';

export const binary = process.env.OCTAVO_BINARY ?? fileURLToPath(new URL('../../build/octavo', import.meta.url));
export const demoModel = fileURLToPath(new URL('../../examples/demo-model', import.meta.url));
export const examples = fileURLToPath(new URL('../../examples', import.meta.url));

/// Limits of waits are multiplied by it: OCTAVO_SLOW=1 for a sanitizer's binary.
export const patience = process.env.OCTAVO_SLOW ? 20 : 1;

/// A server that is stopped after the test `t` (a node:test context or `after`), and must then end cleanly.
export async function serverFor(t, flags = [], environment = {}) {
  const defaults = { '--log-level': 'warning', '--drain-timeout': '5', '--kv-cache-memory': '512MiB' };
  const open = Object.entries(defaults).filter(([name]) => !flags.includes(name));
  return stoppedAfter(t, await startServer([...open.flat(), ...flags], environment));
}

/// A server that says what the script tells it ([{when, say}], see scripted_house.cpp), over the demo model's tokenizer.
export async function scriptedFor(t, script, flags = []) {
  const folder = mkdtempSync(path.join(tmpdir(), 'octavo-script-'));
  const file = path.join(folder, 'script.json');
  writeFileSync(file, JSON.stringify(script));
  t.after(() => rmSync(folder, { recursive: true }));
  const house = path.join(path.dirname(binary), 'tests/scripted_house');
  return stoppedAfter(t, await startBinary(house, [file, ...flags]));
}

function stoppedAfter(t, server) {
  let stopped;
  const stop = server.stop;
  server.stop = (signal) => (stopped ??= stop(signal));
  t.after(async () => {
    const how = await server.stop();
    if (how.code !== 0) throw new Error(`octavo ended with ${how.code ?? how.signal}:\n${server.stderr()}`);
  });
  return server;
}

/// For what all tests of one `describe` share: its `after` runs when they are done, the latest first.
export function suiteScope() {
  const cleanups = [];
  after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });
  return { after: (cleanup) => cleanups.unshift(cleanup) };
}

/// Runs a command to its end: {code, stdout, stderr}. `input` goes to its standard input.
export async function runCommand(command, args, { input = '', env = {} } = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (data) => (stdout += data));
  child.stderr.setEncoding('utf8').on('data', (data) => (stderr += data));
  child.stdin.on('error', () => {}); // A command that refuses its flags does not read.
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

export const octavo = (args, options) => runCommand(binary, args, options);

/// A page in Prometheus' text form as a Map from `name{labels}` to number. Throws on a line that is neither.
/// Names and labels -> numbers. Every number has the labels `engine` and `model_name`, which are left out of the names here.
export function parseMetrics(page) {
  const values = new Map();
  for (const line of page.trimEnd().split('\n')) {
    if (/^# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+$/.test(line)) continue;
    const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^{}]*\})?) (\S+)$/.exec(line);
    if (!match || Number.isNaN(Number(match[2]))) throw new Error(`no metric: ${line}`);
    const name = match[1].replace(/\{engine="0",model_name="(?:[^"\\]|\\.)*",?/, '{').replace(/,\}$/, '}').replace('{}', '');
    if (name === match[1]) throw new Error(`a number without its model: ${line}`);
    if (values.has(name)) throw new Error(`twice on one page: ${name}`);
    values.set(name, Number(match[2]));
  }
  return values;
}

export async function metricsOf(server) {
  return parseMetrics(await (await fetch(`${server.url}metrics`)).text());
}

/// Waits until `holds`; throws after limitMs (times the patience).
export async function eventually(holds, what, limitMs = 10_000) {
  const end = Date.now() + limitMs * patience;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`still not: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/// A port of this machine on which nobody listens, for a program that cannot be asked for any.
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/// Waits until nothing runs or waits, every request has been counted at its end, and not one KV block is in use.
export async function untilIdle(server, limitMs = 10_000) {
  let now;
  const isIdle = async () => {
    now = await metricsOf(server);
    return ['num_requests_running', 'num_requests_waiting', 'num_requests_preempted', 'num_requests_swapped', 'num_requests_in_flight', 'kv_cache_usage_perc'].every(
      (name) => now.get(`octavo:${name}`) === 0,
    );
  };
  await eventually(isIdle, 'an idle engine without a block in use', limitMs);
  return now;
}
