// Is a text whole whose connection broke? Each answer is made once without a cut and once more, with the same seed, cut at random
// places and resumed on a new connection. The two texts must not differ in one byte, and no event may be missing or double.
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { bodyOf, number, seconds, text } from './lib/config.js';
import { Connection, respond } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { Reply } from './lib/reply.js';
import { kTrendStats, summaryOf } from './lib/summary.js';

const duration = text('DURATION', '1m');
const mostCuts = number('CUTS', 4);
const differences = new Counter('octavo_text_differences');
const cuts = new Counter('octavo_cuts');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: { resume: { executor: 'constant-vus', vus: number('VUS', 8), duration } },
  thresholds: {
    ...slicedOver(seconds(duration)),
    octavo_text_differences: ['count==0'],
    octavo_cuts: ['count>0'],
    octavo_sequence_gaps: ['count==0'],
    octavo_ok: ['rate==1'],
  },
  summaryTrendStats: kTrendStats,
};

/**
 * The answer to one body, in pieces: after a random number of events each connection but the last is closed.
 * @param {Record<string, any>} body
 */
async function inPieces(body) {
  let left = 1 + Math.floor(Math.random() * mostCuts);
  let reply = new Reply();
  for (;;) {
    const connection = new Connection();
    if (!(await connection.opened)) return null;
    let events = left > 0 ? 1 + Math.floor(Math.random() * 20) : Infinity;
    const resumed = reply;
    reply = new Reply({ isMeasured: false, resumes: reply.id ? resumed : undefined, expects: ['whole', 'cut'], onEvent: () => {
      events -= 1;
      // k6 hands on no message after close(): what was under way is lost, as with a connection that breaks.
      if (events === 0) connection.close();
    } });
    if (resumed.id) connection.resume(resumed, reply);
    else connection.create(body, reply);
    await reply.ended;
    if (reply.end !== 'cut') {
      connection.close();
      await connection.closed;
      return reply;
    }
    await connection.closed;
    cuts.add(1);
    left -= 1;
  }
}

export default async function () {
  const n = exec.scenario.iterationInTest;
  const body = bodyOf(n, { seed: n % 1000, temperature: 1, octavo: { resume_grace_ms: 20000 } });
  const whole = await respond(body);
  const pieces = await inPieces(body);
  if (!whole || !pieces || whole.end !== 'whole') return;
  const isSame = pieces.end === 'whole' && pieces.text === whole.text && pieces.response.output[0].content[0].text === whole.text;
  differences.add(isSame ? 0 : 1);
}

export const handleSummary = summaryOf('resume');
