// Conversations through the official SDK: turns, lanes, forks, cancels. Every event is held against the contract.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { sdkClient } from './client.mjs';
import { metricsOf, serverFor, suiteScope, untilIdle } from './helpers.mjs';

const story = 'Tell me a story about a fox named Pip and a lantern.';
const greedy = { temperature: 0, max_output_tokens: 120 };
const prompts = [
  story,
  'Tell me a story about a cat named Mia and a kite.',
  'What is 7 plus 8?',
  'Spell the word lantern.',
];

describe('a conversation through the official SDK', () => {
  let server;
  let client;
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite);
    client = await sdkClient(server);
    suite.after(() => client.close());
  });

  test('a second turn remembers the first, as if the whole conversation had been sent', async () => {
    const first = await client.complete({ input: story, ...greedy });
    assert.equal(first.end.type, 'response.completed');
    assert.ok(first.text.includes('Pip'));
    assert.ok(first.response.completed_at >= first.response.created_at);
    const question = 'Where was the lantern?';
    const second = await client.complete({ input: question, previous_response_id: first.id, ...greedy });
    assert.equal(second.response.previous_response_id, first.id);
    assert.ok(second.usage.input_tokens > first.usage.input_tokens + first.usage.output_tokens - 1);
    const whole = await client.complete({
      input: [
        { role: 'user', content: story },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: first.text, annotations: [] }] },
        { role: 'user', content: [{ type: 'input_text', text: question }] },
      ],
      ...greedy,
    });
    assert.equal(whole.text, second.text);
    assert.equal(whole.usage.input_tokens, second.usage.input_tokens);
    assert.notEqual((await client.complete({ input: question, ...greedy })).text, second.text);
  });

  test('deltas joined are the text of every later event, and usage adds up', async () => {
    const turn = await client.complete({ input: prompts[1], ...greedy });
    const of = (type) => turn.events.find((event) => event.type === type);
    assert.equal(of('response.output_text.done').text, turn.text);
    assert.equal(of('response.content_part.done').part.text, turn.text);
    assert.equal(of('response.output_item.done').item.content[0].text, turn.text);
    assert.equal(turn.response.output[0].content[0].text, turn.text);
    assert.equal(turn.response.status, 'completed');
    assert.equal(turn.usage.total_tokens, turn.usage.input_tokens + turn.usage.output_tokens);
    assert.ok(turn.events.every((event) => !('stream_id' in event)));
  });

  test('instructions are the system message, and are not inherited', async () => {
    const input = 'Tell me a story.';
    const with_system = await client.complete({ input, instructions: 'Be brief.', ...greedy });
    const as_item = await client.complete({
      input: [{ role: 'developer', content: 'Be brief.' }, { role: 'user', content: input }], ...greedy });
    assert.equal(with_system.text, as_item.text);
    assert.equal(with_system.response.instructions, 'Be brief.');
    const next = await client.complete({ input: 'More.', previous_response_id: with_system.id, ...greedy });
    assert.equal(next.response.instructions, null);
  });

  test('four lanes run at once, and each says what it says alone', async () => {
    const solo = [];
    for (const input of prompts) solo.push((await client.complete({ input, ...greedy })).text);
    const turns = await Promise.all(
      prompts.map((input, i) => client.create({ input, stream_id: `lane.${i}`, ...greedy }).finished));
    turns.forEach((turn, i) => {
      assert.equal(turn.text, solo[i]);
      assert.ok(turn.events.every((event) => event.stream_id === `lane.${i}`));
    });
    const [a, b] = [turns[0].arrivals, turns[1].arrivals];
    assert.ok(a[0] < b.at(-1) && b[0] < a.at(-1), 'the deltas of two lanes interleave');
  });

  test('one lane runs its responses one after the other, in order', async () => {
    const turns = await Promise.all([0, 1, 2].map((i) => client.create({ input: prompts[i], ...greedy }).finished));
    assert.ok(turns[0].arrivals.at(-1) < turns[1].arrivals[0]);
    assert.ok(turns[1].arrivals.at(-1) < turns[2].arrivals[0]);
  });

  test('two forks of one response go their own ways from the same past', async () => {
    const root = await client.complete({ input: story, ...greedy });
    const questions = ['Where was the lantern?', 'Who did Pip meet?'];
    const forks = await Promise.all(questions.map((input, i) =>
      client.create({ input, previous_response_id: root.id, stream_id: `fork-${i}`, ...greedy }).finished));
    for (const [i, fork] of forks.entries()) {
      const whole = await client.complete({
        input: [{ role: 'user', content: story }, { role: 'assistant', content: root.text },
                { role: 'user', content: questions[i] }],
        ...greedy,
      });
      assert.equal(fork.text, whole.text);
    }
    assert.notEqual(forks[0].text, forks[1].text);
  });

  test('a response can be continued on another lane after its own lane went on', async () => {
    const first = await client.complete({ input: story, stream_id: 'main', ...greedy });
    await client.complete({ input: 'Where was the lantern?', previous_response_id: first.id, stream_id: 'main', ...greedy });
    const back = await client.turn({ input: 'Who did Pip meet?', previous_response_id: first.id, stream_id: 'side', ...greedy });
    assert.equal(back.error, undefined);
  });

  test('with store:false a lane remembers its latest response only', async () => {
    const body = { stream_id: 'forgetful', store: false, ...greedy };
    const first = await client.complete({ ...body, input: 'What is 1 plus 1?' });
    const second = await client.complete({ ...body, input: 'And 2 plus 2?', previous_response_id: first.id });
    assert.equal(second.response.store, false);
    const late = await client.turn({ ...body, input: 'And 3 plus 3?', previous_response_id: first.id });
    assert.equal(late.error.code, 'previous_response_not_found');
    assert.equal(late.error.param, 'previous_response_id');
    assert.equal((await client.complete({ ...body, input: 'Go on.', previous_response_id: second.id })).error, undefined);
  });

  test('a continuation after a stop string goes on from the text that was shown', async () => {
    const first = await client.complete({ input: story, stop: ' lantern', ...greedy });
    assert.ok(!first.text.includes(' lantern'));
    const question = 'Where was the lantern?';
    const second = await client.complete({ input: question, previous_response_id: first.id, ...greedy });
    const whole = await client.complete({
      input: [{ role: 'user', content: story }, { role: 'assistant', content: first.text },
              { role: 'user', content: question }],
      ...greedy,
    });
    assert.equal(second.text, whole.text);
  });

  for (const by of ['response_id', 'stream_id']) {
    test(`a cancel by ${by} ends the response at the next step, usage filled in`, async () => {
      const stream_id = 'to-cancel';
      const turn = client.create({ input: story, stream_id, temperature: 0, ignore_eos: true, max_output_tokens: 1500 });
      await turn.started;
      client.send({ type: 'response.cancel', [by]: by === 'response_id' ? turn.id : stream_id });
      await turn.finished;
      assert.equal(turn.end.type, 'response.incomplete');
      assert.equal(turn.response.status, 'cancelled');
      assert.equal(turn.response.output[0].status, 'incomplete');
      assert.equal(turn.response.output[0].content[0].text, turn.text);
      assert.ok(turn.usage.input_tokens > 0);
      assert.ok(turn.usage.output_tokens > 0 && turn.usage.output_tokens < 1500);
      await untilIdle(server);
      const next = await client.complete({ input: prompts[2], stream_id, ...greedy });
      assert.equal(next.end.type, 'response.completed');
    });
  }

  test('a cancelled response can be continued', async () => {
    const turn = client.create({ input: story, temperature: 0, ignore_eos: true, max_output_tokens: 1500 });
    await turn.started;
    client.send({ type: 'response.cancel', response_id: turn.id });
    await turn.finished;
    const next = await client.complete({ input: 'Who was it about?', previous_response_id: turn.id, ...greedy });
    assert.ok(next.usage.input_tokens > turn.usage.input_tokens);
  });

  test('a cancel right behind its create still shows the whole order of events', async () => {
    const turn = client.create({ input: story, stream_id: 'hasty', ...greedy });
    client.send({ type: 'response.cancel', stream_id: 'hasty' });
    await turn.finished;
    assert.equal(turn.response.status, 'cancelled');
  });

  test('a cancel of a lane takes along what the lane has queued', async () => {
    const body = { stream_id: 'crowded', temperature: 0, ignore_eos: true, max_output_tokens: 1500 };
    const turns = [0, 1, 2].map(() => client.create({ input: story, ...body }));
    await turns[0].started;
    client.send({ type: 'response.cancel', stream_id: 'crowded' });
    for (const turn of turns) {
      await turn.finished;
      assert.equal(turn.response.status, 'cancelled');
    }
  });

  test('generate:false reads the prompt and gives an id to chain from', async () => {
    const warm = await client.complete({ input: [{ role: 'system', content: 'Be kind.' }], generate: false, ...greedy });
    assert.equal(warm.end.type, 'response.completed');
    assert.deepEqual(warm.events.map((event) => event.type),
                     ['response.created', 'response.in_progress', 'response.completed']);
    assert.deepEqual(warm.response.output, []);
    assert.equal(warm.usage.output_tokens, 0);
    assert.ok(warm.usage.input_tokens > 0);
    const next = await client.complete({ input: story, previous_response_id: warm.id, ...greedy });
    const whole = await client.complete({
      input: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: story }], ...greedy });
    assert.equal(next.text, whole.text);
  });

  test('max_output_tokens ends a response as incomplete', async () => {
    const turn = await client.complete({ input: story, temperature: 0, max_output_tokens: 5 });
    assert.equal(turn.end.type, 'response.incomplete');
    assert.equal(turn.response.status, 'incomplete');
    assert.deepEqual(turn.response.incomplete_details, { reason: 'max_output_tokens' });
    assert.equal(turn.usage.output_tokens, 5);
    assert.equal(turn.response.max_output_tokens, 5);
  });

  test('what was asked comes back, to the last digit', async () => {
    const asked = { temperature: 0.7, top_p: 0.9, presence_penalty: 0.1, frequency_penalty: -0.3, tool_choice: 'none',
                    parallel_tool_calls: false, max_tool_calls: 3, prompt_cache_key: 'k', safety_identifier: 's', max_output_tokens: 20 };
    const { response } = await client.complete({ input: 'x', ...asked });
    for (const [name, value] of Object.entries(asked)) assert.deepEqual(response[name], value, name);
  });

  test('metadata comes back', async () => {
    const metadata = { topic: 'foxes', 'a key': 'ä value' };
    const turn = await client.complete({ input: prompts[2], metadata, ...greedy });
    assert.deepEqual(turn.response.metadata, metadata);
  });

  test('when all is said, no block is in use', async () => {
    const now = await untilIdle(server);
    assert.ok((await metricsOf(server)).get('octavo:num_connections') >= 1);
    assert.ok(now.get('octavo:request_success_total{finished_reason="cancelled"}') >= 3);
  });
});
