// The cases of Open Responses' own compliance test, over HTTP and over the WebSocket: a text, a stream, instructions, a call of
// a tool, an image (which this server refuses as the contract says) and a conversation of several turns. Every body and every
// event is held against the contract.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { plainClient } from './client.mjs';
import { checkEvent, checkResponse, ResponseOrder } from './contract.mjs';
import { serverFor, suiteScope } from './helpers.mjs';

const message = (role, content) => ({ type: 'message', role, content });
const weather = { type: 'function', name: 'get_weather', description: 'Get the current weather for a location',
                  parameters: { type: 'object', properties: { location: { type: 'string', description: 'The city and state' } }, required: ['location'] } };
const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const cases = {
  'a text': { body: { input: [message('user', 'Say hello in exactly 3 words.')] }, has: 'message' },
  'instructions of the system': { body: { input: [message('system', 'You are a pirate. Always respond in pirate speak.'), message('user', 'Say hello.')] }, has: 'message' },
  'a call of a tool': { body: { input: [message('user', "What's the weather like in San Francisco?")], tools: [weather], tool_choice: 'required' }, has: 'function_call' },
  'several turns': { body: { input: [message('user', 'My name is Alice.'), message('assistant', 'Hello Alice! Nice to meet you. How can I help you today?'),
                                     message('user', 'What is my name?')] }, has: 'message' },
};
const image = { input: [{ ...message('user', [{ type: 'input_text', text: 'What do you see?' }, { type: 'input_image', image_url: pixel }]) }] };
const asked = { model: 'octavo-demo', temperature: 0, max_output_tokens: 300 };

function checkAnswer(response, kind) {
  checkResponse(response);
  assert.ok(['completed', 'incomplete'].includes(response.status), response.status);
  assert.ok(response.output.some((item) => item.type === kind), `an item of type ${kind}`);
  for (const item of response.output.filter((each) => each.type === 'function_call')) assert.equal(typeof JSON.parse(item.arguments), 'object');
}

describe('the compliance cases of Open Responses', () => {
  let server;
  const suite = suiteScope();
  before(async () => (server = await serverFor(suite)));
  const post = (body) => fetch(`${server.url}v1/responses`, {
    method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer none' }, body: JSON.stringify({ ...asked, ...body }) });

  for (const [name, { body, has }] of Object.entries(cases)) {
    test(`${name}, whole, streamed and over the WebSocket`, async () => {
      const whole = await post(body);
      assert.equal(whole.status, 200);
      const response = await whole.json();
      checkAnswer(response, has);

      const streamed = await post({ ...body, stream: true });
      assert.match(streamed.headers.get('content-type'), /^text\/event-stream/);
      const frames = (await streamed.text()).split('\n\n').filter(Boolean);
      assert.equal(frames.at(-1), 'data: [DONE]');
      const order = new ResponseOrder();
      let last;
      for (const frame of frames.slice(0, -1)) {
        const [, type, json] = /^event: (.*)\ndata: (.*)$/s.exec(frame);
        last = JSON.parse(json);
        assert.equal(last.type, type);
        checkEvent(last);
        order.accept(last);
      }
      assert.ok(order.ended);
      checkAnswer(last.response, has);

      const socket = await plainClient(server);
      const turn = await socket.complete({ ...asked, ...body });
      await socket.close();
      checkAnswer(turn.response, has);
      const said = ({ output }) => output.map((item) => item.arguments ?? item.content[0].text);
      assert.deepEqual(said(last.response), said(response));
      assert.deepEqual(said(turn.response), said(response));
    });
  }

  test('an image is refused by the name of its place', async () => {
    const answer = await post(image);
    assert.equal(answer.status, 400);
    const { error } = await answer.json();
    assert.equal(error.code, 'unsupported_parameter');
    assert.equal(error.param, 'input[0].content[1]');
    const socket = await plainClient(server);
    const turn = await socket.turn({ ...asked, ...image });
    await socket.close();
    assert.equal(turn.error.code, 'unsupported_parameter');
    assert.equal(turn.error.param, 'input[0].content[1]');
  });
});
