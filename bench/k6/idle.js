// What do clients cost that only keep a connection? SOCKETS of them, shared by VUS, stay open for DURATION; each is pinged in
// the middle and must answer, none may be lost, and beside them a calm stream of requests is served as ever. The server
// wants `--max-connections` and `--max-connections-per-address 0`. One address has some 28,000 ports: give `--local-ips`.
import exec from 'k6/execution';
import { Counter, Gauge, Rate } from 'k6/metrics';
import { bodyOf, number, seconds, text } from './lib/config.js';
import { Connection, respond } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { metricIn, metricsPage } from './lib/server.js';
import { kTrendStats, summaryOf } from './lib/summary.js';
import { wait, within } from './lib/time.js';

const sockets = number('SOCKETS', 50000);
const vus = number('VUS', 50);
const batch = number('BATCH', 10);
const hold = text('DURATION', '2m');
/** How long opening all of them may take. */
const opening = text('OPENING', '3m');

const opened = new Counter('octavo_idle_opened');
const lost = new Counter('octavo_idle_lost');
const answered = new Rate('octavo_idle_answered');
const connections = new Gauge('octavo_server_connections');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    idle: { executor: 'per-vu-iterations', vus, iterations: 1, maxDuration: `${seconds(opening) + seconds(hold) + 60}s` },
    beside: {
      executor: 'constant-arrival-rate', exec: 'beside', rate: number('RATE', 1), timeUnit: '1s', duration: `${seconds(opening) + seconds(hold)}s`,
      preAllocatedVUs: 20, maxVUs: 200,
    },
  },
  thresholds: {
    ...slicedOver(seconds(opening) + seconds(hold)),
    octavo_idle_opened: [`count>=${sockets}`],
    octavo_idle_lost: ['count==0'],
    octavo_idle_answered: ['rate==1'],
    octavo_ok: ['rate>0.999'],
    octavo_ttft: [`p(95)<${number('TTFT_MS', 1000)}`],
  },
  summaryTrendStats: kTrendStats,
};

export default async function () {
  const own = Math.floor(sockets / vus) + (exec.scenario.iterationInTest < sockets % vus ? 1 : 0);
  const start = Date.now();
  /** @type {Connection[]} */
  const held = [];
  let isHeld = true;
  while (held.length < own) {
    const next = Array.from({ length: Math.min(batch, own - held.length) }, () => new Connection());
    for (const connection of next) {
      const isOpen = await connection.opened;
      opened.add(isOpen ? 1 : 0);
      connection.closed.then(() => { if (isOpen && isHeld) lost.add(1); });
    }
    held.push(...next);
  }
  // All VUs wait until the same moment, so that all sockets are open at once.
  await wait(Math.max(0, seconds(opening) - (Date.now() - start) / 1000) + seconds(hold) / 2);
  const pongs = held.map((connection) => ping(connection));
  for (const pong of pongs) answered.add(await within(pong, 20, false));
  await wait(seconds(hold) / 2);
  isHeld = false;
  for (const connection of held) connection.close();
}

/**
 * @param {Connection} connection
 * @returns {Promise<boolean>}
 */
function ping(connection) {
  if (connection.socket.readyState !== 1) return Promise.resolve(false);
  connection.socket.ping();
  return new Promise((resolve) => { connection.socket.addEventListener('pong', () => resolve(true)); });
}

export async function beside() {
  await respond(bodyOf(exec.scenario.iterationInTest));
  connections.add(metricIn(await metricsPage(), 'num_connections') || 0);
}

export const handleSummary = summaryOf('idle');
