// Is one socket as good as many? LANES lanes on each socket, with PER_LANE responses in each: those of a lane must come in
// order, one after the other, and no lane may be served much later than its neighbours.
import { check } from 'k6';
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
import { bodyOf, number, seconds, text } from './lib/config.js';
import { Connection } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { kTrendStats, summaryOf } from './lib/summary.js';

const lanes = number('LANES', 16);
const perLane = number('PER_LANE', 3);
const duration = text('DURATION', '1m');
/** The slowest lane of a socket as a multiple of its fastest. */
const laneSpread = new Trend('octavo_lane_spread');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: { mux: { executor: 'constant-vus', vus: number('VUS', 4), duration } },
  thresholds: {
    ...slicedOver(seconds(duration)),
    checks: ['rate==1'],
    octavo_ok: ['rate>0.999'],
    octavo_lane_spread: [`p(95)<${number('SPREAD', 2)}`],
    octavo_sequence_gaps: ['count==0'],
  },
  summaryTrendStats: kTrendStats,
};

/**
 * @param {Connection} connection
 * @param {number} lane
 */
async function fill(connection, lane) {
  const start = Date.now();
  const replies = Array.from({ length: perLane }, (_, place) =>
    connection.create(bodyOf(lane + place + exec.vu.idInTest, { stream_id: `lane_${lane}`, metadata: { place: String(place) } })));
  for (const reply of replies) await reply.ended;
  check(replies, { 'a lane is answered in order': (all) => all.every((reply, place) => reply.metadata.place === String(place)) });
  return Date.now() - start;
}

export default async function () {
  const connection = new Connection();
  if (!(await connection.opened)) return;
  const times = await Promise.all(Array.from({ length: lanes }, (_, lane) => fill(connection, lane)));
  laneSpread.add(Math.max(...times) / Math.max(1, Math.min(...times)));
  connection.close();
  await connection.closed;
}

export const handleSummary = summaryOf('mux');
