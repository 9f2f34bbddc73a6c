// Does a server recover from a sudden crowd? A calm stream of requests, ten times as many within five seconds, and the calm
// stream again, which must soon be served as it was before.
import exec from 'k6/execution';
import { bodyOf, number, seconds, text } from './lib/config.js';
import { respond } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { kTrendStats, summaryOf } from './lib/summary.js';

const rate = number('RATE', 2);
const calm = text('DURATION', '1m');
const rise = text('RISE', '5s');
const recovery = text('RECOVERY', '30s');
const ttftMs = number('TTFT_MS', 1000);

/**
 * @param {number} start seconds after which it begins
 * @param {string} duration
 * @returns {import('k6/options').Scenario}
 */
const calmFrom = (start, duration) => ({
  executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration, startTime: `${start}s`,
  preAllocatedVUs: number('VUS', 20), maxVUs: number('MAX_VUS', 1000),
});

const spikeAt = seconds(calm);
const backAt = spikeAt + 2 * seconds(rise);
const afterAt = backAt + seconds(recovery);

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    before: calmFrom(0, calm),
    spike: {
      executor: 'ramping-arrival-rate', startRate: rate, timeUnit: '1s', startTime: `${spikeAt}s`, preAllocatedVUs: number('SPIKE_VUS', 20 * rate), maxVUs: number('MAX_VUS', 1000),
      stages: [{ target: 10 * rate, duration: rise }, { target: rate, duration: rise }],
    },
    recovery: calmFrom(backAt, recovery),
    after: calmFrom(afterAt, calm),
  },
  thresholds: {
    ...slicedOver(afterAt + seconds(calm)),
    octavo_ok: ['rate>0.999'],
    'octavo_ttft{scenario:before}': [`p(95)<${ttftMs}`],
    'octavo_ttft{scenario:spike}': ['max>=0'],
    'octavo_ttft{scenario:after}': [`p(95)<${ttftMs}`],
    'dropped_iterations{scenario:after}': ['count==0'],
    octavo_sequence_gaps: ['count==0'],
  },
  summaryTrendStats: kTrendStats,
};

export default async function () {
  await respond(bodyOf(exec.scenario.iterationInTest));
}

export const handleSummary = summaryOf('spike');
