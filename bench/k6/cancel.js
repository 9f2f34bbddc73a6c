// Does a cancel free what it should, soon? Each response is cancelled after a random number of pieces of text. Its end must
// follow at once, with little text after the cancel, and afterwards the server may hold no block.
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
import { bodyOf, number, seconds, text } from './lib/config.js';
import { Connection } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { Reply } from './lib/reply.js';
import { expectIdle } from './lib/server.js';
import { kTrendStats, summaryOf } from './lib/summary.js';

const duration = text('DURATION', '1m');
/** From the cancel to the end of the response. */
const cancelTime = new Trend('octavo_cancel_time', true);
/** Pieces of text that came after the cancel was sent; those on their way are among them. */
const lateDeltas = new Trend('octavo_deltas_after_cancel');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: { cancel: { executor: 'constant-vus', vus: number('VUS', 8), duration } },
  thresholds: {
    ...slicedOver(seconds(duration)),
    octavo_ok: ['rate==1'],
    octavo_cancel_time: [`p(95)<${number('CANCEL_MS', 250)}`],
    octavo_sequence_gaps: ['count==0'],
    octavo_leaks: ['count==0'],
  },
  summaryTrendStats: kTrendStats,
};

export default async function () {
  const connection = new Connection();
  if (!(await connection.opened)) return;
  const after = 1 + Math.floor(Math.random() * number('AT_MOST', 40));
  let cancelledAt = 0;
  const reply = new Reply({ expects: ['cancelled'], onEvent: (event) => {
    if (cancelledAt || event.type !== 'response.output_text.delta' || reply.numDeltas < after) return;
    connection.cancel(reply);
    cancelledAt = Date.now();
  } });
  await connection.create(bodyOf(exec.scenario.iterationInTest, { max_output_tokens: number('CANCEL_TOKENS', 1500) }), reply).ended;
  cancelTime.add(Date.now() - cancelledAt);
  lateDeltas.add(reply.numDeltas - after);
  connection.close();
  await connection.closed;
}

export const teardown = async () => expectIdle();
export const handleSummary = summaryOf('cancel');
