// Calls of functions and what a model thinks, through what people use for them. The demo model calls when it must; where a
// model has to call of its own accord, a script says what it would.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodFunction, zodResponsesFunction } from 'openai/helpers/zod';
import { z } from 'zod';
import { plainClient } from './client.mjs';
import { checkEvent, ResponseOrder } from './contract.mjs';
import { scriptedFor, serverFor, suiteScope } from './helpers.mjs';

const parameters = {
  type: 'object', properties: { city: { type: 'string', enum: ['Bern', 'Rome'] }, days: { type: 'integer', minimum: 1, maximum: 9 } },
  required: ['city', 'days'], additionalProperties: false,
};
const weather = { name: 'get_weather', description: 'The weather in a city.', parameters };
const chatTools = [{ type: 'function', function: weather }, { type: 'function', function: { name: 'now' } }];
const tools = [{ type: 'function', ...weather, strict: true }, { type: 'function', name: 'now' }];
const messages = [{ role: 'user', content: 'What is the weather in Bern?' }];
const question = messages[0].content;

function checkArguments(text) {
  const given = JSON.parse(text);
  assert.deepEqual(Object.keys(given), ['city', 'days']);
  assert.ok(['Bern', 'Rome'].includes(given.city) && given.days >= 1 && given.days <= 9, text);
}

describe('a model that must call', () => {
  let server;
  let openai;
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite);
    openai = new OpenAI({ baseURL: `${server.url}v1`, apiKey: 'none', maxRetries: 0 });
  });
  const forced = { model: 'octavo-demo', temperature: 0.8, seed: 7, tool_choice: 'required' };

  test('a chat completion has the same call whole and streamed', async () => {
    const body = { ...forced, messages, tools: chatTools, parallel_tool_calls: false, max_completion_tokens: 200 };
    for (const seed of [1, 2, 3, 4]) {
      const whole = await openai.chat.completions.create({ ...body, seed });
      const [choice] = whole.choices;
      assert.equal(choice.finish_reason, 'tool_calls');
      assert.equal(choice.message.content, null);
      assert.equal(choice.message.tool_calls.length, 1);
      const [call] = choice.message.tool_calls;
      if (call.function.name === 'get_weather') checkArguments(call.function.arguments);
      const streamed = await openai.chat.completions.stream({ ...body, seed }).finalChatCompletion();
      assert.equal(streamed.choices[0].finish_reason, 'tool_calls');
      assert.deepEqual(streamed.choices[0].message.tool_calls.map((each) => each.function.arguments), [call.function.arguments]);
      assert.deepEqual(streamed.choices[0].message.tool_calls.map((each) => each.function.name), [call.function.name]);
    }
  });

  test('a function that is named is called, and the helper of the SDK parses its arguments', async () => {
    const schema = z.object({ city: z.enum(['Bern', 'Rome']), days: z.number().int() });
    const named = await openai.chat.completions.parse({
      ...forced, messages, tools: [zodFunction({ name: 'get_weather', parameters: schema })],
      tool_choice: { type: 'function', function: { name: 'get_weather' } }, max_completion_tokens: 300 });
    const [call] = named.choices[0].message.tool_calls;
    assert.ok(schema.safeParse(call.function.parsed_arguments).success);
    const response = await openai.responses.parse({
      model: 'octavo-demo', input: question, tools: [zodResponsesFunction({ name: 'get_weather', parameters: schema })],
      tool_choice: { type: 'function', name: 'get_weather' }, max_output_tokens: 300 });
    assert.equal(response.output.length, 1);
    assert.ok(schema.safeParse(response.output[0].parsed_arguments).success);
  });

  test('the Responses API says the same call whole, over SSE and over the WebSocket', async () => {
    const body = { input: question, tools, tool_choice: 'required', parallel_tool_calls: false, temperature: 0, max_output_tokens: 200 };
    const whole = await openai.responses.create({ model: 'octavo-demo', ...body });
    assert.equal(whole.status, 'completed');
    const [call] = whole.output;
    assert.equal(call.type, 'function_call');
    assert.equal(call.status, 'completed');
    assert.deepEqual(whole.tools.map((each) => each.name), ['get_weather', 'now']);
    const order = new ResponseOrder();
    let text = '';
    for await (const event of await openai.responses.create({ model: 'octavo-demo', ...body, stream: true })) {
      checkEvent(event);
      order.accept(event);
      if (event.type === 'response.function_call_arguments.delta') text += event.delta;
    }
    assert.equal(text, call.arguments);
    const socket = await plainClient(server);
    const turn = await socket.complete(body);
    await socket.close();
    assert.equal(turn.response.output[0].arguments, call.arguments);
    assert.equal(turn.response.output[0].name, call.name);
  });

  test('only the tools that are allowed are called', async () => {
    for (const seed of [1, 2, 3]) {
      const response = await openai.responses.create({
        model: 'octavo-demo', input: question, tools, temperature: 1, max_output_tokens: 300, ...{ seed },
        tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'now' }] } });
      assert.ok(response.output.every((item) => item.type === 'function_call' && item.name === 'now'));
    }
  });

  test('a result goes back with its call, and one without a call is refused', async () => {
    const first = await openai.responses.create({
      model: 'octavo-demo', input: question, tools, tool_choice: 'required', parallel_tool_calls: false, max_output_tokens: 200 });
    const [call] = first.output;
    const result = { type: 'function_call_output', call_id: call.call_id, output: 'sunny' };
    const second = await openai.responses.create({
      model: 'octavo-demo', previous_response_id: first.id, input: [result], max_output_tokens: 8 });
    assert.equal(second.output[0].type, 'message');
    const items = await openai.responses.inputItems.list(second.id, { order: 'asc' });
    assert.deepEqual(items.data.map((item) => item.type), ['message', 'function_call', 'function_call_output']);
    const alone = await openai.responses.create({ model: 'octavo-demo', input: [
      { role: 'user', content: question }, { type: 'function_call', call_id: 'c', name: 'now', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'noon' }], max_output_tokens: 8 });
    assert.equal(alone.status, 'incomplete');
    await assert.rejects(openai.responses.create({ model: 'octavo-demo', previous_response_id: first.id,
                                                   input: [{ ...result, call_id: 'call_other' }] }),
                         (error) => error.status === 400 && error.code === 'invalid_value' && /call_other/.test(error.message));
  });

  test('a result without its call takes its parent out of the memory of a connection that stores nothing', async () => {
    const socket = await plainClient(server);
    const first = await socket.complete({ input: question, store: false, max_output_tokens: 4 });
    const lost = await socket.turn({ previous_response_id: first.id, store: false,
                                         input: [{ type: 'function_call_output', call_id: 'call_other', output: 'x' }] });
    assert.equal(lost.error.code, 'invalid_value');
    const again = await socket.turn({ previous_response_id: first.id, input: 'And?', max_output_tokens: 4 });
    assert.equal(again.error.code, 'previous_response_not_found');
    await socket.close();
  });
});

const call = (name, given) => `<tool_call>\n${JSON.stringify({ name, arguments: given })}\n</tool_call>`;
const script = [
  { when: 'It is sunny', say: 'In Bern it is sunny.' },
  { when: 'Think', say: '<think>\nA hard one.\n</think>\n\nIt is 42.' },
  { when: 'two', say: `I ask twice.\n${call('get_weather', { city: 'Bern', days: 1 })}\n${call('get_weather', { city: 'Rome', days: 2 })}` },
  { when: '', say: call('get_weather', { city: 'Bern', days: 2 }) },
];

describe('a model that calls of its own accord', () => {
  let server;
  let openai;
  const suite = suiteScope();
  before(async () => {
    server = await scriptedFor(suite, script, ['--reasoning-parser', 'think']);
    openai = new OpenAI({ baseURL: `${server.url}v1`, apiKey: 'none', maxRetries: 0 });
  });
  const clients = () => {
    const baseURL = `${server.url}v1`;
    return { compatible: createOpenAICompatible({ name: 'octavo', baseURL }).chatModel('octavo-demo'),
             chat: createOpenAI({ baseURL, apiKey: 'none' }).chat('octavo-demo'),
             responses: createOpenAI({ baseURL, apiKey: 'none' }).responses('octavo-demo') };
  };

  test("the SDK's own runner calls the function and gives its result back, whole and streamed", async () => {
    for (const stream of [false, true]) {
      const asked = [];
      const runner = openai.chat.completions.runTools({
        model: 'octavo-demo', stream, messages,
        tools: [{ type: 'function', function: { ...weather, parse: JSON.parse, function: (given) => { asked.push(given); return 'It is sunny'; } } }] });
      assert.equal(await runner.finalContent(), 'In Bern it is sunny.');
      assert.deepEqual(asked, [{ city: 'Bern', days: 2 }]);
    }
  });

  test('text and several calls stand beside each other, in every form of the answer', async () => {
    const body = { model: 'octavo-demo', messages: [{ role: 'user', content: 'two' }], tools: chatTools };
    const { message, finish_reason: reason } = (await openai.chat.completions.create(body)).choices[0];
    assert.equal(reason, 'tool_calls');
    assert.equal(message.content, 'I ask twice.');
    assert.deepEqual(message.tool_calls.map((each) => JSON.parse(each.function.arguments).city), ['Bern', 'Rome']);
    const response = await openai.responses.create({ model: 'octavo-demo', input: 'two', tools });
    assert.deepEqual(response.output.map((item) => item.type), ['message', 'function_call', 'function_call']);
    assert.equal(response.output_text, 'I ask twice.');
    const one = await openai.responses.create({ model: 'octavo-demo', input: 'two', tools, parallel_tool_calls: false });
    assert.equal(one.output.filter((item) => item.type === 'function_call').length, 1);
    const none = await openai.chat.completions.create({ ...body, tool_choice: 'none' });
    assert.equal(none.choices[0].finish_reason, 'stop');
    assert.match(none.choices[0].message.content, /<tool_call>/);
  });

  test('the AI SDK goes from call to answer over every endpoint, whole and streamed', async () => {
    const city = z.object({ city: z.string(), days: z.number() });
    for (const [name, model] of Object.entries(clients())) {
      const settings = { model, prompt: question, maxRetries: 0, stopWhen: stepCountIs(4),
                         tools: { get_weather: tool({ description: 'The weather', inputSchema: city, execute: async () => 'It is sunny' }) } };
      const whole = await generateText(settings);
      assert.equal(whole.text, 'In Bern it is sunny.', name);
      assert.deepEqual(whole.steps[0].toolCalls.map((each) => each.input), [{ city: 'Bern', days: 2 }], name);
      assert.equal(whole.steps[0].finishReason, 'tool-calls', name);
      const errors = [];
      const streamed = streamText({ ...settings, onError: ({ error }) => errors.push(error) });
      let text = '';
      for await (const delta of streamed.textStream) text += delta;
      assert.deepEqual(errors, [], name);
      assert.equal(text, 'In Bern it is sunny.', name);
    }
  });

  test('what it thinks comes apart from what it says, and is counted', async () => {
    const asked = [{ role: 'user', content: 'Think' }];
    const whole = await openai.chat.completions.create({ model: 'octavo-demo', messages: asked });
    assert.equal(whole.choices[0].message.content, 'It is 42.');
    assert.equal(whole.choices[0].message.reasoning_content, 'A hard one.');
    assert.ok(whole.usage.completion_tokens_details.reasoning_tokens > 3);
    const deltas = [];
    for await (const chunk of await openai.chat.completions.create({ model: 'octavo-demo', messages: asked, stream: true }))
      deltas.push(chunk.choices[0].delta);
    assert.equal(deltas.map((delta) => delta.reasoning_content ?? '').join(''), 'A hard one.');
    assert.equal(deltas.map((delta) => delta.content ?? '').join(''), 'It is 42.');
    const socket = await plainClient(server);
    const turn = await socket.complete({ input: 'Think' });
    await socket.close();
    assert.deepEqual(turn.response.output.map((item) => [item.type, item.content[0].type, item.content[0].text]),
                     [['reasoning', 'reasoning_text', 'A hard one.'], ['message', 'output_text', 'It is 42.']]);
    assert.equal(turn.events.filter((event) => event.type === 'response.reasoning_text.done').length, 1);
    assert.ok(turn.usage.output_tokens_details.reasoning_tokens > 3);
    for (const name of ['compatible']) {
      const { reasoningText, text } = await generateText({ model: clients()[name], prompt: 'Think', maxRetries: 0 });
      assert.equal(reasoningText, 'A hard one.', name);
      assert.equal(text, 'It is 42.', name);
    }
  });
});
