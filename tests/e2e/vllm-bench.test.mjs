// What `vllm bench serve` sends (data/vllm-bench.json), and its answers as it reads them: whatever it reads otherwise than it was
// meant is a wrong figure in somebody's table.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { serverFor, suiteScope } from './helpers.mjs';

const shapes = JSON.parse(readFileSync(new URL('data/vllm-bench.json', import.meta.url)));
const story = 'Tell me a story about a fox named Pip and a lantern.';

/// The whole messages among the bytes so far. Each piece is stripped as it comes, so its last message has lost its blank line and
/// is told by being whole JSON.
class Messages {
  rest = '';
  decoder = new TextDecoder();
  take(bytes) {
    this.rest += this.decoder.decode(bytes, { stream: true }).trim();
    const whole = this.rest.split('\n\n');
    this.rest = whole.pop();
    const text = this.rest.replace(/^data: /, '').trim();
    if (this.rest.startsWith('data: ') && isWhole(text)) {
      whole.push(this.rest);
      this.rest = '';
    }
    return whole.map((each) => each.trim()).filter((each) => each && !each.startsWith(':')).map((each) => each.replace(/^data: /, ''));
  }
}

function isWhole(text) {
  if (text === '[DONE]') return true;
  try { return Boolean(JSON.parse(text)); } catch { return false; }
}

/// What the benchmark keeps of one request, and every chunk.
async function measured(url, body, id) {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', 'x-request-id': id } });
  assert.equal(response.status, 200, url);
  const kept = { text: '', usage: null, chunks: [], isDone: false, id: response.headers.get('x-request-id') };
  const messages = new Messages();
  for await (const bytes of response.body) {
    for (const message of messages.take(bytes)) {
      assert.equal(kept.isDone, false, 'nothing after [DONE]');
      if (message === '[DONE]') kept.isDone = true;
      else read(JSON.parse(message), kept);
    }
  }
  assert.equal(messages.rest, '');
  return kept;
}

function read(chunk, kept) {
  assert.equal(kept.usage, null, 'the count comes last');
  if (chunk.choices.length > 0) {
    kept.text += chunk.choices[0].text ?? chunk.choices[0].delta?.content ?? '';
    kept.chunks.push(chunk);
  } else {
    kept.usage = chunk.usage;
  }
}

describe("the requests of vLLM's benchmark", () => {
  let server;
  let model;
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite);
    [model] = (await (await fetch(`${server.url}v1/models`)).json()).data;
  });
  const bodyOf = ({ path, prompt, body, options }) => {
    const asked = path.includes('chat') ? { messages: [{ role: 'user', content: [{ type: 'text', text: story }] }] } : { prompt: prompt ?? story };
    return { model: model.id, ...asked, ...body, stream: true, stream_options: { include_usage: true, ...options } };
  };

  for (const shape of shapes) {
    test(`${shape.name}: counted and read as it was made`, async () => {
      const body = bodyOf(shape);
      const kept = await measured(server.url + shape.path, body, 'bench-17');
      assert.ok(kept.isDone);
      assert.equal(kept.id, 'bench-17');
      const { stream: _, stream_options: options, ...rest } = body;
      const whole = await (await fetch(server.url + shape.path, { method: 'POST', body: JSON.stringify(rest) })).json();
      assert.equal(kept.text, whole.choices[0].text ?? whole.choices[0].message.content);
      assert.equal(kept.usage.completion_tokens, whole.usage.completion_tokens);
      assert.equal(kept.usage.prompt_tokens, whole.usage.prompt_tokens);
      if (body.ignore_eos) assert.equal(kept.usage.completion_tokens, 24);
      assert.ok(kept.chunks.every((chunk) => options.continuous_usage_stats ? chunk.usage.total_tokens > 0 : chunk.usage === null));
      if (body.return_token_ids) {
        const ids = kept.chunks.flatMap((chunk) => chunk.choices[0].token_ids ?? []);
        assert.equal(ids.length, kept.usage.completion_tokens);
        assert.equal(kept.chunks[0].prompt_token_ids?.length ?? kept.chunks[0].choices[0].prompt_token_ids?.length, kept.usage.prompt_tokens);
        assert.equal(kept.chunks.at(-1).usage.completion_tokens, 24);
      }
    });
  }

  test('a piece comes for each token; beside them only the start of a chat or of ids and the end, which have no text', async () => {
    for (const shape of shapes) {
      const kept = await measured(server.url + shape.path, bodyOf(shape), 'x');
      const hasText = ({ choices: [choice] }) => (choice.text ?? choice.delta.content ?? '') !== '';
      assert.ok(kept.chunks.filter(hasText).length <= kept.usage.completion_tokens, shape.name);
      const numOthers = shape.path.includes('chat') || shape.body.return_token_ids ? 2 : 1;
      assert.ok(kept.chunks.length <= kept.usage.completion_tokens + numOthers, shape.name);
      assert.match(kept.chunks.at(-1).choices[0].finish_reason, /^(length|stop)$/, shape.name);
    }
  });

  test('a model that was not named is found, with the folder of its tokenizer', async () => {
    assert.equal(typeof model.root, 'string');
    assert.ok(JSON.parse(readFileSync(`${model.root}/tokenizer.json`)).model);
  });

  test('prompts are cut to a length by the tokenizer of the server', async () => {
    const post = async (path, body) => (await fetch(server.url + path, { method: 'POST', body: JSON.stringify({ model: model.id, ...body }) })).json();
    const { tokens } = await post('tokenize', { prompt: story, add_special_tokens: false });
    const { prompt } = await post('detokenize', { tokens: tokens.slice(0, 5) });
    assert.ok(story.startsWith(prompt) && prompt.length > 0);
    assert.equal((await post('tokenize', { prompt, add_special_tokens: false })).tokens.length, 5);
  });
});
