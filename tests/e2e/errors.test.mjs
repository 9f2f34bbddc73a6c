// Every way in which a frame can be refused: an error event with its code, and a connection that goes on.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { plainClient, sdkClient } from './client.mjs';
import { eventually, metricsOf, patience, serverFor, suiteScope, untilIdle } from './helpers.mjs';

const story = 'Tell me a story about a fox named Pip and a lantern.';
const endless = { input: story, temperature: 0, ignore_eos: true, max_output_tokens: 1500 };

describe('what is refused', () => {
  let server;
  let client;
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite);
    client = await sdkClient(server);
    suite.after(() => client.close());
  });

  const frames = [
    ['invalid_json', '{"type":', null, null],
    ['invalid_json', '', null, null],
    ['invalid_json', '{"type":"response.create"} trailing', null, null],
    ['invalid_json', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`, null, null],
    ['invalid_event', '[]', null, null],
    ['invalid_event', '"response.create"', null, null],
    ['invalid_event', '{}', 'type', null],
    ['invalid_event', '{"type":7,"stream_id":"a"}', 'type', 'a'],
    ['unknown_event_type', '{"type":"response.dance","stream_id":"a"}', 'type', 'a'],
    ['invalid_stream_id', '{"type":"response.create","input":"x","stream_id":""}', 'stream_id', null],
    ['invalid_stream_id', '{"type":"response.create","input":"x","stream_id":"a b"}', 'stream_id', null],
    ['invalid_stream_id', '{"type":"response.create","input":"x","stream_id":9}', 'stream_id', null],
    ['invalid_stream_id', `{"type":"response.create","input":"x","stream_id":"${'a'.repeat(257)}"}`, 'stream_id', null],
    ['invalid_event', '{"type":"response.cancel"}', 'response_id', null],
    ['response_not_found', '{"type":"response.cancel","response_id":"resp_none"}', 'response_id', null],
    ['response_not_found', '{"type":"response.cancel","stream_id":"idle"}', 'stream_id', 'idle'],
  ];
  for (const [code, frame, param, stream_id] of frames) {
    test(`${frame.slice(0, 60)} gives ${code}`, async () => {
      const refused = client.nextError();
      client.sendRaw(frame);
      const event = await refused;
      assert.equal(event.error.code, code);
      assert.equal(event.error.param, param);
      assert.equal(event.stream_id ?? null, stream_id);
      assert.equal(event.status, code === 'response_not_found' ? 404 : 400);
    });
  }

  const fields = [
    ['invalid_value', { input: undefined }, 'input'],
    ['invalid_value', { input: 7 }, 'input'],
    ['invalid_value', { input: [{ role: 'wizard', content: 'x' }] }, 'input[0].role'],
    ['invalid_value', { input: [{ role: 'user' }] }, 'input[0].content'],
    ['invalid_value', { temperature: 2.5 }, 'temperature'],
    ['invalid_value', { temperature: 'hot' }, 'temperature'],
    ['invalid_value', { top_p: -0.1 }, 'top_p'],
    ['invalid_value', { top_k: -2 }, 'top_k'],
    ['invalid_value', { min_p: 1.5 }, 'min_p'],
    ['invalid_value', { repetition_penalty: 0 }, 'repetition_penalty'],
    ['invalid_value', { presence_penalty: 3 }, 'presence_penalty'],
    ['invalid_value', { frequency_penalty: -3 }, 'frequency_penalty'],
    ['invalid_value', { max_output_tokens: 0 }, 'max_output_tokens'],
    ['invalid_value', { max_output_tokens: 4, min_tokens: 5 }, 'min_tokens'],
    ['invalid_value', { seed: 1.5 }, 'seed'],
    ['invalid_value', { n: 9 }, 'n'],
    ['invalid_value', { beam_width: 0 }, 'beam_width'],
    ['invalid_value', { beam_width: 17 }, 'beam_width'],
    ['invalid_value', { beam_width: 2, n: 3 }, 'n'],
    ['invalid_value', { beam_width: 2, length_penalty: 11 }, 'length_penalty'],
    ['invalid_value', { beam_width: 2, early_stopping: 'always' }, 'early_stopping'],
    ['invalid_value', { cache_salt: '' }, 'cache_salt'],
    ['invalid_value', { stop: [''] }, 'stop'],
    ['invalid_value', { stop_token_ids: [4096] }, 'stop_token_ids'],
    ['invalid_value', { logit_bias: { 'the': 1 } }, 'logit_bias'],
    ['invalid_value', { logit_bias: { 7: 101 } }, 'logit_bias'],
    ['invalid_value', { top_logprobs: 21 }, 'top_logprobs'],
    ['invalid_value', { include: [3] }, 'include'],
    ['invalid_value', { metadata: { key: 'x'.repeat(513) } }, 'metadata'],
    ['invalid_value', { octavo: { deadline_ms: 0 } }, 'octavo.deadline_ms'],
    ['invalid_value', { octavo: { priority: 'high' } }, 'octavo.priority'],
    ['invalid_value', { input: undefined, octavo: { prompt_token_ids: [4096] } }, 'octavo.prompt_token_ids'],
    ['unsupported_parameter', { background: true }, 'background'],
    ['unsupported_parameter', { stream: false }, 'stream'],
    ['unsupported_parameter', { tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    ['invalid_value', { tools: [{ type: 'function', name: 'a b' }] }, 'tools[0].name'],
    ['invalid_value', { tool_choice: 'required' }, 'tool_choice'],
    ['unsupported_parameter', { tools: [{ type: 'function', name: 'f', strict: true, parameters: { type: 'object', properties: { a: { type: 'string', not: {} } } } }] }, 'tools.f.parameters'],
    ['unsupported_parameter', { length_penalty: 0.5 }, 'length_penalty'],
    ['unsupported_parameter', { early_stopping: true }, 'early_stopping'],
    ['unsupported_parameter', { beam_width: 4, stop: 'x' }, 'stop'],
    ['unsupported_parameter', { beam_width: 4, top_logprobs: 1 }, 'top_logprobs'],
    ['unsupported_parameter', { beam_width: 4, presence_penalty: 1 }, 'presence_penalty'],
    ['unsupported_parameter', { text: { format: { type: 'json_schema', name: 'x', schema: { type: 'string', not: {} } } } }, 'text.format.schema'],
    ['unsupported_parameter', { reasoning: { effort: 'high' } }, 'reasoning.effort'],
    ['unsupported_parameter', { truncation: 'auto' }, 'truncation'],
    ['invalid_value', { truncation: 'nonsense' }, 'truncation'],
    ['unsupported_parameter', { service_tier: 'flex' }, 'service_tier'],
    ['unsupported_parameter', { text: { verbosity: 'low' } }, 'text.verbosity'],
    ['invalid_value', { include: ['nonsense'] }, 'include'],
    ['invalid_value', { max_tool_calls: 0 }, 'max_tool_calls'],
    ['invalid_value', { user: 7 }, 'user'],
    ['unsupported_parameter', { octavo: { prompt_token_ids: [5] } }, 'input'],
    ['unsupported_parameter', { input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0]'],
    ['unsupported_parameter', { input: [{ type: 'item_reference', id: 'x' }] }, 'input[0].type'],
    ['invalid_value', { input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] }, 'input'],
    ['model_not_found', { model: 'another' }, 'model'],
    ['previous_response_not_found', { previous_response_id: 'resp_none' }, 'previous_response_id'],
    ['context_length_exceeded', { input: 'fox '.repeat(3000) }, 'input'],
  ];
  for (const [code, fault, param] of fields) {
    test(`${JSON.stringify(fault).slice(0, 70)} gives ${code}`, async () => {
      const turn = await client.turn({ input: 'x', stream_id: 'wrong', ...fault });
      assert.equal(turn.events.length, 1);
      assert.equal(turn.error?.code, code);
      assert.equal(turn.error.param, param);
      assert.equal(turn.end.status, code === 'model_not_found' ? 404 : 400);
    });
  }

  test('the connection goes on after all of that', async () => {
    const turn = await client.complete({ input: 'What is 7 plus 8?', temperature: 0, max_output_tokens: 30, unheard_of: 1 });
    assert.equal(turn.end.type, 'response.completed');
  });

  test('a failed continuation takes an unstored parent out of memory, a failed fork does not', async () => {
    const root = await client.complete({ input: 'x', stream_id: 'root', max_output_tokens: 3, store: false });
    const too_long = { input: 'fox '.repeat(3000), previous_response_id: root.id };
    assert.equal((await client.turn({ ...too_long, stream_id: 'other' })).error.code, 'context_length_exceeded');
    assert.equal((await client.turn({ ...too_long, stream_id: 'root' })).error.code, 'context_length_exceeded');
    const gone = await client.turn({ input: 'x', previous_response_id: root.id, stream_id: 'root' });
    assert.equal(gone.error.code, 'previous_response_not_found');
    const stored = await client.complete({ input: 'x', stream_id: 'root', max_output_tokens: 3 });
    const failed = await client.turn({ ...too_long, previous_response_id: stored.id, stream_id: 'root' });
    assert.equal(failed.error.code, 'context_length_exceeded');
    assert.equal((await client.turn({ input: 'x', previous_response_id: stored.id, stream_id: 'root', max_output_tokens: 1 })).error, undefined);
  });

  test('the 33rd named lane is refused with websocket_stream_limit_reached', async () => {
    const own = await plainClient(server);
    const body = { input: 'x', max_output_tokens: 1 };
    for (let i = 0; i < 32; ++i) await own.complete({ ...body, stream_id: `lane-${i}` });
    const refused = await own.turn({ ...body, stream_id: 'one-more' });
    assert.equal(refused.error.code, 'websocket_stream_limit_reached');
    assert.equal(refused.error.param, 'stream_id');
    assert.equal((await own.turn(body)).error, undefined, 'the default lane is none of them');
    assert.equal((await own.turn({ ...body, stream_id: 'lane-7' })).error, undefined);
    await own.close();
  });

  test('the 65th waiting create of a connection is refused with queue_full and retry-after', async () => {
    const own = await plainClient(server);
    const turns = [];
    for (let i = 0; i < 66; ++i) turns.push(own.create(endless));
    const event = await own.nextError();
    assert.equal(event.error.code, 'queue_full');
    assert.equal(event.status, 429);
    assert.equal(event.error.headers['retry-after'], '1');
    await own.close();
    await untilIdle(server);
  });

  test('a deadline that passes ends the response as failed with deadline_exceeded', async () => {
    const turn = await client.turn({ ...endless, octavo: { deadline_ms: 60 * patience } });
    assert.equal(turn.end.type, 'response.failed');
    assert.equal(turn.response.status, 'failed');
    assert.equal(turn.response.error.code, 'deadline_exceeded');
    assert.ok(turn.usage.output_tokens < 1500);
    await untilIdle(server);
  });

  test('the deadline of a queued response counts from its arrival', async () => {
    const deadlines = [400 * patience, 40 * patience]; // The second is over long before its turn comes.
    const turns = deadlines.map((deadline_ms) => client.create({ ...endless, octavo: { deadline_ms } }));
    await Promise.all(turns.map((turn) => turn.finished));
    assert.ok(turns[0].usage.output_tokens > 0);
    assert.equal(turns[1].response.error.code, 'deadline_exceeded');
    assert.equal(turns[1].usage.output_tokens, 0);
  });
});

test('a full queue of the server refuses with queue_full, and takes more later', async (t) => {
  const server = await serverFor(t, ['--max-queue', '1', '--max-num-seqs', '1']);
  const client = await plainClient(server);
  const running = client.create({ ...endless, stream_id: 'a' });
  await running.started;
  const waiting = client.create({ ...endless, stream_id: 'b' });
  await eventually(async () => (await metricsOf(server)).get('octavo:num_requests_waiting') === 1, 'one waits');
  const refused = await client.turn({ ...endless, stream_id: 'c' });
  assert.equal(refused.error.code, 'queue_full');
  assert.equal(refused.end.status, 429);
  assert.equal(refused.end.stream_id, 'c');
  for (const stream_id of ['a', 'b']) client.send({ type: 'response.cancel', stream_id });
  await Promise.all([running.finished, waiting.finished]);
  assert.equal((await client.turn({ ...endless, max_output_tokens: 3, stream_id: 'c' })).error, undefined);
  assert.equal((await metricsOf(server)).get('octavo:request_rejected_total{code="queue_full"}'), 1);
  await client.close();
});

test('a draining server says goaway, refuses with server_draining, and lets what runs complete', async (t) => {
  const server = await serverFor(t, ['--drain-timeout', String(60 * patience)]);
  const client = await plainClient(server);
  const numTokens = 800 / patience;
  const running = client.create({ ...endless, max_output_tokens: numTokens, stream_id: 'a' });
  await running.started;
  const goaway = client.next((event) => event.type === 'octavo:goaway');
  const ending = server.stop();
  const event = await goaway;
  assert.equal(event.reason, 'draining');
  assert.ok(event.time_left_ms > 0);
  const refused = await client.turn({ input: 'x', stream_id: 'b' });
  assert.equal(refused.error.code, 'server_draining');
  assert.equal(refused.end.status, 503);
  await running.finished;
  assert.equal(running.usage.output_tokens, numTokens);
  assert.equal(running.response.incomplete_details.reason, 'max_output_tokens');
  assert.equal(await client.done, 1001);
  assert.deepEqual(await ending, { code: 0, signal: null });
});
