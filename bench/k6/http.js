// Do all ways say the same? The same prompt and seed over the WebSocket, as server-sent events, and as one plain answer must make
// one text. k6 hands events over HTTP on when the last has come, so their times are the whole answer's; the first byte's is there.
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { bodyOf, chatBodyOf, headers, number, seconds, text, url } from './lib/config.js';
import { respond } from './lib/connection.js';
import { slicedOver } from './lib/metrics.js';
import { kTrendStats, summaryOf } from './lib/summary.js';

const duration = text('DURATION', '1m');
const differences = new Counter('octavo_text_differences');
const firstByte = new Trend('octavo_http_first_byte', true);
const whole = new Trend('octavo_http_duration', true);

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: { parity: { executor: 'constant-vus', vus: number('VUS', 4), duration } },
  thresholds: {
    ...slicedOver(seconds(duration)),
    checks: ['rate==1'],
    octavo_text_differences: ['count==0'],
    octavo_ok: ['rate==1'],
    http_req_failed: ['rate==0'],
    'octavo_http_duration{mode:sse}': ['max>=0'],
    'octavo_http_duration{mode:plain}': ['max>=0'],
  },
  summaryTrendStats: kTrendStats,
};

/**
 * @param {Record<string, any>} body
 * @param {string} mode
 */
async function chat(body, mode) {
  const answer = await http.asyncRequest('POST', `${url}/v1/chat/completions`, JSON.stringify(body), {
    headers: { 'Content-Type': 'application/json', ...headers }, tags: { name: 'chat', mode },
  });
  firstByte.add(answer.timings.waiting, { mode });
  whole.add(answer.timings.duration, { mode });
  return answer;
}

/**
 * The text of a stream of chat completions.
 * @param {string} events
 */
function textOf(events) {
  let sum = '';
  for (const event of events.split('\n\n')) {
    if (!event.startsWith('data: {')) continue;
    const { choices } = JSON.parse(event.slice('data: '.length));
    if (choices.length) sum += choices[0].delta.content || '';
  }
  return sum;
}

export default async function () {
  const n = exec.scenario.iterationInTest;
  const asked = { seed: n, temperature: 1 };
  const socket = await respond(bodyOf(n, asked));
  const events = await chat(chatBodyOf(n, { ...asked, stream: true, stream_options: { include_usage: true } }), 'sse');
  const plain = await chat(chatBodyOf(n, asked), 'plain');
  const isWhole = check({ events, plain }, {
    'events answer 200': (all) => all.events.status === 200,
    'events end with [DONE]': (all) => String(all.events.body).endsWith('data: [DONE]\n\n'),
    'a plain answer is 200': (all) => all.plain.status === 200,
  });
  if (!isWhole || !socket) return;
  const texts = [textOf(String(events.body)), String(plain.json('choices.0.message.content'))];
  differences.add(texts.every((each) => each === socket.text) ? 0 : 1);
}

export const handleSummary = summaryOf('http');
