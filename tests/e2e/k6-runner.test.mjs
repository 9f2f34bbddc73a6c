// The runner that stands in for k6: what it makes of scripts, options, rates and figures. Needs no server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { constantArrivals, keepTo, rampingArrivals } from '../../bench/k6/runner/arrivals.mjs';
import { addresses, readCommandLine } from '../../bench/k6/runner/command_line.mjs';
import { parseDuration } from '../../bench/k6/runner/duration.mjs';
import { EventLoop } from '../../bench/k6/runner/event_loop.mjs';
import { rampingUsers } from '../../bench/k6/runner/executors.mjs';
import { Metrics, parseMetricName } from '../../bench/k6/runner/metrics.mjs';
import { readScenarios } from '../../bench/k6/runner/scenarios.mjs';
import { Trend } from '../../bench/k6/runner/sinks.mjs';
import { aborting, parseExpression, readThresholds } from '../../bench/k6/runner/thresholds.mjs';
import { runCommand } from './helpers.mjs';

const runner = fileURLToPath(new URL('../../bench/k6/run.mjs', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'octavo-k6-'));
after(() => rmSync(folder, { recursive: true }));

/// Runs a script of this text: {code, stdout, stderr, summary}, the last as `--summary-export` writes it.
async function runScript(text, flags = []) {
  const file = path.join(folder, `script-${Math.random()}.js`);
  writeFileSync(file, text);
  const ran = await runCommand(process.execPath, [runner, 'run', '-q', file, '--summary-export', `${file}.json`, ...flags], { env: { FROM_OUTSIDE: 'yes' } });
  let summary;
  try {
    summary = JSON.parse(readFileSync(`${file}.json`, 'utf8'));
  } catch {
    // A run that never began has none.
  }
  return { ...ran, summary };
}

const hasCode = (code) => (error) => error.code === code;

describe('a trend', () => {
  test('has percentiles between its values, whatever their order', () => {
    const trend = new Trend();
    for (const value of [40, 10, 30, 20]) trend.add(value);
    assert.deepEqual(trend.values(['min', 'med', 'p(90)', 'p(99.9)', 'max', 'avg', 'count']),
      { min: 10, med: 25, 'p(90)': 37, 'p(99.9)': 39.97, max: 40, avg: 25, count: 4 });
    trend.add(0);
    assert.equal(trend.aggregate('med'), 20);
  });

  test('of no value is 0 everywhere, of one value that value', () => {
    const trend = new Trend();
    assert.equal(trend.aggregate('p(95)'), 0);
    trend.add(7);
    assert.equal(trend.aggregate('p(1)'), 7);
    assert.equal(trend.aggregate('p(99)'), 7);
  });

  test('of 100,000 values gives each percentile exactly', () => {
    const trend = new Trend();
    for (let i = 0; i <= 100_000; ++i) trend.add((i * 7919) % 100_001);
    for (const p of [1, 50, 95, 99.9]) assert.ok(Math.abs(trend.percentile(p) - p * 1000) < 1e-6);
  });
});

describe('a threshold', () => {
  test('is read with its aggregation, its operator and its limit', () => {
    assert.deepEqual(parseExpression('p(99.9) <= 1.5e3'), { aggregation: 'p(99.9)', operator: '<=', limit: 1500 });
    assert.deepEqual(parseExpression('rate<0.01'), { aggregation: 'rate', operator: '<', limit: 0.01 });
    assert.deepEqual(parseExpression('count===0'), { aggregation: 'count', operator: '===', limit: 0 });
    for (const wrong of ['', 'p95<200', 'p(101)<1', 'avg<', 'avg<1 && max<2', 'mean<1', 'p(95)=1']) {
      assert.throws(() => parseExpression(wrong), hasCode(104), wrong);
    }
  });

  test('of something that its metric has not, or of no metric, is refused', () => {
    const metrics = new Metrics();
    for (const wrong of [{ iterations: ['p(95)<1'] }, { http_req_duration: ['rate<1'] }, { checks: ['count>1'] }, { vus: ['max<1'] }, { no_such: ['count<1'] }, { 'no_such{a:b}': ['count<1'] }]) {
      assert.throws(() => readThresholds(wrong, metrics), hasCode(104), JSON.stringify(wrong));
    }
  });

  test('on tags hears the samples that carry all of them and no other', () => {
    const metrics = new Metrics();
    metrics.declare('answer', 'counter');
    const [both, one] = readThresholds({ 'answer{a:1, b:2}': ['count==3'], 'answer{a:1}': ['count==7'] }, metrics);
    metrics.add('answer', 3, { a: '1', b: 2 });
    metrics.add('answer', 4, { a: 1 });
    metrics.add('answer', 5, { b: '2' });
    assert.ok(both.evaluate(1));
    assert.ok(one.evaluate(1));
    assert.equal(metrics.find('answer').sink.value, 12);
    assert.deepEqual(parseMetricName('a{"b":c:d}'), ['a', [['b', 'c:d']]]);
  });

  test('fails when it does not hold, and never for want of samples', () => {
    const metrics = new Metrics();
    const [threshold] = readThresholds({ http_req_duration: ['avg>5'] }, metrics);
    assert.ok(threshold.evaluate(1));
    metrics.add('http_req_duration', 5, {});
    assert.ok(!threshold.evaluate(1));
    metrics.add('http_req_duration', 6, {});
    assert.ok(threshold.evaluate(1));
  });

  test('ends a run early only where it says so, and after its delay', () => {
    const metrics = new Metrics();
    const thresholds = readThresholds({ iterations: ['count<1', { threshold: 'count<2', abortOnFail: true, delayAbortEval: '10s' }] }, metrics);
    metrics.add('iterations', 5, {});
    assert.equal(aborting(thresholds, 9), undefined);
    assert.equal(aborting(thresholds, 10).source, 'count<2');
  });
});

describe('arrivals', () => {
  test('at a constant rate are evenly spaced, from the start to before the end', () => {
    assert.deepEqual([...constantArrivals(4, 1000, 1000)], [0, 250, 500, 750]);
    assert.equal([...constantArrivals(90, 60_000, 3_600_000)].length, 5400);
  });

  test('on a ramp follow the integral of the rate, stage after stage', () => {
    const times = [...rampingArrivals(0, [{ target: 100, duration: 10_000 }, { target: 100, duration: 10_000 }, { target: 0, duration: 10_000 }], 1000)];
    assert.equal(times.length, 2000);
    assert.equal(times.filter((at) => at <= 10_000).length, 500);
    // A quarter of the area under a triangle lies in its first half.
    assert.equal(times.filter((at) => at <= 5000).length, 125);
    assert.equal(times.filter((at) => at > 10_000 && at <= 20_000).length, 1000);
    for (let n = 1; n < times.length; ++n) assert.ok(times[n] >= times[n - 1]);
    times.slice(500, 1500).forEach((at, n) => assert.ok(Math.abs(at - (10_000 + 10 * (n + 1))) < 1e-6));
  });

  test('jump with a stage that takes no time, and stop at a rate of 0', () => {
    const times = [...rampingArrivals(10, [{ target: 10, duration: 1000 }, { target: 0, duration: 0 }, { target: 0, duration: 5000 }, { target: 20, duration: 0 }, { target: 20, duration: 1000 }], 1000)];
    assert.equal(times.filter((at) => at <= 1000).length, 10);
    assert.equal(times.filter((at) => at > 1000 && at < 6000).length, 0);
    assert.equal(times.filter((at) => at > 6000).length, 20);
  });

  test('are kept to on the clock, with those that are late at once', async () => {
    let now = 0;
    const clock = { now: () => now, sleep: async (ms) => { now += ms; } };
    const seen = [];
    await keepTo([0, 10, 20, 30, 100], clock, new AbortController().signal, (n) => {
      seen.push([n, now]);
      // The second takes so long that the next two are overdue.
      if (n === 1) now += 25;
    });
    assert.deepEqual(seen, [[0, 0], [1, 10], [2, 35], [3, 35], [4, 100]]);
  });

  test('end when the run is stopped', async () => {
    const stop = new AbortController();
    let number = 0;
    const clock = { now: () => number * 10, sleep: async () => {} };
    await keepTo(constantArrivals(1000, 1000, Infinity), clock, stop.signal, () => { if (++number === 5) stop.abort(); });
    assert.equal(number, 5);
  });

  test('ramping VUs come and go one at a time', () => {
    assert.deepEqual([...rampingUsers(1, [{ target: 3, duration: 1000 }, { target: 1, duration: 100 }, { target: 1, duration: 50 }])],
      [[0, 1], [500, 2], [1000, 3], [1050, 2], [1100, 1]]);
  });
});

describe('options', () => {
  test('become scenarios in which nothing is left open', () => {
    const [scenario] = readScenarios({ scenarios: { a: { executor: 'constant-arrival-rate', rate: 5, duration: '1m30s', preAllocatedVUs: 3 } } });
    assert.equal(scenario.duration, 90_000);
    assert.equal(scenario.timeUnit, 1000);
    assert.equal(scenario.maxVUs, 3);
    assert.equal(scenario.gracefulStop, 30_000);
    assert.equal(scenario.exec, 'default');
  });

  test('in their short form, and from the command line in place of all scenarios', () => {
    assert.equal(readScenarios({})[0].wanted, 1);
    assert.equal(readScenarios({ vus: 3, duration: '5s' })[0].executor, 'constant-vus');
    assert.equal(readScenarios({ vus: 3, iterations: 9 })[0].executor, 'shared-iterations');
    assert.equal(readScenarios({ stages: [{ duration: '1s', target: 2 }] })[0].executor, 'ramping-vus');
    const [own] = readScenarios({ scenarios: { a: { executor: 'constant-vus', duration: '1h' } } }, { iterations: 4, vus: 2 });
    assert.deepEqual([own.executor, own.wanted, own.vus], ['shared-iterations', 4, 2]);
  });

  test('that are wrong are refused by name', () => {
    for (const [wrong, words] of [
      [{ executor: 'externally-controlled' }, /externally-controlled.*2\.0/], [{ executor: 'constant-vus' }, /needs duration/], [{ executor: 'constant-vus', duration: '5 s' }, /no duration/],
      [{ executor: 'constant-vus', duration: '5s', rate: 3 }, /knows no rate/], [{ executor: 'ramping-vus', stages: [] }, /stages/], [{ executor: 'constant-arrival-rate', rate: 0, duration: '1s', preAllocatedVUs: 1 }, /rate/],
      [{ executor: 'per-vu-iterations', vus: 1.5 }, /vus is no whole number/], [{ executor: 'shared-iterations', vus: 5, iterations: 3 }, /fewer iterations/],
    ]) assert.throws(() => readScenarios({ scenarios: { a: wrong } }), (error) => error.code === 104 && words.test(error.message), JSON.stringify(wrong));
  });

  test('on the command line mean what they mean to k6', () => {
    const given = readCommandLine(['run', 'x.js', '-e', 'A=b=c', '--vus', '3', '-d', '5s', '--out', 'json=f', '--local-ips', '127.0.0.1-127.0.0.3'], { HOME: '/' });
    assert.deepEqual(given.env, { HOME: '/', A: 'b=c' });
    assert.deepEqual(given.flags, { vus: 3, duration: '5s' });
    assert.deepEqual(given.out, ['f']);
    assert.deepEqual(given.localIps, ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
    for (const wrong of [[], ['a.js', 'b.js'], ['a.js', '--vus', '0'], ['a.js', '--out', 'csv=x'], ['a.js', '--what'], ['a.js', '-e', 'A']]) {
      assert.throws(() => readCommandLine(wrong, {}), hasCode(104), wrong.join(' '));
    }
    assert.throws(() => addresses('127.0.0.9-127.0.0.1'), hasCode(104));
  });

  test('durations have every unit', () => {
    assert.equal(parseDuration('1d2h3m4s5ms'), 93_784_005);
    assert.equal(parseDuration('1.5s'), 1500);
    assert.equal(parseDuration(250), 250);
    for (const wrong of ['', 's', '5x', '-1s', '1s 2s', null, -1]) assert.throws(() => parseDuration(wrong), hasCode(104), String(wrong));
  });
});

describe('an iteration', () => {
  test('ends when nothing can call back any more', async () => {
    const loop = new EventLoop();
    const handle = { close() {} };
    let isOver = false;
    const end = loop.run(() => loop.add(handle)).then((how) => (isOver = true) && how);
    await new Promise(setImmediate);
    assert.equal(isOver, false);
    loop.remove(handle);
    assert.deepEqual(await end, { interrupted: false, error: undefined });
  });

  test('closes what is left after an error, and tells it', async () => {
    const loop = new EventLoop();
    let isClosed = false;
    const fault = new Error('no');
    const { error } = await loop.run(() => {
      loop.add({ close: () => (isClosed = true) });
      loop.call(() => { throw fault; });
    });
    assert.equal(error, fault);
    assert.ok(isClosed);
  });

  test('that is left behind by an interruption does not end the next one', async () => {
    const loop = new EventLoop();
    let finish;
    const first = loop.run(() => new Promise((resolve) => (finish = resolve)));
    loop.interrupt();
    assert.equal((await first).interrupted, true);
    let isOver = false;
    const handle = { close() {} };
    const second = loop.run(() => loop.add(handle)).then(() => (isOver = true));
    finish();
    await new Promise(setImmediate);
    assert.equal(isOver, false);
    loop.remove(handle);
    await second;
  });

  test('is called back by nobody while it sleeps, and in order afterwards', async () => {
    const loop = new EventLoop();
    const seen = [];
    await loop.run(async () => {
      loop.add({ close() {}, pause: () => seen.push('paused'), resume: () => seen.push('resumed') });
      const nap = loop.nap(5);
      loop.call(() => seen.push(1));
      loop.call(() => seen.push(2));
      seen.push('asleep');
      await nap;
      await new Promise(setImmediate);
      loop.interrupt();
    });
    assert.deepEqual(seen, ['paused', 'asleep', 1, 2, 'resumed']);
  });
});

describe('a run', () => {
  test('gives each VU its own modules, and everybody the data of setup', async () => {
    writeFileSync(path.join(folder, 'counter.js'), 'let number = 0; export const next = () => ++number;');
    const { code, summary, stderr } = await runScript(`
      import { next } from './counter.js';
      import { check } from 'k6';
      import exec from 'k6/execution';
      import { Counter } from 'k6/metrics';
      import { SharedArray } from 'k6/data';
      const words = new SharedArray('words', () => ['a', 'b']);
      const seen = new Counter('seen');
      export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 3, iterations: 2, env: { OWN: 'x' }, tags: { kind: 'k' } } }, thresholds: { 'seen{kind:k}': ['count==6'], checks: ['rate==1'] } };
      export function setup() { return { token: 'abc' }; }
      export default function (data) {
        seen.add(1);
        check(data, {
          'modules are the VU\\'s': () => next() === exec.vu.iterationInScenario + 1,
          'data came': (each) => each.token === 'abc' && words[1] === 'b',
          'data is the VU\\'s': (each) => (each.mine ?? __VU) === __VU,
          'variables came': () => __ENV.OWN === 'x' && __ENV.GIVEN === 'y' && __ENV.FROM_OUTSIDE === 'yes',
          'numbers are told': () => __VU === exec.vu.idInTest && __ITER === exec.vu.iterationInInstance,
        });
        data.mine = __VU;
      }
      export function teardown(data) { if (data.mine) throw new Error('shared'); }`, ['-e', 'GIVEN=y']);
    assert.equal(code, 0, stderr);
    assert.equal(summary.metrics.iterations.count, 6);
    assert.equal(summary.metrics.checks.passes, 30);
    assert.equal(summary.root_group.checks.length, 5);
  });

  test('exits with 99 when a threshold fails', async () => {
    const { code, summary, stderr } = await runScript(`
      export const options = { iterations: 3, thresholds: { iterations: ['count==4', 'count>1'] } };
      export default function () {}`);
    assert.equal(code, 99);
    assert.match(stderr, /iterations: count==4/);
    assert.deepEqual(summary.metrics.iterations.thresholds, { 'count==4': true, 'count>1': false });
  });

  test('ends at once where a threshold aborts it', async () => {
    const { code, stderr } = await runScript(`
      import { Rate } from 'k6/metrics';
      import { setTimeout } from 'k6/timers';
      const ok = new Rate('ok');
      export const options = { vus: 1, duration: '10m', thresholds: { ok: [{ threshold: 'rate>0.5', abortOnFail: true }] } };
      export default function () { ok.add(false); return new Promise((resolve) => setTimeout(resolve, 1)); }`);
    assert.equal(code, 99);
    assert.match(stderr, /the run ends/);
  });

  test('counts what no VU was there for', async () => {
    const { code, summary } = await runScript(`
      import { sleep } from 'k6';
      export const options = { scenarios: { a: { executor: 'constant-arrival-rate', rate: 50, duration: '1s', preAllocatedVUs: 2, gracefulStop: '0s' } }, thresholds: { dropped_iterations: ['count==0'] } };
      export default async function () { await sleep(30); }`);
    assert.equal(code, 99);
    assert.equal(summary.metrics.dropped_iterations.count, 48);
    assert.equal(summary.metrics.iterations, undefined);
  });

  test('ends at the longest time of a scenario, and counts what was not begun by then', async () => {
    const { code, summary } = await runScript(`
      import { sleep } from 'k6';
      export const options = { scenarios: { a: { executor: 'shared-iterations', vus: 2, iterations: 10, maxDuration: '500ms', gracefulStop: '5s' } }, thresholds: { dropped_iterations: ['count==6'] } };
      export default async function () { await sleep(0.3); }`);
    assert.equal(summary.metrics.iterations.count, 4);
    assert.equal(code, 0);
  });

  test('says by its code what was wrong with a script', async () => {
    for (const [text, code, words] of [
      ['export default function ( {', 107, /SyntaxError/],
      ['throw new Error("early"); export default function () {}', 107, /early/],
      ['import x from "k6/browser"; export default function () {}', 107, /no such module of k6/],
      ['import x from "https://jslib.k6.io/x.js"; export default function () {}', 107, /files alone/],
      ['export function setup() { throw new Error("no setup"); } export default function () {}', 107, /no setup/],
      ['export const options = { setupTimeout: "10ms" }; export function setup() { return new Promise((r) => setTimeout(r, 60000)); } export default function () {}', 100, /setup/],
      ['export const options = { teardownTimeout: "10ms" }; export function teardown() { return new Promise((r) => setTimeout(r, 60000)); } export default function () {}', 101, /teardown/],
      ['export const options = { scenarios: { a: { executor: "externally-controlled" } } }; export default function () {}', 104, /externally-controlled/],
      ['export const options = { scenarios: { a: { executor: "constant-vus", duration: "1s", exec: "other" } } }; export default function () {}', 104, /no function other/],
      ['export const options = { thresholds: { what: ["rate<1"] } }; export default function () {}', 104, /what/],
      ['import exec from "k6/execution"; export default function () { exec.test.abort("enough"); }', 108, /enough/],
      ['import exec from "k6/execution"; export default function () { exec.test.fail("wrong"); }', 110, /wrong/],
      ['import http from "k6/http"; export default function () { http.get("http://127.0.0.1/"); }', 0, /asyncRequest/],
    ]) {
      const ran = await runScript(text);
      assert.equal(ran.code, code, `${text}\n${ran.stderr}`);
      assert.match(ran.stderr, words);
    }
  });

  test('that is interrupted tears down, sums up, and says so by its code', async () => {
    const file = path.join(folder, 'endless.js');
    writeFileSync(file, `
      import { sleep } from 'k6';
      export const options = { vus: 2, duration: '1h' };
      export default async function () { console.log('at work'); await sleep(1000); }
      export function teardown() { console.log('torn down'); }
      export const handleSummary = () => ({ stdout: 'summed up' });`);
    const child = spawn(process.execPath, [runner, '-q', file]);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => {
      // A terminal's interrupt reaches both processes.
      if (!stderr.includes('at work') && String(text).includes('at work')) for (const signal of ['SIGINT', 'SIGTERM']) child.kill(signal);
      stderr += text;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 105, stderr);
    assert.match(stderr, /interrupted by a signal[^]*torn down/);
    assert.equal(stdout, 'summed up');
  });

  test('writes what handleSummary says, and every sample where it is asked to', async () => {
    const out = path.join(folder, 'samples.json');
    const { code, stdout } = await runScript(`
      import { Trend } from 'k6/metrics';
      const time = new Trend('time', true);
      export const options = { iterations: 2, summaryTrendStats: ['p(99)', 'count'] };
      export default function () { time.add(5, { a: 'b' }); }
      export const handleSummary = (data) => ({ stdout: JSON.stringify(data.metrics.time), '${folder}/made/here.txt': 'text' });`, ['--out', `json=${out}`]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { type: 'trend', contains: 'time', values: { 'p(99)': 5, count: 2 } });
    assert.equal(readFileSync(path.join(folder, 'made/here.txt'), 'utf8'), 'text');
    const lines = readFileSync(out, 'utf8').trim().split('\n').map((line) => JSON.parse(line)).filter((line) => line.metric === 'time');
    assert.deepEqual(lines.map((line) => line.type), ['Metric', 'Point', 'Point']);
    assert.deepEqual([lines[1].data.value, lines[1].data.tags.a, lines[1].data.tags.scenario], [5, 'b', 'default']);
  });
});
