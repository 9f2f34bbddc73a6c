// Does the server hold the rate that it is meant for? Requests come at their own rate, whether or not earlier ones have
// ended: it rises to RATE a second, stays there, and falls.
import exec from 'k6/execution';
import { bodyOf, number, seconds, text } from './lib/config.js';
import { respond } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { kTrendStats, summaryOf } from './lib/summary.js';

const rate = number('RATE', 5);
const ramp = text('RAMP', '30s');
const hold = text('DURATION', '5m');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    load: {
      executor: 'ramping-arrival-rate', startRate: 0, timeUnit: '1s', preAllocatedVUs: number('VUS', 50), maxVUs: number('MAX_VUS', 1000),
      stages: [{ target: rate, duration: ramp }, { target: rate, duration: hold }, { target: 0, duration: ramp }],
    },
  },
  thresholds: {
    ...slicedOver(2 * seconds(ramp) + seconds(hold)),
    octavo_ok: ['rate>0.999'],
    octavo_ttft: [`p(95)<${number('TTFT_MS', 1000)}`],
    octavo_itl: [`p(99)<${number('ITL_MS', 100)}`],
    octavo_refused: ['count==0'],
    octavo_sequence_gaps: ['count==0'],
    dropped_iterations: ['count==0'],
  },
  summaryTrendStats: kTrendStats,
};

export default async function () {
  await respond(bodyOf(exec.scenario.iterationInTest));
}

export const handleSummary = summaryOf('load');
