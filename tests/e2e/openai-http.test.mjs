// What people already use: the official SDK over HTTP. Only the base URL is Octavo's.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { plainClient } from './client.mjs';
import { checkEvent, ResponseOrder } from './contract.mjs';
import { metricsOf, serverFor, suiteScope, untilIdle } from './helpers.mjs';

const story = 'Tell me a story about a fox named Pip and a lantern.';
const asked = [{ role: 'user', content: story }];

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}
const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');

describe('the official SDK over HTTP', () => {
  let server;
  let openai;
  let model;
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite);
    openai = new OpenAI({ baseURL: `${server.url}v1`, apiKey: 'none', maxRetries: 0 });
    [model] = (await openai.models.list()).data.map((each) => each.id);
  });
  const chat = (body) => openai.chat.completions.create({ model, messages: asked, max_completion_tokens: 60, temperature: 0, ...body });
  const complete = (prompt, more) => openai.completions.create({ model, prompt, max_tokens: 8, temperature: 0, ...more });

  test('a chat completion says the same whole, streamed and over the WebSocket', async () => {
    const whole = await chat();
    assert.equal(whole.object, 'chat.completion');
    assert.match(whole.id, /^chatcmpl-/);
    assert.equal(whole.model, model);
    const [choice] = whole.choices;
    assert.equal(choice.message.role, 'assistant');
    assert.equal(choice.finish_reason, 'length');
    assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
    assert.equal(whole.usage.completion_tokens, 60);
    const chunks = await collect(await chat({ stream: true }));
    assert.equal(textOf(chunks), choice.message.content);
    const socket = await plainClient(server);
    const turn = await socket.complete({ input: story, max_output_tokens: 60, temperature: 0 });
    await socket.close();
    assert.equal(turn.text, choice.message.content);
    assert.equal(turn.usage.input_tokens, whole.usage.prompt_tokens);
  });

  test('the role comes with the first chunk, the reason with the last, and the usage only when asked for', async () => {
    const chunks = await collect(await chat({ stream: true, max_completion_tokens: 5 }));
    assert.deepEqual(chunks[0].choices[0].delta, { role: 'assistant', content: '' });
    assert.ok(chunks.slice(1).every((chunk) => !('role' in chunk.choices[0].delta)));
    assert.ok(chunks.slice(0, -1).every((chunk) => chunk.choices[0].finish_reason === null));
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'length');
    assert.ok(chunks.every((chunk) => chunk.choices.length === 1 && !('usage' in chunk)));
    const counted = await collect(await chat({ stream: true, max_completion_tokens: 5, stream_options: { include_usage: true } }));
    assert.ok(counted.slice(0, -1).every((chunk) => chunk.usage === null));
    assert.deepEqual(counted.at(-1).choices, []);
    assert.equal(counted.at(-1).usage.completion_tokens, 5);
    const running = await collect(await chat({ stream: true, max_completion_tokens: 5, stream_options: { continuous_usage_stats: true } }));
    const used = running.map((chunk) => chunk.usage.completion_tokens);
    assert.deepEqual(used.toSorted((a, b) => a - b), used);
    assert.equal(used.at(-1), 5);
  });

  test('several choices have an index each, and the seed makes them the same again', async () => {
    const body = { n: 3, temperature: 1, seed: 7, max_completion_tokens: 20 };
    const whole = await chat(body);
    assert.deepEqual(whole.choices.map((choice) => choice.index), [0, 1, 2]);
    const texts = ['', '', ''];
    for (const chunk of await collect(await chat({ ...body, stream: true }))) {
      for (const choice of chunk.choices) texts[choice.index] += choice.delta.content ?? '';
    }
    assert.deepEqual(texts, whole.choices.map((choice) => choice.message.content));
    assert.equal(whole.usage.completion_tokens, 60);
  });

  test('log-probabilities of the prompt are those that its tokens have when they are generated', async () => {
    const prompt = (await complete('Once upon a time', { return_token_ids: true, max_tokens: 1 })).choices[0].prompt_token_ids;
    const said = (await complete(prompt, { logprobs: 2, return_token_ids: true, max_tokens: 30, temperature: 0 })).choices[0];
    const whole = [...prompt, ...said.token_ids];
    // Twice: what the prefix cache knows by then must not hide a token.
    for (let i = 0; i < 2; ++i) {
      const { choices: [told], usage } = await complete(whole, { echo: true, logprobs: 2, prompt_logprobs: 1, max_tokens: 0, return_token_ids: true });
      assert.equal(usage.completion_tokens, 0);
      assert.equal(usage.prompt_tokens_details.cached_tokens, 0);
      assert.equal(told.finish_reason, 'length');
      assert.deepEqual(told.token_ids, []);
      const { tokens, token_logprobs, top_logprobs, text_offset } = told.logprobs;
      assert.equal(tokens.length, whole.length);
      assert.deepEqual([token_logprobs[0], top_logprobs[0]], [null, null]);
      const own = token_logprobs.slice(prompt.length);
      said.logprobs.token_logprobs.forEach((logprob, at) => assert.ok(Math.abs(logprob - own[at]) < 2e-3, `token ${at}: ${logprob}, ${own[at]}`));
      assert.ok(text_offset.every((offset, at) => at === 0 || told.text.slice(offset).startsWith(tokens[at])), 'but for the first, which is no text');
      assert.equal(told.prompt_logprobs.length, whole.length);
      assert.equal(told.prompt_logprobs[0], null);
      told.prompt_logprobs.slice(1).forEach((entry, at) => {
        const { logprob, rank, decoded_token } = entry[whole[at + 1]];
        assert.equal(decoded_token, tokens[at + 1]);
        assert.ok(rank === 1 ? Object.keys(entry).length === 1 : Object.keys(entry).length === 2 && rank > 1);
        assert.ok(Math.abs(logprob - token_logprobs[at + 1]) < 1e-6);
        if (at + 1 >= prompt.length) assert.equal(rank, 1);
      });
    }
  });

  test('an echoed prompt with log-probabilities streams them before the answer, and chat has them beside it', async () => {
    const body = { echo: true, logprobs: 1, max_tokens: 4, temperature: 0 };
    const { choices: [plain] } = await complete('The fox', body);
    const joined = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
    let text = '';
    for (const { choices: [choice] } of await collect(await complete('The fox', { ...body, stream: true }))) {
      text += choice.text;
      for (const [name, list] of Object.entries(choice.logprobs ?? {})) joined[name].push(...list);
    }
    assert.equal(text, plain.text);
    assert.deepEqual(joined, plain.logprobs);
    const answer = await chat({ prompt_logprobs: 0, max_completion_tokens: 2 });
    assert.equal(answer.prompt_logprobs.length, answer.usage.prompt_tokens);
    assert.ok(answer.prompt_logprobs.slice(1).every((entry) => Object.keys(entry).length === 1));
    assert.equal(answer.choices[0].finish_reason, 'length');
    await assert.rejects(chat({ prompt_logprobs: 1, stream: true }), { status: 400, param: 'prompt_logprobs' });
  });

  test('log-probabilities of a token and of those beside it', async () => {
    const whole = await chat({ logprobs: true, top_logprobs: 3, max_completion_tokens: 4 });
    const { content } = whole.choices[0].logprobs;
    assert.equal(content.length, 4);
    assert.equal(content.map((entry) => entry.token).join(''), whole.choices[0].message.content);
    assert.ok(content.every((entry) => entry.top_logprobs.length === 3 && entry.logprob <= 0 && Array.isArray(entry.bytes)));
    const chunks = await collect(await chat({ logprobs: true, top_logprobs: 3, max_completion_tokens: 4, stream: true }));
    assert.deepEqual(chunks.flatMap((chunk) => chunk.choices[0].logprobs?.content ?? []), content);
  });

  test('a stop string ends the text before it, or with it where that is asked for', async () => {
    const whole = (await chat()).choices[0].message.content;
    const stop = whole.slice(12, 17);
    const cut = (await chat({ stop })).choices[0];
    assert.equal(cut.message.content, whole.slice(0, whole.indexOf(stop)));
    assert.equal(cut.finish_reason, 'stop');
    const kept = (await chat({ stop: [stop], include_stop_str_in_output: true })).choices[0];
    assert.equal(kept.message.content, cut.message.content + stop);
  });

  test('an answer goes on with the last message where that is asked for', async () => {
    const whole = (await chat()).choices[0].message.content;
    const begun = whole.slice(0, whole.indexOf(' ', 20));
    const rest = await chat({ messages: [...asked, { role: 'assistant', content: begun }], continue_final_message: true,
                              add_generation_prompt: false, max_completion_tokens: 12 });
    assert.ok(whole.startsWith(begun + rest.choices[0].message.content.trimEnd()), rest.choices[0].message.content);
  });

  test('token ids of prompt and answer', async () => {
    const whole = await chat({ return_token_ids: true, max_completion_tokens: 6 });
    assert.equal(whole.prompt_token_ids.length, whole.usage.prompt_tokens);
    assert.equal(whole.choices[0].token_ids.length, 6);
    const chunks = await collect(await chat({ return_token_ids: true, max_completion_tokens: 6, stream: true }));
    assert.deepEqual(chunks[0].prompt_token_ids, whole.prompt_token_ids);
    assert.deepEqual(chunks.flatMap((chunk) => chunk.choices[0].token_ids ?? []), whole.choices[0].token_ids);
  });

  test('completions take a text, a list of texts, token ids and lists of them', async () => {
    const one = await complete('Once upon');
    assert.equal(one.object, 'text_completion');
    const tokens = (await (await fetch(`${server.url}tokenize`, { method: 'POST', body: JSON.stringify({ prompt: 'Once upon' }) })).json()).tokens;
    assert.equal((await complete(tokens)).choices[0].text, one.choices[0].text);
    const many = await complete(['Once upon', 'The fox'], { n: 2 });
    assert.deepEqual(many.choices.map((choice) => choice.index), [0, 1, 2, 3]);
    assert.equal(many.choices[0].text, one.choices[0].text);
    assert.equal(many.choices[1].text, one.choices[0].text);
    assert.equal((await complete([tokens, tokens])).choices[1].text, one.choices[0].text);
    const echoed = await complete('Once upon', { echo: true });
    assert.equal(echoed.choices[0].text, 'Once upon' + one.choices[0].text);
    const texts = ['', ''];
    for (const chunk of await collect(await complete(['Once upon', 'The fox'], { stream: true, echo: true }))) {
      for (const choice of chunk.choices) texts[choice.index] += choice.text;
    }
    assert.deepEqual(texts, ['Once upon' + many.choices[0].text, 'The fox' + many.choices[2].text]);
    const logprobs = (await complete('Once upon', { logprobs: 2, max_tokens: 3 })).choices[0].logprobs;
    assert.equal(logprobs.tokens.length, 3);
    assert.equal(Object.keys(logprobs.top_logprobs[0]).length, 2);
    assert.equal(logprobs.text_offset[0], 0);
    const best = await complete('Once upon', { best_of: 4, n: 1, temperature: 1, seed: 3 });
    assert.equal(best.choices.length, 1);
  });

  test('a response is created, streamed, read, listed and deleted', async () => {
    const body = { model, input: story, max_output_tokens: 40, temperature: 0 };
    const created = await openai.responses.create(body);
    assert.equal(created.object, 'response');
    assert.equal(created.status, 'incomplete');
    const stream = await collect(await openai.responses.create({ ...body, stream: true }));
    const order = new ResponseOrder();
    for (const event of stream) {
      checkEvent(event);
      order.accept(event);
    }
    assert.equal(stream.at(-1).response.output[0].content[0].text, created.output_text);
    const read = await openai.responses.retrieve(created.id);
    assert.deepEqual(read.output, created.output);
    assert.deepEqual(read.usage, created.usage);
    await assert.rejects(openai.responses.retrieve(created.id, { stream: true }), { status: 404, param: 'response_id' });
    const items = await openai.responses.inputItems.list(created.id);
    assert.equal(items.data[0].content[0].text, story);
    const next = await openai.responses.create({ ...body, input: 'And then?', previous_response_id: created.id });
    assert.equal(next.previous_response_id, created.id);
    assert.deepEqual((await openai.responses.inputItems.list(next.id, { order: 'asc' })).data.map((item) => item.role), ['user', 'assistant', 'user']);
    assert.equal((await openai.responses.inputTokens.count({ model, input: story })).input_tokens, created.usage.input_tokens);
    await openai.responses.delete(created.id);
    await assert.rejects(openai.responses.retrieve(created.id), { status: 404, code: 'response_not_found' });
    await assert.rejects(openai.responses.create({ ...body, previous_response_id: created.id }), { status: 400, code: 'previous_response_not_found' });
    const unstored = await openai.responses.create({ ...body, store: false });
    await assert.rejects(openai.responses.retrieve(unstored.id), { status: 404 });
  });

  test('a response of one connection is continued, read and cancelled from another', async () => {
    const socket = await plainClient(server);
    const turn = socket.create({ input: story, max_output_tokens: 1500, ignore_eos: true });
    await turn.started;
    const running = await openai.responses.retrieve(turn.id);
    assert.equal(running.status, 'in_progress');
    const cancelled = await openai.responses.cancel(turn.id);
    assert.equal(cancelled.status, 'cancelled');
    assert.ok(cancelled.usage.output_tokens > 0);
    await turn.finished;
    assert.equal(turn.end.response.status, 'cancelled');
    await socket.close();
    const next = await openai.responses.create({ model, input: 'x', previous_response_id: turn.id, max_output_tokens: 2 });
    assert.equal(next.previous_response_id, turn.id);
  });

  test('a client that stops, streaming or not, frees its blocks', async () => {
    const long = { max_completion_tokens: 1900, ignore_eos: true };
    const stream = await chat({ ...long, stream: true });
    for await (const chunk of stream) if (chunk.choices[0].delta.content) break;
    stream.controller.abort();
    await untilIdle(server);
    const controller = new AbortController();
    const waiting = openai.chat.completions.create({ model, messages: asked, ...long }, { signal: controller.signal });
    const gone = assert.rejects(waiting);
    while (((await metricsOf(server)).get('octavo:num_requests_running') ?? 0) < 1);
    controller.abort();
    await gone;
    await untilIdle(server);
    assert.equal((await metricsOf(server)).get('octavo:request_success_total{finished_reason="abort"}'), 2);
  });

  test('what is wrong is told as the SDK expects it', async () => {
    const wrong = [
      [{ temperature: 'hot' }, 400, 'invalid_value', 'temperature'],
      [{ messages: [] }, 400, 'invalid_value', 'messages'],
      [{ messages: [{ role: 'cook', content: 'x' }] }, 400, 'invalid_value', 'messages[0].role'],
      [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }] }, 400, 'unsupported_parameter', 'messages[0].content[0]'],
      [{ model: 'another' }, 404, 'model_not_found', 'model'],
      [{ suffix: 'x' }, 400, 'unsupported_parameter', 'suffix'],
      [{ prompt_logprobs: 21 }, 400, 'invalid_value', 'prompt_logprobs'],
      [{ chat_template_kwargs: { messages: [] } }, 400, 'unsupported_parameter', 'chat_template_kwargs.messages'],
      [{ messages: [{ role: 'user', content: 'fox '.repeat(3000) }] }, 400, 'context_length_exceeded', 'messages'],
    ];
    for (const [body, status, code, param] of wrong) {
      for (const stream of [false, true]) await assert.rejects(chat({ ...body, stream }), { status, code, param }, JSON.stringify(body).slice(0, 80));
    }
    await assert.rejects(openai.completions.create({ model, prompt: [] }), { status: 400, param: 'prompt' });
    await assert.rejects(openai.completions.create({ model, prompt: [99999999] }), { status: 400, param: 'prompt' });
  });

  test('structured output is what its schema says, through the SDK\'s own helpers', async () => {
    const Animal = z.object({ name: z.string().max(12), legs: z.number().int().min(0).max(8), tags: z.array(z.enum(['red', 'sly', 'old'])).max(3) });
    const format = zodResponseFormat(Animal, 'animal');
    const body = { model, messages: asked, max_completion_tokens: 200, temperature: 0 };
    const parsed = await openai.chat.completions.parse({ ...body, response_format: format });
    assert.ok(Animal.safeParse(parsed.choices[0].message.parsed).success);
    assert.equal(parsed.choices[0].finish_reason, 'stop');
    const chunks = await collect(await chat({ ...body, response_format: format, stream: true }));
    assert.equal(textOf(chunks), parsed.choices[0].message.content);
    const response = await openai.responses.parse({ model, input: story, max_output_tokens: 200, temperature: 0, text: { format: zodTextFormat(Animal, 'animal') } });
    assert.ok(Animal.safeParse(response.output_parsed).success);
    for (const seed of [1, 2, 3]) {
      const many = await chat({ n: 4, temperature: 1, seed, max_completion_tokens: 200, response_format: format });
      for (const choice of many.choices) assert.ok(Animal.safeParse(JSON.parse(choice.message.content)).success, choice.message.content);
    }
    const object = await chat({ response_format: { type: 'json_object' }, max_completion_tokens: 400 });
    if (object.choices[0].finish_reason === 'stop') assert.equal(typeof JSON.parse(object.choices[0].message.content), 'object');
    const said = async (structured_outputs, more) => (await chat({ structured_outputs, temperature: 1, ...more })).choices[0].message.content;
    assert.ok(['yes', 'no'].includes(await said({ choice: ['yes', 'no'] })));
    assert.match(await said({ regex: '[A-Z][a-z]{2,5}, [0-9]{2}' }), /^[A-Z][a-z]{2,5}, [0-9]{2}$/);
    assert.match(await said({ grammar: 'root ::= ("ab" | "c"){3}' }), /^(ab|c){3}$/);
    for (const [more, param] of [[{ structured_outputs: { regex: '(' } }, 'structured_outputs.regex'], [{ response_format: format, ignore_eos: true }, 'response_format.json_schema.schema'],
                                 [{ structured_outputs: { choice: ['a'] }, min_tokens: 3 }, 'structured_outputs.choice']]) {
      await assert.rejects(chat(more), { status: 400, param });
    }
  });

  test('requests as vLLM\'s benchmark sends them: usage in a chunk of its own, as many tokens as were asked for', async () => {
    const common = { model, temperature: 0, stream: true, stream_options: { include_usage: true }, ignore_eos: true };
    const bodies = {
      'chat/completions': { ...common, messages: [{ role: 'user', content: [{ type: 'text', text: story }] }], max_completion_tokens: 24 },
      completions: { ...common, prompt: story, repetition_penalty: 1, max_tokens: 24, logprobs: null },
    };
    for (const [path, body] of Object.entries(bodies)) {
      const response = await fetch(`${server.url}v1/${path}`, { method: 'POST', headers: { 'x-request-id': 'bench-0' }, body: JSON.stringify(body) });
      assert.equal(response.headers.get('x-request-id'), 'bench-0');
      const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
      assert.equal(lines.at(-1), 'data: [DONE]');
      const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)));
      assert.equal(chunks.at(-1).usage.completion_tokens, 24, path);
      assert.ok(chunks.slice(0, -1).every((chunk) => chunk.choices.length === 1), path);
    }
  });

  test('what is null or unknown disturbs nobody', async () => {
    const whole = await chat({ stop: null, logit_bias: {}, user: 'u', store: true, service_tier: 'auto', parallel_tool_calls: true,
                               tools: [], response_format: { type: 'text' }, max_tokens: 3, max_completion_tokens: 9, made_up: { a: 1 },
                               functions: null, logprobs: null, stream_options: null });
    assert.equal(whole.usage.completion_tokens, 3);
  });
});

test('a request without its key is refused before its body is read', async (t) => {
  const server = await serverFor(t, ['--api-key', 'secret']);
  const openai = (apiKey) => new OpenAI({ baseURL: `${server.url}v1`, apiKey, maxRetries: 0 });
  const ask = (client) => client.chat.completions.create({ model: 'octavo-demo', messages: asked, max_tokens: 2 });
  assert.equal((await ask(openai('secret'))).usage.completion_tokens, 2);
  await assert.rejects(ask(openai('wrong')), { status: 401, code: 'invalid_api_key' });
  const other = await openai('secret').responses.create({ model: 'octavo-demo', input: 'x', max_output_tokens: 2 });
  await assert.rejects(openai('wrong').responses.retrieve(other.id), { status: 401 });
});
