// What the dashboard makes of the server's totals: rates, percentiles, axes and lines.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { axisEnd, duration, pathOf } from '../../src/web/app/board/charts.js';
import { quantile, sampleOf } from '../../src/web/app/board/sample.js';

const kTimes = { bounds: [1, 2, 4], counts: [0, 0, 0, 0] };
const load = (totals = {}, gaps = [0, 0, 0, 0], levels = {}) => ({
  running: 0, waiting: 0, preempted: 0, device_usage: 0, host_usage: 0, num_connections: 1, ...levels,
  totals: { generation_tokens: 0, prompt_tokens: 0, ended: 0, failed: 0, refused: 0, preemptions: 0, prefix_queries: 0, prefix_hits: 0, ...totals },
  times: { time_to_first_token: kTimes, inter_token_latency: { ...kTimes, counts: gaps } },
});
/// The samples of these loads, one a second.
const told = (loads) => loads.reduce((history, each, second) => [...history, sampleOf(each, 1000 * second, history)], []);

test('a percentile lies in its bucket as far as its share of it', () => {
  assert.equal(quantile(0.5, [1, 2, 4], [0, 10, 0, 0]), 1.5);
  assert.equal(quantile(0.5, [1, 2, 4], [5, 5, 0, 0]), 1);
  assert.equal(quantile(0.75, [1, 2, 4], [5, 0, 5, 0]), 3);
  assert.equal(quantile(0.5, [1, 2, 4], [4, 0, 0, 0]), 0.5);
  assert.equal(quantile(0.99, [1, 2, 4], [0, 0, 0, 3]), 4, 'above the last bound nobody knows how far');
  assert.equal(quantile(0.5, [1, 2, 4], [0, 0, 0, 0]), null);
  assert.equal(quantile(0.5, [1, 2, 4], []), null);
});

test('totals become rates, the first sample has none', () => {
  const samples = told([load({ generation_tokens: 500 }), load({ generation_tokens: 520 }), load({ generation_tokens: 560 })]);
  assert.deepEqual(samples.map(({ values }) => values.tokens), [null, 20, 30]);
});

test('a lost connection leaves a gap, and no rate spans it', () => {
  const samples = told([load({ ended: 50 }), load({ ended: 51 }), null, load({ ended: 2 }), load({ ended: 5 })]);
  assert.deepEqual(samples.map(({ values }) => values.ended), [null, 1, undefined, null, 3]);
});

test('percentiles are those of the last half minute', () => {
  const old = [0, 100, 0, 0];
  const loads = [load({}, [0, 0, 0, 0]), load({}, old), ...Array.from({ length: 31 }, () => load({}, old))];
  loads[20] = load({}, [0, 100, 0, 0]);
  const samples = told(loads);
  assert.equal(samples[1].values.itl50, 1.5);
  assert.equal(samples[29].values.itl50, 1.5);
  assert.equal(samples.at(-1).values.itl50, null, 'nothing has come since');
});

test('the prefix cache has a share of what was looked for, and none of nothing', () => {
  const samples = told([load(), load({ prefix_queries: 8, prefix_hits: 6 })]);
  assert.deepEqual(samples.map(({ values }) => values.hits), [null, 0.75]);
});

test('an axis ends with a round number', () => {
  assert.deepEqual([0, 3, 4.1, 10, 10.5, 199, 200].map((most) => axisEnd(most, 4)), [5, 5, 5, 10, 20, 200, 200]);
  assert.equal(axisEnd(0.3, 1), 1);
});

test('a line begins anew after a gap, and its newest value is at the right', () => {
  const samples = [0, 5, null, 10].map((a) => ({ values: a === null ? {} : { a } }));
  assert.equal(pathOf(samples, 'a', 10, 4, 300), 'M0.0 100.0L100.0 50.0M300.0 0.0');
  assert.equal(pathOf(samples.slice(0, 1), 'a', 10, 4, 300), 'M300.0 100.0');
});

test('times are told in words', () => {
  assert.deepEqual([0.0012, 0.25, 2.5, 75].map(duration), ['1.2 ms', '250 ms', '2.50 s', '75.0 s']);
});
