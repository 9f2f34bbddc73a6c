// Does everything answer? One client walks through what the protocol has, once an iteration. Fails at the first thing that
// is not as it should be.
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { bodyOf, chatBodyOf, headers, number, text, url } from './lib/config.js';
import { Connection } from './lib/connection.js';
import { Reply } from './lib/reply.js';
import { expectIdle } from './lib/server.js';
import { kTrendStats, summaryOf } from './lib/summary.js';

const vus = number('VUS', 1);
const iterations = number('ITERATIONS', 3);

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: { smoke: { executor: 'per-vu-iterations', vus, iterations, maxDuration: text('DURATION', '1m') } },
  thresholds: {
    checks: ['rate==1'],
    octavo_ok: ['rate==1'],
    octavo_errors: ['count==0'],
    octavo_sequence_gaps: ['count==0'],
    octavo_leaks: ['count==0'],
    http_req_failed: ['rate==0'],
  },
  summaryTrendStats: kTrendStats,
};

export default async function () {
  await pages();
  await socket();
  await parity();
}

async function pages() {
  for (const path of ['/health', '/ready', '/v1/models', '/metrics', '/version']) {
    const answer = await http.asyncRequest('GET', url + path, null, { headers, tags: { name: path } });
    check(answer, { [`${path} answers 200`]: (each) => each.status === 200 });
  }
}

async function socket() {
  const connection = new Connection();
  if (!check(await connection.opened, { 'the socket opens': (opened) => opened })) return;
  const first = await connection.create(bodyOf(1, { store: true, metadata: { n: '1' } })).ended;
  check(first, {
    'a response ends': (reply) => reply.end === 'whole',
    'its text is the text of its pieces': (reply) => reply.response.output[0].content[0].text === reply.text,
    'its tokens are counted': (reply) => reply.response.usage.output_tokens > 0,
    'its metadata comes back': (reply) => reply.metadata.n === '1',
    'the server tells its times': (reply) => reply.response.octavo.timings.queue_ms >= 0,
  });
  const forks = ['left', 'right'].map((lane) => connection.create(bodyOf(2, { previous_response_id: first.id, stream_id: lane })).ended);
  for (const fork of await Promise.all(forks)) check(fork, { 'a fork goes on from its parent': (reply) => reply.end === 'whole' });

  const endless = new Reply({ expects: ['cancelled'], isMeasured: false, onEvent: (event, reply) => {
    if (reply.numDeltas === 3 && event.type === 'response.output_text.delta') connection.cancel(reply);
  } });
  check(await connection.create(bodyOf(3, { max_output_tokens: 1500 }), endless).ended, { 'a response is cancelled': (reply) => reply.end === 'cancelled' });

  const strange = new Reply({ expects: ['failed'], isMeasured: false });
  check(await connection.create({ previous_response_id: 'resp_unknown', input: 'x' }, strange).ended, {
    'an unknown parent is refused': (reply) => reply.code === 'previous_response_not_found',
  });
  connection.close();
  check(await connection.closed, { 'the socket closes': (code) => code === 1000 });
}

async function parity() {
  const body = chatBodyOf(4, { seed: exec.vu.iterationInScenario });
  const plain = await http.asyncRequest('POST', `${url}/v1/chat/completions`, JSON.stringify(body), { headers, tags: { name: 'chat' } });
  const events = await http.asyncRequest('POST', `${url}/v1/chat/completions`, JSON.stringify({ ...body, stream: true }), { headers, tags: { name: 'chat' } });
  check(plain, { 'chat completions answer': (answer) => String(answer.json('choices.0.message.content')).length > 0 });
  check(events, { 'their events end with [DONE]': (answer) => String(answer.body).endsWith('data: [DONE]\n\n') });
}

export const teardown = async () => expectIdle();
export const handleSummary = summaryOf('smoke');
