// Beam search and what is shared, over the wire: candidates, scores, and the prefixes that are found again.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { plainClient, sdkClient } from './client.mjs';
import { metricsOf, octavo, serverFor, suiteScope, untilIdle } from './helpers.mjs';

const story = 'Tell me a story about a fox named Pip and a lantern.';

describe('beam search over the wire', () => {
  let server;
  let client;
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite);
    client = await sdkClient(server);
    suite.after(() => client.close());
  });

  test('the n best come as items, best first, with their scores', async () => {
    const turn = await client.complete({ input: story, beam_width: 4, n: 3, max_output_tokens: 24 });
    assert.equal(turn.response.output.length, 3);
    const { scores } = turn.response.octavo;
    assert.equal(scores.length, 3);
    assert.ok(scores[0] >= scores[1] && scores[1] >= scores[2] && scores[0] < 0);
    const texts = turn.response.output.map((item) => item.content[0].text);
    assert.equal(new Set(texts).size, 3);
    assert.deepEqual(turn.texts.map((text) => text ?? ''), texts);
    assert.ok(turn.response.octavo.blocks_shared > 0);
  });

  test('what every candidate shares is streamed before the end', async () => {
    const turn = await client.complete({ input: story, beam_width: 3, n: 2, max_output_tokens: 120 });
    const firstDone = turn.events.findIndex((event) => event.type === 'response.output_text.done');
    const early = turn.events.slice(0, firstDone).filter((event) => event.type === 'response.output_text.delta');
    for (const index of [0, 1]) {
      assert.ok(early.filter((event) => event.output_index === index).length > 1, `candidate ${index}`);
    }
  });

  const post = async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };

  test('every hypothesis holds to the format that was asked for', async () => {
    const schema = {
      type: 'object', properties: { kind: { enum: ['fox', 'owl', 'hare'] }, age: { type: 'integer', minimum: 1, maximum: 9 } },
      required: ['kind', 'age'], additionalProperties: false,
    };
    const format = { type: 'json_schema', name: 'animal', schema, strict: true };
    const { output, octavo: { scores } } = await post('v1/responses', {
      input: story, beam_width: 4, n: 4, max_output_tokens: 200, text: { format } });
    const animals = output.map((item) => JSON.parse(item.content[0].text));
    assert.equal(animals.length, 4);
    for (const { kind, age } of animals) {
      assert.ok(['fox', 'owl', 'hare'].includes(kind) && Number.isInteger(age) && age >= 1 && age <= 9, `${kind} ${age}`);
    }
    assert.ok(scores.every((score, i) => Number.isFinite(score) && (i === 0 || scores[i - 1] >= score)), scores.join());
  });

  test('hypotheses among given texts are these texts, perhaps cut into other tokens', async () => {
    const texts = ['red', 'green', 'blue'];
    const { choices } = await post('v1/completions', {
      prompt: story, use_beam_search: true, n: 3, max_tokens: 40, structured_outputs: { choice: texts } });
    assert.equal(choices.length, 3);
    for (const { text, finish_reason } of choices) assert.ok(texts.includes(text) && finish_reason === 'stop', `${text} ${finish_reason}`);
    assert.ok(new Set(choices.map(({ text }) => text)).size > 1);
  });

  test('the wire and the command line find the same', async () => {
    const ids = [0, 40, 41, 42, 43, 44];
    const settings = { beam_width: 4, n: 2, max_output_tokens: 16, length_penalty: 0.7, early_stopping: 'never' };
    const turn = await client.complete({ octavo: { prompt_token_ids: ids }, ...settings });
    const { stdout } = await octavo([
      'generate', '--json', '--kv-cache-memory', '64MiB', '--prompt-ids', ids.join(), '--beam-width', '4', '--n', '2',
      '--max-tokens', '16', '--length-penalty', '0.7', '--early-stopping', 'never',
    ]);
    const { choices } = JSON.parse(stdout);
    assert.deepEqual(turn.texts.map((text) => text ?? ''), choices.map((choice) => choice.text));
    choices.forEach(({ score }, i) => assert.ok(Math.abs(score - turn.response.octavo.scores[i]) < 1e-4));
  });

  test('a search can be continued from its best, cancelled, and steered', async () => {
    const body = { input: story, beam_width: 2, n: 2, max_output_tokens: 20 };
    const first = await client.complete(body);
    const next = await client.complete({ ...body, input: 'Go on.', previous_response_id: first.id });
    const whole = await client.complete({
      ...body, input: [{ role: 'user', content: story }, { role: 'assistant', content: first.text },
                       { role: 'user', content: 'Go on.' }] });
    assert.deepEqual(next.texts, whole.texts);
    const cancelled = client.create({ ...body, max_output_tokens: 800, ignore_eos: true, stream_id: 'cut' });
    await client.next((event) => event.type === 'response.in_progress' && event.stream_id === 'cut');
    client.send({ type: 'response.cancel', stream_id: 'cut' });
    await cancelled.finished;
    assert.equal(cancelled.response.status, 'cancelled');
    assert.ok(!('scores' in cancelled.response.octavo));
    await untilIdle(server);
  });
});

describe('prefixes that are found again', () => {
  const cached = (turn) => turn.usage.input_tokens_details.cached_tokens;
  const body = { temperature: 0, ignore_eos: true, max_output_tokens: 40 };

  test('a second turn computes at most one block of the first', async (t) => {
    const server = await serverFor(t);
    const client = await sdkClient(server);
    const first = await client.complete({ input: story, ...body });
    assert.equal(cached(first), 0);
    const second = await client.complete({ input: 'Go on.', previous_response_id: first.id, ...body });
    assert.equal(cached(second), second.response.octavo.cached_tokens);
    const known = first.usage.input_tokens + first.usage.output_tokens;
    assert.ok(cached(second) > known - 16 - 1 && cached(second) <= known, `${cached(second)} of ${known}`);
    const metrics = await metricsOf(server);
    assert.equal(metrics.get('octavo:prefix_cache_hits_total'), cached(second));
    assert.equal(metrics.get('octavo:prefix_cache_queries_total'), first.usage.input_tokens + second.usage.input_tokens);
    await client.close();
  });

  test('another salt or another API key finds nothing', async (t) => {
    const server = await serverFor(t, ['--api-key', 'sk-one', '--api-key', 'sk-two']);
    const complete = async (key, members) => {
      const client = await plainClient(server, { headers: { authorization: `Bearer ${key}` } });
      const turn = await client.complete({ input: story.repeat(3), ...body, ...members });
      await client.close();
      return cached(turn);
    };
    assert.equal(await complete('sk-one', {}), 0);
    assert.ok((await complete('sk-one', {})) > 0);
    assert.equal(await complete('sk-one', { cache_salt: 'mine' }), 0);
    assert.ok((await complete('sk-one', { cache_salt: 'mine' })) > 0);
    assert.ok((await complete('sk-one', { octavo: { cache_salt: 'mine' } })) > 0);
    assert.equal(await complete('sk-two', {}), 0);
    assert.equal(await complete('sk-two', { cache_salt: 'mine' }), 0);
  });

  test('--no-enable-prefix-caching finds nothing', async (t) => {
    const server = await serverFor(t, ['--no-enable-prefix-caching']);
    const client = await plainClient(server);
    for (let i = 0; i < 2; ++i) assert.equal(cached(await client.complete({ input: story, ...body })), 0);
    await client.close();
  });
});

test('a cache too small makes room by the mode that was asked for, and says so', async (t) => {
  for (const mode of ['swap', 'recompute']) {
    const server = await serverFor(t, ['--num-gpu-blocks-override', '40', '--max-model-len', '512', '--preemption-mode', mode]);
    const client = await plainClient(server);
    const turns = [0, 1, 2, 3].map((i) =>
      client.create({ input: story, stream_id: `lane-${i}`, temperature: 0, ignore_eos: true, max_output_tokens: 300 }));
    for (const turn of turns) await turn.finished;
    const told = turns.flatMap((turn) => turn.events).filter((event) => event.type === 'octavo:response.preempted');
    const back = turns.flatMap((turn) => turn.events).filter((event) => event.type === 'octavo:response.resumed');
    assert.ok(told.length > 0, 'the cache was meant to be too small');
    assert.ok(told.every((event) => event.mode === mode));
    assert.deepEqual(back.map((event) => event.mode), told.map((event) => event.mode));
    assert.equal(turns.reduce((total, turn) => total + turn.response.octavo.preemptions, 0), told.length);
    const now = await untilIdle(server);
    assert.equal(now.get(`octavo:num_preemptions_by_mode_total{mode="${mode}"}`), told.length);
    const moved = ['out', 'in'].map((direction) => now.get(`octavo:num_blocks_swapped_total{direction="${direction}"}`));
    if (mode === 'swap') assert.ok(moved[0] > 0 && moved[1] > 0);
    assert.equal(new Set(turns.map((turn) => turn.text)).size, 1, 'the same tokens, whatever happened');
    await client.close();
  }
});
