// What Prometheus and Grafana make of the metrics: the page by promtool, the shown rules and dashboard by a real Prometheus, and
// clients that try to make more series. What is not installed is skipped by name.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { plainClient } from './client.mjs';
import { eventually, examples, freePort, metricsOf, runCommand, serverFor, suiteScope } from './helpers.mjs';
import { get, raw } from './raw.mjs';

const monitoring = path.join(examples, 'deploy/monitoring');
const shown = (name) => readFileSync(path.join(monitoring, name), 'utf8');
const hasPrometheus = ['prometheus', 'promtool'].every((name) => spawnSync('which', [name]).status === 0);
const skip = hasPrometheus ? false : 'prometheus is not installed';
const dashboard = JSON.parse(shown('octavo-grafana.json'));
const panels = dashboard.panels.filter((panel) => panel.type !== 'row');
const pageOf = async (server) => (await fetch(`${server.url}metrics`)).text();
const familiesOf = (page) => [...page.matchAll(/^# TYPE \w+:(\w+) /gm)].map((match) => match[1]);

/// Prometheus with the shown configuration, but for the target, the interval and files: query(expression) resolves to its samples.
async function prometheusFor(t, server) {
  const folder = mkdtempSync(path.join(tmpdir(), 'octavo-prometheus-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({
    'octavo.rules.yml': shown('octavo.rules.yml'),
    'prometheus.yml': shown('prometheus.yml').replace('127.0.0.1:8000', `127.0.0.1:${server.port}`).replace('5s', '100ms').replace('15s', '200ms'),
  })) {
    writeFileSync(path.join(folder, name), text);
  }
  const port = await freePort();
  const child = spawn('prometheus', [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`,
                                     `--web.listen-address=127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (bytes) => (log += bytes));
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const ask = async (what) => (await fetch(`http://127.0.0.1:${port}/api/v1/${what}`)).json();
  const query = async (expression) => {
    const answer = await ask(`query?query=${encodeURIComponent(expression)}`);
    assert.equal(answer.status, 'success', `${expression}: ${answer.error}`);
    return answer.data.result;
  };
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.status === 200, `prometheus serves:\n${log}`);
  return { ask, query };
}

/// Something of everything: answers, a refusal and a path that is not there.
async function work(server) {
  const client = await plainClient(server);
  for (let i = 0; i < 3; ++i) await client.complete({ input: 'What is 7 plus 8?', temperature: 0 });
  client.send({ type: 'response.create', input: 'x', model: 'nobody' });
  await client.close();
  await fetch(`${server.url}nothing/here`);
}

describe('the metrics page', () => {
  let server;
  const suite = suiteScope();
  before(async () => (server = await serverFor(suite, ['--metrics-prefix', 'vllm'])));

  test('promtool finds nothing but what vLLM\'s names are', { skip }, async () => {
    await work(server);
    const { stderr } = await runCommand('promtool', ['check', 'metrics'], { input: await pageOf(server) });
    const faults = stderr.trim().split('\n').filter((line) => !/metric names should not contain ':'/.test(line));
    assert.deepEqual(faults, ['vllm:iteration_tokens_total non-counter metrics should not have "_total" suffix']);
  });

  test('every family has a row in the documentation, and every row a family', async () => {
    const text = readFileSync(path.join(examples, '../protocol/METRICS.md'), 'utf8');
    const rows = [...text.matchAll(/^\| (`[a-z_0-9`, ]+`) \| (?:gauge|counter|histogram)/gm)].flatMap((row) => row[1].match(/\w+/g));
    await work(server);
    assert.deepEqual(rows.toSorted(), familiesOf(await pageOf(server)).toSorted());
  });

  test('no model name, path, method, key or id that a client chooses makes a series', async () => {
    await work(server);
    const namesOf = async () => new Set([...(await pageOf(server)).matchAll(/^\w+:\w+(?:\{.*\})? /gm)].map((match) => match[0]));
    const ofFixedSets = /^vllm:(http_responses_total\{.*status="[1-5]\d\d"\}|request_rejected_total\{.*code="[a-z_]+"\}) $/;
    const before = await namesOf();
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}v1/responses`);
    await once(socket, 'open');
    for (let i = 0; i < 200; ++i) {
      const odd = `odd"}\\\n${i}`;
      socket.send(JSON.stringify({ type: 'response.create', input: 'x', model: odd, stream_id: `lane-${i}` }));
      socket.send(JSON.stringify({ type: `type-${i}` }));
      const headers = { authorization: `Bearer key-${i}`, 'x-request-id': `id-${i}`, 'x-session-id': `session-${i}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ model: odd, user: odd, metadata: { [`name-${i}`]: odd }, messages: [{ role: 'user', content: 'x' }] });
      await fetch(`${server.url}v1/chat/completions`, { method: 'POST', headers, body });
      await fetch(`${server.url}v1/models/${encodeURIComponent(odd)}?q=${i}`, { headers });
      await raw(server, get(`/path-${i}`, 'Connection: close').replace('GET', `METHOD${i}`));
    }
    socket.close();
    await once(socket, 'close');
    const added = [...(await namesOf())].filter((name) => !before.has(name));
    assert.deepEqual(added.filter((name) => !ofFixedSets.test(name)), []);
    assert.ok(added.length < 12, `a few codes at most, not ${added.length}`);
  });
});

describe('the shown rules and dashboard', () => {
  test('the rules pass promtool, and each alert its own tests', { skip }, async () => {
    for (const args of [['check', 'config', 'prometheus.yml'], ['check', 'rules', 'octavo.rules.yml'], ['test', 'rules', 'octavo.rules.test.yml']]) {
      const told = await runCommand('promtool', [...args.slice(0, 2), path.join(monitoring, args[2])]);
      assert.equal(told.code, 0, told.stdout + told.stderr);
    }
    const alerts = (text) => new Set([...text.matchAll(/alert(?:name)?: (\w+)/g)].map((match) => match[1]));
    assert.deepEqual(alerts(shown('octavo.rules.test.yml')), alerts(shown('octavo.rules.yml')));
  });

  test('a real Prometheus has a number for every query of the dashboard and for every selector of the rules', { skip }, async (t) => {
    const server = await serverFor(t);
    await work(server);
    const { ask, query } = await prometheusFor(t, server);
    await eventually(async () => (await query('count_over_time(up{job="octavo"}[10s]) > 3')).length > 0, 'a few scrapes');
    await work(server);
    const rules = shown('octavo.rules.yml').replace(/^ *(summary|description):.*$/gm, '');
    const selectors = rules.match(/octavo:\w+(?:\{[^}]*\})?/g);
    assert.ok(selectors.length > 15);
    const filled = (text) => text.replaceAll('$__rate_interval', '1m').replaceAll(/\$(model_name|instance)/g, '.*');
    const queries = [...panels.flatMap((panel) => panel.targets.map((target) => filled(target.expr))), ...selectors];
    await eventually(async () => (await query('rate(octavo:generation_tokens_total[1m])')).length > 0, 'a rate');
    for (const expression of queries) {
      await eventually(async () => (await query(expression)).length > 0, `a number for ${expression}`, 3000);
    }
    const groups = (await ask('rules')).data.groups;
    for (const rule of groups.flatMap((group) => group.rules)) assert.equal(rule.lastError ?? '', '', rule.name);
    assert.deepEqual((await query('ALERTS{alertstate="firing"}')).map(({ metric }) => metric.alertname), []);
  });

  test('the dashboard is one that Grafana imports', () => {
    assert.equal(dashboard.id, null); // A number would be taken for one that is there.
    assert.equal(dashboard.schemaVersion, 39);
    const variables = dashboard.templating.list.map((variable) => variable.name);
    assert.deepEqual(variables, ['DS_PROMETHEUS', 'model_name', 'instance']);
    assert.equal(new Set(dashboard.panels.map((panel) => panel.id)).size, dashboard.panels.length);
    const cells = new Set();
    for (const panel of dashboard.panels) {
      const { x, y, w, h } = panel.gridPos;
      assert.ok(x + w <= 24, panel.title);
      for (let column = x; column < x + w; ++column) {
        for (let line = y; line < y + h; ++line) {
          assert.ok(!cells.has(`${column} ${line}`), `${panel.title} lies on another`);
          cells.add(`${column} ${line}`);
        }
      }
    }
    for (const panel of panels) {
      assert.ok(['stat', 'timeseries', 'heatmap'].includes(panel.type), panel.type);
      assert.ok(panel.description, panel.title);
      assert.equal(new Set(panel.targets.map((target) => target.refId)).size, panel.targets.length);
      for (const each of [panel, ...panel.targets]) assert.deepEqual(each.datasource, { type: 'prometheus', uid: '${DS_PROMETHEUS}' });
      for (const name of panel.targets.flatMap((target) => target.expr.match(/\$\w+/g) ?? [])) {
        assert.ok(['$__rate_interval', '$model_name', '$instance'].includes(name), name);
      }
    }
  });
});

test('tokens are counted while they come, not at the end of their answer', async (t) => {
  const server = await serverFor(t, ['--threads', '1', '--cpu-instruction-set', 'reference']);
  const body = JSON.stringify({ input: 'Tell me a story.', max_output_tokens: 1500, ignore_eos: true, temperature: 0 });
  const leaves = new AbortController();
  const answer = fetch(`${server.url}v1/responses`, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: leaves.signal });
  await eventually(async () => (await metricsOf(server)).get('octavo:generation_tokens_total') > 0, 'some tokens');
  const now = await metricsOf(server);
  assert.equal(now.get('octavo:num_requests_in_flight'), 1);
  assert.ok(now.get('octavo:prompt_tokens_total') > 0);
  leaves.abort();
  await assert.rejects(answer);
});
