// What does a server do with twice as much as it can? It must stay up, turn the rest away at once, and serve those whom it
// took as well as before.
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { bodyOf, number, seconds, text, url } from './lib/config.js';
import { respond } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { expectIdle } from './lib/server.js';
import { kTrendStats, summaryOf } from './lib/summary.js';

/** What the server holds, in requests a second; `breakpoint.js` finds it. */
const capacity = number('RATE', 10);
const stage = text('DURATION', '2m');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    stress: {
      executor: 'ramping-arrival-rate', startRate: 0, timeUnit: '1s', preAllocatedVUs: number('VUS', 200), maxVUs: number('MAX_VUS', 4000),
      stages: [{ target: capacity, duration: stage }, { target: 2 * capacity, duration: stage }, { target: 2 * capacity, duration: stage }, { target: 0, duration: stage }],
      gracefulStop: text('GRACE', '2m'),
    },
  },
  thresholds: {
    ...slicedOver(4 * seconds(stage)),
    checks: ['rate==1'],
    octavo_ok: ['rate>0.999'],
    octavo_refusal_time: ['p(95)<100'],
    octavo_itl: [`p(99)<${number('ITL_MS', 250)}`],
    octavo_sequence_gaps: ['count==0'],
    octavo_leaks: ['count==0'],
  },
  summaryTrendStats: kTrendStats,
};

export default async function () {
  await respond(bodyOf(exec.scenario.iterationInTest));
}

export async function teardown() {
  await expectIdle(number('IDLE_S', 50));
  const health = await http.asyncRequest('GET', `${url}/health`);
  check(health, { 'the server is healthy afterwards': (answer) => answer.status === 200 });
}

export const handleSummary = summaryOf('stress');
