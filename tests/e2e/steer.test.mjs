// More input for a response while it runs, through the official SDK: response.steer and what follows.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { sdkClient } from './client.mjs';
import { serverFor, suiteScope, untilIdle } from './helpers.mjs';

const story = 'Tell me a story about a fox named Pip and a lantern.';
const question = 'Where was the lantern?';
const endless = { input: story, temperature: 0, ignore_eos: true, max_output_tokens: 600 };
const codesOf = (turn) => turn.steers.map((event) => event.error?.code ?? 'accepted');

describe('steering', () => {
  let server;
  let client;
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite);
    client = await sdkClient(server);
    suite.after(() => client.close());
  });

  test('the running response ends as steered, and a successor goes on from its very tokens', async () => {
    const turn = client.create(endless);
    await turn.started;
    const successor = client.steer(turn, question);
    await turn.finished;
    assert.equal(turn.end.type, 'response.incomplete');
    assert.equal(turn.response.status, 'incomplete');
    assert.deepEqual(turn.response.incomplete_details, { reason: 'steered' });
    assert.equal(turn.response.output[0].content[0].text, turn.text);
    assert.ok(turn.usage.output_tokens > 0 && turn.usage.output_tokens < 600);
    assert.deepEqual(codesOf(turn), ['accepted']);
    assert.equal(turn.steers[0].steer.previous_response_id, turn.id);

    await successor.finished;
    assert.equal(successor.response.previous_response_id, turn.id);
    assert.equal(successor.usage.output_tokens, 600);
    // The same as a continuation that was asked for: neither a token more nor less is its past.
    const asked = await client.complete({ ...endless, input: question, previous_response_id: turn.id });
    assert.equal(successor.text, asked.text);
    assert.equal(successor.usage.input_tokens, asked.usage.input_tokens);
    assert.ok(successor.usage.input_tokens > turn.usage.input_tokens + turn.usage.output_tokens);
  });

  test('a successor can be steered in its turn, and what is queued on the lane comes behind them all', async () => {
    const turn = client.create({ ...endless, stream_id: 'steered' });
    const behind = client.create({ ...endless, stream_id: 'steered', max_output_tokens: 5 });
    await turn.started;
    const first = client.steer(turn, 'First.');
    await first.started;
    const second = client.steer(first, [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Second.' }] }]);
    await second.finished;
    assert.deepEqual([codesOf(turn), codesOf(first)], [['accepted'], ['accepted']]);
    assert.notEqual(turn.steers[0].steer.id, first.steers[0].steer.id);
    const asked = await client.complete({ ...endless, input: 'Second.', previous_response_id: first.id });
    assert.equal(second.text, asked.text);
    assert.equal(second.usage.input_tokens, asked.usage.input_tokens);
    await behind.finished;
    assert.equal(behind.response.previous_response_id, null);
    assert.ok(behind.events.every((event) => event.stream_id === 'steered'));
  });

  test('a response that has ended is followed all the same, with its settings', async () => {
    const turn = await client.complete({ ...endless, max_output_tokens: 12, metadata: { of: 'the first' } });
    const successor = client.steer(turn, question);
    await successor.finished;
    assert.deepEqual(codesOf(turn), ['accepted']);
    assert.equal(successor.response.previous_response_id, turn.id);
    assert.equal(successor.response.max_output_tokens, 12);
    assert.deepEqual(successor.response.metadata, { of: 'the first' });
    const asked = await client.complete({ ...endless, max_output_tokens: 12, input: question, previous_response_id: turn.id });
    assert.equal(successor.text, asked.text);
  });

  test("the SDK's own events tell of a steer that failed, with the input given back", async () => {
    const failed = new Promise((resolve) => client.socket.once('response.steer.failed', resolve));
    client.socket.send({ type: 'response.steer', previous_response_id: 'resp_nowhere', input: 'Go on.' });
    const event = await failed;
    assert.equal(event.error.code, 'response_not_found');
    assert.deepEqual(event.steer, { previous_response_id: 'resp_nowhere', input: 'Go on.' });
    const turn = client.create({ ...endless, max_output_tokens: 100 });
    await turn.started;
    client.steerAgain(turn, [{ type: 'message', role: 'system', content: 'x' }]);
    client.steerAgain(turn, []);
    await turn.finished;
    assert.deepEqual(codesOf(turn), ['invalid_input', 'invalid_input']);
    assert.equal(turn.usage.output_tokens, 100);
  });

  test('a successor that has no room gives the input back, and its parent can be continued', async () => {
    const turn = client.create({ ...endless, stream_id: 'full' });
    await turn.started;
    client.steerAgain(turn, 'fox '.repeat(3000));
    await turn.finished;
    if (turn.steers.length < 2) await client.next((event) => event.type === 'response.steer.failed');
    assert.deepEqual(codesOf(turn), ['accepted', 'successor_creation_failed']);
    assert.equal(turn.steers[1].steer.id, turn.steers[0].steer.id);
    assert.equal(turn.steers[1].steer.input.length, 12_000);
    const next = await client.complete({ ...endless, max_output_tokens: 5, input: question, previous_response_id: turn.id });
    assert.equal(next.response.previous_response_id, turn.id);
  });

  test('when all is said, no block is in use', async () => {
    const now = await untilIdle(server);
    assert.ok(now.get('octavo:request_success_total{finished_reason="steered"}') >= 3);
  });
});
