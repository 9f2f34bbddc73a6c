// The load scripts for k6 against the real server, run by the runner that stands in for k6, and against k6's types.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, metricsOf, patience, runCommand, serverFor, suiteScope } from './helpers.mjs';

const scripts = fileURLToPath(new URL('../../bench/k6/', import.meta.url));
const out = mkdtempSync(path.join(tmpdir(), 'octavo-k6-'));
after(() => rmSync(out, { recursive: true }));

/// What a sanitizer's binary is asked for, so that it is done in time.
const slowly = { MAX_TOKENS: '8', LANES: '4', IDLE_S: '50' };

/// Runs a script with these variables: what the command said, and the summary that the script wrote.
async function runScript(server, name, variables = {}) {
  const env = { OCTAVO_URL: server.url, OUT: `${out}/`, TTFT_MS: '20000', ITL_MS: '20000', CANCEL_MS: '20000', SPREAD: '100', ...(patience > 1 ? slowly : {}), ...variables };
  const ran = await runCommand(process.execPath, [path.join(scripts, 'run.mjs'), '-q', path.join(scripts, `${name}.js`)], { env });
  const file = path.join(out, `${name}.json`);
  return { ...ran, metrics: existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).metrics : {} };
}

test('every script is what the types of k6 say', async () => {
  const { code, stdout } = await runCommand(process.execPath, [path.join(scripts, 'node_modules/typescript/bin/tsc'), '-p', scripts]);
  assert.equal(code, 0, stdout);
});

describe('against the server,', () => {
  let server;
  const suite = suiteScope();
  before(async () => (server = await serverFor(suite)));

  test('smoke passes, and leaves numbers and a page', async () => {
    const { code, stdout, stderr, metrics } = await runScript(server, 'smoke');
    assert.equal(code, 0, stderr + stdout);
    assert.ok(metrics.checks.values.passes > 40);
    assert.ok(metrics.octavo_ttft.values.count > 0);
    assert.ok(metrics.octavo_server_queue.values.count > 0);
    const page = readFileSync(path.join(out, 'smoke.html'), 'utf8');
    assert.match(page, /all thresholds hold/);
    // It needs nothing from elsewhere.
    assert.doesNotMatch(page, /(?:src|href)=|url\(|@import/);
  });

  const shortly = { DURATION: '1s', RAMP: '1s', RATE: '5', VUS: '4', RISE: '1s', RECOVERY: '1s', OPENING: '1s', SOCKETS: '50', WATCH_EVERY: '1', SLOW: '2', SLOW_TOKENS: '100', DELAY: '1s', GRACE: '30s' };
  const others = readdirSync(scripts).filter((name) => name.endsWith('.js')).map((name) => name.slice(0, -3)).filter((name) => !['smoke', 'drain'].includes(name));
  for (const name of others) {
    test(`${name} passes shortly`, async () => {
      const { code, stdout, stderr, metrics } = await runScript(server, name, { ...shortly, ...(name === 'load' || name === 'spike' ? { VUS: '50' } : {}) });
      assert.equal(code, 0, stderr + stdout);
      assert.ok(metrics.octavo_ok.values.passes > 0);
      assert.doesNotMatch(stderr, /ERRO/);
    });
  }
});

test('a run against nobody fails', async () => {
  const { code, metrics } = await runScript({ url: 'http://127.0.0.1:9' }, 'load', { DURATION: '1s', RAMP: '1s' });
  assert.equal(code, 99);
  assert.equal(metrics.octavo_ok.values.rate, 0);
});

test('drain hears the farewell of a server that is stopped, and every answer whole', async (t) => {
  const server = await serverFor(t, ['--drain-timeout', '20']);
  const run = runScript(server, 'drain', { VUS: '5', DURATION: '30s', MAX_TOKENS: '200' });
  await eventually(async () => (await metricsOf(server)).get('octavo:request_received_total') >= 5, 'five clients at work');
  server.stop();
  const { code, stdout, stderr, metrics } = await run;
  assert.equal(code, 0, stderr + stdout);
  assert.equal(metrics.octavo_goaways.values.count, 5);
  assert.equal(metrics.octavo_drained.values.passes, 5);
});
