// While a prompt waits or is computed, whoever asked for it hears how far it is; nobody else does.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { plainClient } from './client.mjs';
import { scriptedFor, suiteScope } from './helpers.mjs';

const long = 'word '.repeat(4000);
const progressOf = (turn) => turn.events.filter((event) => event.type === 'octavo:response.progress');

describe('the progress of a prompt', () => {
  let server;
  const suite = suiteScope();
  // Each step takes longer than the time between two reports.
  before(async () => (server = await scriptedFor(suite, [{ when: '', say: 'Well.' }], ['--pace', '220'])));

  test('is told in numbers that grow, and ends before the first token', async () => {
    const socket = await plainClient(server);
    const turn = await socket.complete({ input: long, octavo: { progress: true } });
    const told = progressOf(turn);
    assert.ok(told.length >= 2, `${told.length} reports`);
    const total = turn.usage.input_tokens;
    for (const [index, event] of told.entries()) {
      assert.equal(event.prompt_tokens, total);
      assert.ok(event.computed_tokens > (told[index - 1]?.computed_tokens ?? -1));
      assert.equal(event.queue_position, 0);
    }
    const first = turn.events.findIndex((event) => event.type === 'response.output_item.added');
    assert.ok(told.every((event) => turn.events.indexOf(event) < first));
    await socket.close();
  });

  test('is not told to whom it is not for', async () => {
    const answer = await fetch(`${server.url}v1/responses`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ input: `x ${long}`, stream: true }) });
    assert.doesNotMatch(await answer.text(), /octavo:/);
  });

  test('comes in the chunks of a chat completion as llama.cpp has it', async () => {
    const answer = await fetch(`${server.url}v1/chat/completions`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: `y ${long}` }], stream: true, return_progress: true }) });
    const chunks = (await answer.text()).split('\n\n').filter((each) => each.startsWith('data: {')).map((each) => JSON.parse(each.slice(6)));
    const told = chunks.filter((chunk) => chunk.prompt_progress);
    assert.ok(told.length >= 2);
    for (const { prompt_progress: { total, cache, processed, time_ms: time } } of told)
      assert.ok(processed <= total && cache <= total && time >= 0 && total > 4000);
    assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join(''), 'Well.');
  });
});
