// What the server says of itself: its metrics page, and whether it is idle.
import http from 'k6/http';
import { Counter } from 'k6/metrics';
import { headers, number, text, url } from './config.js';
import { wait } from './time.js';

const prefix = text('METRICS_PREFIX', 'octavo');

/** Blocks, requests or connections that were still held when nobody wanted them any more. */
export const leaks = new Counter('octavo_leaks');

/**
 * A number of the page at `/metrics`, summed over the labels that it has besides those that are asked for.
 * @param {string} page
 * @param {string} name
 * @param {string} [labels] a part of the labels, as `state="owned"`
 * @returns {number | undefined}
 */
export function metricIn(page, name, labels = '') {
  let sum;
  for (const line of page.split('\n')) {
    const end = line.indexOf('{') < 0 ? line.indexOf(' ') : line.indexOf('{');
    if (line.slice(0, end) !== `${prefix}:${name}` || !line.includes(labels)) continue;
    sum = (sum || 0) + Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}

/** The text of the page, empty where it is not to be had. */
export async function metricsPage() {
  const answer = await http.asyncRequest('GET', `${url}/metrics`, null, { headers, tags: { name: 'metrics' } });
  return answer.status === 200 ? String(answer.body) : '';
}

/**
 * Waits until nothing runs, waits or holds a block. What is left after so many seconds is counted as leaked. A server that
 * other clients use, too, is never idle: ALONE=0 leaves it out.
 * @param {number} [patience]
 */
export async function expectIdle(patience = number('IDLE_S', 15)) {
  if (text('ALONE', '1') === '0') return;
  const names = ['num_requests_running', 'num_requests_waiting', 'num_requests_in_flight', 'kv_cache_usage_perc'];
  for (let tries = 0; tries < patience * 4; ++tries) {
    const page = await metricsPage();
    if (page && names.every((name) => metricIn(page, name) === 0)) {
      leaks.add(0);
      return;
    }
    await wait(0.25);
  }
  leaks.add(1);
}
