// Does a server leave in peace? Streams run all the while; within DURATION the operator sends SIGTERM to it. Everyone must hear
// `octavo:goaway`, what runs must end whole, and the close code must be 1001.
import exec from 'k6/execution';
import { Counter, Rate } from 'k6/metrics';
import { bodyOf, number, seconds, text } from './lib/config.js';
import { Connection } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { Reply } from './lib/reply.js';
import { kTrendStats, summaryOf } from './lib/summary.js';
import { within } from './lib/time.js';

const duration = text('DURATION', '1m');
const goaways = new Counter('octavo_goaways');
/** Whether a VU was told, and its connection closed, as it should. */
const drained = new Rate('octavo_drained');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: { drain: { executor: 'per-vu-iterations', vus: number('VUS', 10), iterations: 1, maxDuration: `${seconds(duration) + 60}s` } },
  thresholds: {
    ...slicedOver(seconds(duration)),
    octavo_drained: ['rate==1'],
    octavo_ok: ['rate==1'],
    octavo_sequence_gaps: ['count==0'],
  },
  summaryTrendStats: kTrendStats,
};

export default async function () {
  let isLeaving = false;
  const connection = new Connection({ onGoaway: () => {
    isLeaving = true;
    goaways.add(1);
  } });
  if (!(await connection.opened)) {
    drained.add(false);
    return;
  }
  const end = Date.now() + seconds(duration) * 1000;
  while (!isLeaving && Date.now() < end) {
    // What reaches a server after its farewell is turned away, which is right.
    const reply = connection.create(bodyOf(exec.vu.idInTest), new Reply({ expects: ['whole', 'refused'] }));
    if ((await reply.ended).end !== 'whole') break;
  }
  const code = await within(connection.closed, isLeaving ? 30 : 5, 0);
  drained.add(isLeaving && code === 1001);
  connection.close();
}

export const handleSummary = summaryOf('drain');
