// A server under mixed traffic for an hour: does anything grow? Every ten seconds memory, open descriptors and what clients saw
// are written down; at the end the last third is held against the first one after a warm-up. Exits with 1 when something grew.
// usage: node soak.mjs [OCTAVO] ; SOAK_MINUTES=60 says how long. `make soak` calls it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startBinary } from '../e2e/server.mjs';
import { parseMetrics } from '../e2e/helpers.mjs';
import { kinds, seen } from './traffic.mjs';

const minutes = Number(process.env.SOAK_MINUTES ?? 60);
const binary = process.argv[2] ?? process.env.OCTAVO_BINARY ?? new URL('../../build/octavo', import.meta.url).pathname;
const sampleMs = 10_000;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/// How much more the last third may have than the first.
const kMaxGrowth = 1.05;
const kMemoryFloor = 16 << 20;  // Bytes: less is an allocator's habit.
const kMaxSlowdown = 1.5;       // Of a p99 on a machine that does other things, too.
const kLatencyFloor = 20;       // ms

const folder = mkdtempSync(path.join(tmpdir(), 'octavo-soak-'));
const keys = ['sk-one', 'sk-two', 'sk-three'];
// What has a limit is small, so that it is full before anything is compared.
const server = await startBinary(binary, ['serve', '--port', '0', '--seed', '0', '--kv-cache-memory', '96MiB', '--swap-space', '0.05', '--log-level', 'warning',
  '--drain-timeout', '5', '--send-timeout', '2', '--response-store', path.join(folder, 'responses.sqlite'), '--response-store-size', '2MiB',
  ...keys.flatMap((key) => ['--api-key', key])]);

const residentBytes = () => 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))[1]);
const numDescriptors = () => readdirSync(`/proc/${server.process.pid}/fd`).length;
const headers = (key = keys[0]) => ({ authorization: `Bearer ${key}` });
const page = async (name) => (await fetch(server.url + name, { headers: headers() })).text();
const percentile = (values, share) => (values.length === 0 ? 0 : values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]);

let isOver = false;
const faults = [];
/// One client of a kind, again and again, each time with the next key.
async function keepGoing(name, play, offset) {
  for (let round = offset; !isOver; ++round) {
    try {
      await play(server, headers(keys[round % keys.length]), round);
      seen.rounds[name] = (seen.rounds[name] ?? 0) + 1;
    } catch (fault) {
      if (!isOver) faults.push(`${name}: ${fault.message}`);
      await sleep(100);
    }
  }
}

const idleDescriptors = numDescriptors();
const traffic = Object.entries(kinds).flatMap(([name, { play, clients }]) => Array.from({ length: clients }, (_, i) => keepGoing(name, play, i)));
const samples = [];
const began = Date.now();
while (Date.now() - began < minutes * 60_000 && server.process.exitCode === null) {
  await sleep(sampleMs);
  samples.push({ memory: residentBytes(), descriptors: numDescriptors(), gap: percentile(seen.gaps.splice(0), 0.99), first: percentile(seen.firsts.splice(0), 0.99) });
  const { memory, descriptors, gap, first } = samples.at(-1);
  console.log(`${String(Math.round((Date.now() - began) / 1000)).padStart(5)} s  ${(memory / 2 ** 20).toFixed(1).padStart(7)} MiB  ${String(descriptors).padStart(4)} descriptors` +
              `  p99 of a gap ${gap.toFixed(1).padStart(6)} ms, of a first token ${first.toFixed(1).padStart(7)} ms  faults ${faults.length}`);
}
isOver = true;
await Promise.race([Promise.all(traffic), sleep(60_000)]);

// What clients left goes with its time: an idle connection of this process, a stopped reader.
let metrics;
for (let i = 0; i < 100; ++i) {
  metrics = parseMetrics(await page('metrics'));
  if (metrics.get('octavo:num_requests_in_flight') === 0 && metrics.get('octavo:kv_cache_usage_perc') === 0 && numDescriptors() <= idleDescriptors + 8) break;
  await sleep(200);
}
const audit = JSON.parse(await page('debug/audit'));
const descriptors = numDescriptors();
const log = server.stderr().split('\n').filter((line) => /\[(error|critical)\]/.test(line));
const how = await server.stop();
rmSync(folder, { recursive: true });

// The cache, the store and the allocator's pools fill up first: half of a short run, six minutes of a long one.
const settled = samples.slice(Math.ceil(Math.min(samples.length / 2, 36)));
const third = Math.max(1, Math.floor(settled.length / 3));
const median = (part, name) => percentile(part.map((sample) => sample[name]), 0.5);
const [first, last] = [settled.slice(0, third), settled.slice(-third)];
const rows = [];
const check = (what, before, after, isGood, limit) => rows.push({ what, before, after, limit, good: isGood ? 'yes' : 'NO' });
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const memory = [median(first, 'memory'), median(last, 'memory')];
check('memory', mib(memory[0]), mib(memory[1]), memory[1] <= Math.max(memory[0] * kMaxGrowth, memory[0] + kMemoryFloor), `${kMaxGrowth} times, or ${mib(kMemoryFloor)} more`);
for (const [name, words] of [['gap', 'p99 between tokens'], ['first', 'p99 of a first token']]) {
  const [before, after] = [median(first, name), median(last, name)];
  check(words, `${before.toFixed(1)} ms`, `${after.toFixed(1)} ms`, after <= Math.max(before * kMaxSlowdown, before + kLatencyFloor), `${kMaxSlowdown} times, or ${kLatencyFloor} ms more`);
}
check('descriptors when idle', idleDescriptors, descriptors, descriptors <= idleDescriptors + 8, '8 more');
check('blocks owned when idle', '', audit.device.num_owned, audit.is_consistent && audit.device.num_owned === 0, 'none, and the audit agrees');
check('requests in flight when idle', '', metrics.get('octavo:num_requests_in_flight'), metrics.get('octavo:num_requests_in_flight') === 0, 'none');
check('errors in the log', '', log.length, log.length === 0, 'none');
check('clients that saw what they should not', '', faults.length, faults.length === 0, 'none');
check('end', '', how.code ?? how.signal, how.code === 0, '0');
console.log(`\n${minutes} minutes: ${Object.entries(seen.rounds).map(([name, number]) => `${number} ${name}`).join(', ')}; ${seen.numTokens} deltas`);
console.table(rows);
for (const line of [...new Set(faults)].slice(0, 10).concat(log.slice(0, 10))) console.error(line);
process.exit(rows.every(({ good }) => good === 'yes') ? 0 : 1);
