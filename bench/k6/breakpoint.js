// How much does a server hold? The rate rises until the first token takes too long, or requests fail or are turned away; that
// ends the run with 99, as it should, and `octavo_arrival_rate` says at which rate.
import exec from 'k6/execution';
import { Gauge } from 'k6/metrics';
import { bodyOf, number, seconds, text } from './lib/config.js';
import { respond } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { kTrendStats, summaryOf } from './lib/summary.js';

const most = number('RATE', 100);
const duration = text('DURATION', '10m');
const delayAbortEval = text('DELAY', '10s');
const arrivalRate = new Gauge('octavo_arrival_rate');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    breakpoint: {
      executor: 'ramping-arrival-rate', startRate: 0, timeUnit: '1s', preAllocatedVUs: number('VUS', 100), maxVUs: number('MAX_VUS', 2000),
      stages: [{ target: most, duration }], gracefulStop: '10s',
    },
  },
  thresholds: {
    ...slicedOver(seconds(duration)),
    octavo_ttft: [{ threshold: `p(95)<${number('TTFT_MS', 1000)}`, abortOnFail: true, delayAbortEval }],
    octavo_ok: [{ threshold: 'rate>0.99', abortOnFail: true, delayAbortEval }],
    octavo_refused: [{ threshold: 'count<10', abortOnFail: true, delayAbortEval }],
  },
  summaryTrendStats: kTrendStats,
};

export default async function () {
  arrivalRate.add(most * exec.scenario.progress);
  await respond(bodyOf(exec.scenario.iterationInTest));
}

export const handleSummary = summaryOf('breakpoint');
