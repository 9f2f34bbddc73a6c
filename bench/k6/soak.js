// Does anything grow? A steady load for hours (RATE: some 70 % of what the server holds), while its own figures are read every
// WATCH_EVERY seconds. The plots over time must be flat, and at the end nothing may be held.
import exec from 'k6/execution';
import { Counter, Gauge } from 'k6/metrics';
import { bodyOf, number, seconds, text } from './lib/config.js';
import { respond } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { expectIdle, metricIn, metricsPage } from './lib/server.js';
import { kTrendStats, summaryOf } from './lib/summary.js';
import { wait } from './lib/time.js';

const duration = text('DURATION', '4h');
const every = number('WATCH_EVERY', 10);
const auditFailures = new Counter('octavo_audit_failures');
const blocks = new Gauge('octavo_server_blocks_owned');
const connections = new Gauge('octavo_server_connections');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    soak: { executor: 'constant-arrival-rate', rate: number('RATE', 3), timeUnit: '1s', duration, preAllocatedVUs: number('VUS', 50), maxVUs: number('MAX_VUS', 500) },
    watch: { executor: 'constant-vus', vus: 1, duration, exec: 'watch', gracefulStop: '0s' },
  },
  thresholds: {
    ...slicedOver(seconds(duration)),
    octavo_ok: ['rate>0.9999'],
    octavo_ttft: [`p(99)<${number('TTFT_MS', 1000)}`],
    octavo_itl: [`p(99)<${number('ITL_MS', 100)}`],
    octavo_sequence_gaps: ['count==0'],
    octavo_audit_failures: ['count==0'],
    octavo_leaks: ['count==0'],
    dropped_iterations: ['count==0'],
  },
  summaryTrendStats: kTrendStats,
};

export default async function () {
  await respond(bodyOf(exec.scenario.iterationInTest));
}

export async function watch() {
  const page = await metricsPage();
  auditFailures.add(metricIn(page, 'kv_cache_audit_ok') === 1 ? 0 : 1);
  blocks.add(metricIn(page, 'kv_blocks', 'state="owned",tier="device"') || 0);
  connections.add(metricIn(page, 'num_connections') || 0);
  await wait(every);
}

export const teardown = async () => expectIdle();
export const handleSummary = summaryOf('soak');
