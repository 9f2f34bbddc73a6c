// What a request says about the choice of its tokens has its effect, through the wire.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { plainClient } from './client.mjs';
import { serverFor, suiteScope } from './helpers.mjs';

const story = 'Tell me a story about a fox named Pip and a lantern.';
const input = story;

describe('sampling', () => {
  let server;
  let client;
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite);
    client = await plainClient(server);
    suite.after(() => client.close());
  });
  const textOf = async (body) => (await client.complete({ input, ...body })).text;
  const entriesOf = (turn) => turn.end.response.output[0].content[0].logprobs;

  test('the same seed gives the same text, alone and in a crowd', async () => {
    const seeded = { temperature: 1.2, seed: 42, max_output_tokens: 60 };
    const alone = await textOf(seeded);
    assert.equal(await textOf(seeded), alone);
    const crowd = Array.from({ length: 12 }, (_, i) =>
      client.create({ input, temperature: 1.5, max_output_tokens: 80, stream_id: `noise-${i}` }));
    const among = client.create({ input, ...seeded, stream_id: 'seeded' });
    assert.equal((await among.finished).text, alone);
    await Promise.all(crowd.map((turn) => turn.finished));
    assert.notEqual(await textOf({ ...seeded, seed: 43 }), alone);
    assert.notEqual(await textOf({ ...seeded, seed: -42 }), alone);
  });

  test('without a seed two responses differ', async () => {
    const hot = { temperature: 2, max_output_tokens: 60 };
    assert.notEqual(await textOf(hot), await textOf(hot));
  });

  test('top_k 1 and a tiny top_p are greedy at any temperature', async () => {
    const greedy = await textOf({ temperature: 0, max_output_tokens: 40 });
    for (const filter of [{ top_k: 1 }, { top_p: 0 }, { top_p: 1e-6 }, { min_p: 1 }]) {
      assert.equal(await textOf({ temperature: 2, max_output_tokens: 40, ...filter }), greedy, JSON.stringify(filter));
    }
  });

  test('a stop string is cut from the text, wherever its tokens end', async () => {
    const whole = await textOf({ temperature: 0, max_output_tokens: 100 });
    for (const stop of [' lantern', 'antern', 'n a de', '. He']) {
      const turn = await client.complete({ input, temperature: 0, max_output_tokens: 100, stop: ['never said', stop] });
      assert.ok(whole.includes(stop), stop);
      assert.equal(turn.text, whole.slice(0, whole.indexOf(stop)));
      assert.equal(turn.end.type, 'response.completed');
    }
  });

  test('min_tokens holds stops of every kind back', async () => {
    const short = await client.complete({ input: 'What is 7 plus 8?', temperature: 0 });
    const minimum = short.usage.output_tokens + 10;
    const long = await client.complete({ input: 'What is 7 plus 8?', temperature: 0, min_tokens: minimum, max_output_tokens: 100 });
    assert.ok(long.usage.output_tokens >= minimum);
    assert.ok(long.text.startsWith(short.text));
    const held = await client.complete({ input, temperature: 0, stop: ' fox', min_tokens: 20, max_output_tokens: 30 });
    assert.ok(held.text.includes(' fox') && held.usage.output_tokens >= 20);
  });

  test('ignore_eos goes on to the last token', async () => {
    const turn = await client.complete({ input: 'What is 7 plus 8?', temperature: 0, ignore_eos: true, max_output_tokens: 120 });
    assert.equal(turn.usage.output_tokens, 120);
    assert.equal(turn.end.type, 'response.incomplete');
  });

  test('a stop token ends the response and is no text', async () => {
    const turn = await client.complete({ input, temperature: 0, max_output_tokens: 100 });
    const stopped = await client.complete({ input, temperature: 0, max_output_tokens: 100, stop_token_ids: [20] }); // A full stop.
    assert.equal(stopped.end.type, 'response.completed');
    assert.equal(stopped.text, turn.text.slice(0, turn.text.indexOf('.')));
  });

  test('logit_bias forces and forbids tokens', async () => {
    assert.match(await textOf({ temperature: 0, max_output_tokens: 4, logit_bias: { 20: 100 } }), /^\.{4}$/);
    const plain = await client.complete({ input, temperature: 0, max_output_tokens: 40 });
    const banned = await textOf({ temperature: 0, max_output_tokens: 40, logit_bias: { 20: -100 } });
    assert.ok(plain.text.includes('. ') && !banned.includes('. '));
  });

  test('penalties change what is said, and keep it the same each time', async () => {
    const plain = await textOf({ temperature: 0, max_output_tokens: 80 });
    for (const penalty of [{ repetition_penalty: 1.5 }, { presence_penalty: 2 }, { frequency_penalty: 2 }]) {
      const text = await textOf({ temperature: 0, max_output_tokens: 80, ...penalty });
      assert.notEqual(text, plain, JSON.stringify(penalty));
      assert.equal(await textOf({ temperature: 0, max_output_tokens: 80, ...penalty }), text);
    }
  });

  test('log-probabilities come with the chosen token and the best, and their bytes are the text', async () => {
    const turn = await client.complete({ input, temperature: 0, max_output_tokens: 30, top_logprobs: 3 });
    const entries = entriesOf(turn);
    assert.equal(entries.length, 30);
    assert.equal(Buffer.from(entries.flatMap((entry) => entry.bytes)).toString(), turn.text);
    for (const { token, logprob, top_logprobs } of entries) {
      assert.ok(logprob <= 0);
      assert.equal(top_logprobs.length, 3);
      assert.equal(top_logprobs[0].token, token, 'greedy takes the best');
      assert.ok(top_logprobs[0].logprob >= top_logprobs[1].logprob && top_logprobs[1].logprob >= top_logprobs[2].logprob);
    }
    const fromDeltas = turn.events.filter((event) => event.type === 'response.output_text.delta').flatMap((event) => event.logprobs);
    assert.deepEqual(fromDeltas, entries);
    assert.equal(turn.response.top_logprobs, 3);
  });

  test('included log-probabilities without top_logprobs name the chosen token alone', async () => {
    const turn = await client.complete({ input, temperature: 0, max_output_tokens: 5, include: ['message.output_text.logprobs'] });
    assert.ok(entriesOf(turn).every((entry) => entry.top_logprobs.length === 0));
    assert.equal(entriesOf(turn).length, 5);
    const plain = await client.complete({ input, temperature: 0, max_output_tokens: 5 });
    assert.deepEqual(entriesOf(plain), []);
  });

  test('n = 2 gives two messages with usage over both', async () => {
    const turn = await client.complete({ input, n: 2, temperature: 1.2, seed: 7, max_output_tokens: 40 });
    assert.equal(turn.response.output.length, 2);
    turn.response.output.forEach((item, index) => assert.equal(item.content[0].text, turn.texts[index]));
    assert.notEqual(turn.texts[0], turn.texts[1]);
    assert.notEqual(turn.response.output[0].id, turn.response.output[1].id);
    assert.ok(turn.usage.output_tokens > 40 && turn.usage.output_tokens <= 80);
    const again = await client.complete({ input, n: 2, temperature: 1.2, seed: 7, max_output_tokens: 40 });
    assert.deepEqual(again.texts, turn.texts);
    const greedy = await client.complete({ input, n: 2, temperature: 0, max_output_tokens: 20 });
    assert.equal(greedy.texts[0], greedy.texts[1]);
  });

  test('a prompt of token ids is what the template would have made', async () => {
    const ids = [0, 4, 820, 379, 265, 409, 397, 265, 2392, 536, 2659, 291, 265, 2194, 20, 6, 5];
    const turn = await client.complete({ octavo: { prompt_token_ids: ids }, temperature: 0, max_output_tokens: 30 });
    assert.equal(turn.text, await textOf({ temperature: 0, max_output_tokens: 30 }));
    assert.equal(turn.usage.input_tokens, ids.length);
  });
});

test('more choices than the batch has places are all served', async (t) => {
  const server = await serverFor(t, ['--max-num-seqs', '2']);
  const client = await plainClient(server);
  const turn = await client.complete({ input, n: 4, max_output_tokens: 4, ignore_eos: true });
  assert.equal(turn.usage.output_tokens, 16);
  assert.equal(turn.response.output.length, 4);
  await client.close();
});
