// Does one client that does not read hurt the others? Honest clients stream alone, then beside SLOW clients who ask for long
// answers on SLOW_LANES lanes and read one event a second. What they ask for has to be computed, too,
// so the honest ones' times are held to limits and not to those of before. README.md says what k6 can do of this.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { bodyOf, number, seconds, text } from './lib/config.js';
import { Connection, respond } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { Reply } from './lib/reply.js';
import { expectIdle } from './lib/server.js';
import { kTrendStats, summaryOf } from './lib/summary.js';

const duration = text('DURATION', '1m');
const rate = number('RATE', 3);
const itlMs = number('ITL_MS', 100);
const ttftMs = number('TTFT_MS', 1000);
const lanes = number('SLOW_LANES', 8);
const slowTokens = number('SLOW_TOKENS', 1500);
const slowEvents = new Counter('octavo_slow_events');

/**
 * @param {string} startTime
 * @returns {import('k6/options').Scenario}
 */
const honest = (startTime) => ({
  executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration, startTime, preAllocatedVUs: number('VUS', 30), maxVUs: number('MAX_VUS', 500),
});

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    alone: honest('0s'),
    beside: honest(duration),
    slow: { executor: 'constant-vus', vus: number('SLOW', 8), duration, startTime: duration, exec: 'slow', gracefulStop: '1s' },
  },
  thresholds: {
    ...slicedOver(2 * seconds(duration)),
    octavo_ok: ['rate>0.999'],
    'octavo_ttft{scenario:alone}': [`p(95)<${ttftMs}`],
    'octavo_ttft{scenario:beside}': [`p(95)<${ttftMs}`],
    'octavo_itl{scenario:alone}': [`p(99)<${itlMs}`],
    'octavo_itl{scenario:beside}': [`p(99)<${itlMs}`],
    octavo_sequence_gaps: ['count==0'],
    octavo_slow_events: ['count>0'],
    octavo_leaks: ['count==0'],
  },
  summaryTrendStats: kTrendStats,
};

export default async function () {
  await respond(bodyOf(exec.scenario.iterationInTest));
}

export async function slow() {
  const connection = new Connection();
  if (!(await connection.opened)) return;
  for (let lane = 0; lane < lanes; ++lane) {
    const reply = new Reply({ isMeasured: false, expects: ['whole', 'failed', 'cut'], onEvent: () => {
      slowEvents.add(1);
      sleep(1);
    } });
    // Log-probabilities make events large, so that what waits for this client is more than the buffers on the way hold.
    connection.create(bodyOf(lane, { max_output_tokens: slowTokens, stream_id: `lane_${lane}`, top_logprobs: 20, include: ['message.output_text.logprobs'] }), reply);
  }
  await connection.closed;
}

export const teardown = async () => expectIdle();
export const handleSummary = summaryOf('slow_reader');
