// Stored responses in a file: a chain goes on after the server was stopped or killed, and what a client was told is there.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import OpenAI from 'openai';
import { plainClient } from './client.mjs';
import { octavo, serverFor } from './helpers.mjs';
import { startServer } from './server.mjs';

function folderFor(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'octavo-store-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return path.join(folder, 'responses.db');
}
const sdk = (server, apiKey = 'none') => new OpenAI({ baseURL: `${server.url}v1`, apiKey, maxRetries: 0 });
const asked = { model: 'octavo-demo', max_output_tokens: 12, temperature: 0 };

describe('a file of stored responses', () => {
  test('a chain goes on over a restart, with the very tokens that it had', async (t) => {
    const file = folderFor(t);
    const first = await startServer(['--response-store', file, '--log-level', 'warning']);
    const one = await sdk(first).responses.create({ ...asked, input: 'Tell me of a fox.' });
    const whole = await sdk(first).responses.create({ ...asked, input: 'And then?', previous_response_id: one.id });
    await first.stop();
    const second = await serverFor(t, ['--response-store', file]);
    const read = await sdk(second).responses.retrieve(one.id);
    assert.deepEqual(read.output, one.output);
    const items = await sdk(second).responses.inputItems.list(one.id);
    assert.equal(items.data[0].content[0].text, 'Tell me of a fox.');
    const again = await sdk(second).responses.create({ ...asked, input: 'And then?', previous_response_id: one.id });
    assert.equal(again.output_text, whole.output_text);
    assert.equal(again.usage.input_tokens, whole.usage.input_tokens);
    const socket = await plainClient(second);
    const turn = await socket.complete({ ...asked, input: 'And then?', previous_response_id: one.id });
    await socket.close();
    assert.equal(turn.text, whole.output_text);
    await sdk(second).responses.delete(one.id);
    await assert.rejects(sdk(second).responses.retrieve(one.id), (error) => error.status === 404);
    await assert.rejects(sdk(second).responses.create({ ...asked, input: 'x', previous_response_id: one.id }),
                         (error) => error.code === 'previous_response_not_found');
  });

  test('a killed server has lost nothing that it told a client was stored', async (t) => {
    const file = folderFor(t);
    const told = [];
    for (let round = 0; round < 5; ++round) {
      const server = await startServer(['--response-store', file, '--log-level', 'warning']);
      const socket = await plainClient(server);
      const lanes = Array.from({ length: 8 }, async (_, lane) => {
        for (;;) {
          const turn = await socket.turn({ ...asked, input: 'x', stream_id: `lane-${lane}`, max_output_tokens: 3 });
          if (turn.error || !turn.response) return;
          told.push(turn.response.id);
          if (told.length > 40 * (round + 1)) server.process.kill('SIGKILL');
        }
      });
      await Promise.allSettled(lanes);
      await server.stop();
    }
    const server = await serverFor(t, ['--response-store', file]);
    for (const id of told) {
      const answer = await fetch(`${server.url}v1/responses/${id}`);
      assert.equal(answer.status, 200, id);
      assert.equal((await answer.json()).store, true);
    }
    assert.ok(told.length > 150);
  });

  test('a compaction stands for the conversation, also after a restart', async (t) => {
    const file = folderFor(t);
    const first = await startServer(['--response-store', file, '--log-level', 'warning']);
    const input = [{ role: 'user', content: 'Tell me of a fox.' }, { role: 'assistant', content: 'There was a fox.' }];
    const whole = await sdk(first).responses.create({ ...asked, input: [...input, { role: 'user', content: 'And then?' }] });
    const compacted = await sdk(first).responses.compact({ model: 'octavo-demo', input });
    assert.equal(compacted.object, 'response.compaction');
    const [item] = compacted.output;
    assert.equal(item.type, 'compaction');
    await first.stop();
    const second = await serverFor(t, ['--response-store', file]);
    const next = { role: 'user', content: 'And then?' };
    const again = await sdk(second).responses.create({ ...asked, input: [item, next] });
    assert.equal(again.output_text, whole.output_text);
    assert.equal(again.usage.input_tokens, whole.usage.input_tokens);
    const chained = await sdk(second).responses.compact({ model: 'octavo-demo', previous_response_id: again.id });
    assert.ok(chained.usage.input_tokens > compacted.usage.input_tokens);
    for (const body of [{ input: [item, next] }, { input: 'x', previous_response_id: again.id }]) {
      const counted = await sdk(second).responses.inputTokens.count({ model: 'octavo-demo', ...body });
      const run = await sdk(second).responses.create({ ...asked, ...body });
      assert.equal(counted.input_tokens, run.usage.input_tokens);
    }
    const refused = [[{ input: [{ ...item, encrypted_content: `${item.encrypted_content}0` }, next] }, 'invalid_value'],
                     [{ input: [next, item] }, 'invalid_value'], [{ input: [item], previous_response_id: again.id }, 'invalid_value']];
    for (const [body, code] of refused)
      await assert.rejects(sdk(second).responses.create({ ...asked, ...body }), (error) => error.status === 400 && error.code === code);
    await assert.rejects(sdk(second).responses.retrieve(item.id), (error) => error.status === 404);
  });

  test('a summary stands for the conversation and is shorter, also after a restart', async (t) => {
    const file = folderFor(t);
    const first = await startServer(['--response-store', file, '--log-level', 'warning']);
    const input = [{ role: 'user', content: `Tell me of a fox. ${'It was red. '.repeat(40)}` }, { role: 'assistant', content: 'There was a fox.' }];
    const body = { model: 'octavo-demo', input, temperature: 0, max_output_tokens: 12, octavo: { summary: true } };
    const compacted = await sdk(first).responses.compact(body);
    const [item] = compacted.output;
    assert.deepEqual([compacted.output.length, item.type, compacted.usage.output_tokens], [1, 'compaction', 12]);
    const summary = await sdk(first).responses.retrieve(compacted.id);
    assert.equal(summary.usage.input_tokens, compacted.usage.input_tokens);
    await first.stop();
    const second = await serverFor(t, ['--response-store', file]);
    const next = { role: 'user', content: 'And then?' };
    const again = await sdk(second).responses.create({ ...asked, input: [item, next] });
    const whole = await sdk(second).responses.create({ ...asked, input: [...input, next] });
    assert.ok(again.usage.input_tokens < whole.usage.input_tokens, `${again.usage.input_tokens} of ${whole.usage.input_tokens}`);
    // The same as a client would send it, had it asked for the summary and kept nothing else.
    const items = await sdk(second).responses.inputItems.list(compacted.id, { order: 'asc' });
    const question = items.data.at(-1);
    const spoken = [{ role: 'user', content: question.content }, { role: 'assistant', content: summary.output_text }, next];
    const by_hand = await sdk(second).responses.create({ ...asked, input: spoken });
    assert.equal(by_hand.usage.input_tokens, again.usage.input_tokens);
    assert.equal(by_hand.output_text, again.output_text);
    for (const [more, param] of [[{ octavo: { summary: 1 } }, 'octavo.summary'], [{ model: undefined }, 'model']])
      await assert.rejects(sdk(second).responses.compact({ ...body, ...more }), (error) => error.status === 400 && error.error.param === param);
  });

  test('a key finds its own responses after a restart, and nobody else does', async (t) => {
    const file = folderFor(t);
    const keys = ['--api-key', 'a', '--api-key', 'b'];
    const first = await startServer(['--response-store', file, '--log-level', 'warning', ...keys]);
    const mine = await sdk(first, 'a').responses.create({ ...asked, input: 'x' });
    await first.stop();
    const second = await serverFor(t, ['--response-store', file, ...keys]);
    assert.equal((await sdk(second, 'a').responses.retrieve(mine.id)).id, mine.id);
    await assert.rejects(sdk(second, 'b').responses.retrieve(mine.id), (error) => error.status === 404);
  });

  test('a file that is something else ends the server with a word about it', async (t) => {
    const file = folderFor(t);
    writeFileSync(file, 'These are my notes. '.repeat(300));
    const { code, stderr } = await octavo(['serve', '--port', '0', '--response-store', file]);
    assert.notEqual(code, 0);
    assert.match(stderr, /responses\.db/);
  });
});
