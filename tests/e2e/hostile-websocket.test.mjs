// What a stranger may send over an open WebSocket. A test's name begins with the number that the case has in the
// project's list of hostile inputs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { plainClient } from './client.mjs';
import { eventually, metricsOf, serverFor, suiteScope, untilIdle } from './helpers.mjs';
import { frame, rawSocket, text } from './raw.mjs';

const story = { input: 'Tell me a story.', temperature: 0, ignore_eos: true };
const create = (body, more = '') => JSON.stringify({ type: 'response.create', ...body }).replace(/\}$/, `${more}}`);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

let server;
const suite = suiteScope();
before(async () => (server = await serverFor(suite)));

/// Sends these bytes on a WebSocket of its own and asserts that the server ends it with one of these codes.
async function ends(bytes, codes, target = server) {
  const client = await rawSocket(target);
  for (const piece of [bytes].flat()) client.send(piece);
  const { code } = await client.closed;
  assert.ok(codes.includes(code), `code ${code}`);
}

describe('frames', () => {
  const bad = {
    'an unmasked frame': frame(0x81, '{}', { mask: false }),
    'the first reserved bit': frame(0xc1, '{}'),
    'the second reserved bit': frame(0xa1, '{}'),
    'the third reserved bit': frame(0x91, '{}'),
    'a ping in fragments': frame(0x09, 'x'),
    'a ping of 126 bytes': frame(0x89, 'x'.repeat(126)),
    'a continuation of nothing': frame(0x80, 'x'),
    'a message within a message': Buffer.concat([frame(0x01, 'x'), frame(0x81, 'y')]),
  };
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) bad[`opcode ${opcode}`] = frame(0x80 | opcode, 'x');
  for (const [name, bytes] of Object.entries(bad)) test(`case 23: ${name} ends with 1002`, () => ends(bytes, [1002]));

  test('case 24: lengths that nobody can mean end the connection, and take no memory', async () => {
    await ends(frame(0x81, '', { size: [127, 0x80, 0, 0, 0, 0, 0, 0, 0] }), [1002, 1009]);
    await ends(frame(0x81, '', { size: [127, 255, 255, 255, 255, 255, 255, 255, 255] }), [1002, 1009]);
    await ends(frame(0x81, 'x', { size: [126, 0, 1] }), [1002]);
    await ends(frame(0x81, 'x', { size: [127, 0, 0, 0, 0, 0, 0, 0, 1] }), [1002]);
  });
  test('case 25: a byte over the limit ends with 1009', () => ends(text('x'.repeat((4 << 20) + 1)), [1009]));
  test('case 25: a message in fragments of one byte ends at 1,024 of them with 1008', async () => {
    const client = await rawSocket(server);
    client.send(Buffer.concat([frame(0x01, ' '), ...Array.from({ length: 2000 }, () => frame(0x00, ' '))]));
    const { code, reason } = await client.closed;
    assert.equal(code, 1008);
    assert.match(reason, /1024 fragments/);
  });
  test('case 25: a message in a thousand fragments is read', async () => {
    const client = await rawSocket(server);
    const event = '{"type":"nothing"}';
    client.send(Buffer.concat([frame(0x01, event), ...Array.from({ length: 1000 }, () => frame(0x00, ' ')), frame(0x80, '')]));
    await eventually(() => client.frames.length > 0, 'an answer');
    assert.equal(JSON.parse(client.frames[0].payload).error.code, 'unknown_event_type');
    client.socket.destroy();
  });
  const utf8 = {
    'an overlong form': [0xc0, 0xaf],
    'a surrogate': [0xed, 0xa0, 0x80],
    'a character beyond the last': [0xf4, 0x90, 0x80, 0x80],
    'a character that breaks off': [0xe2, 0x82],
    'a lone continuation': [0x80],
  };
  for (const [name, bytes] of Object.entries(utf8)) {
    test(`case 28: ${name} ends with 1007`, () => ends(frame(0x81, Buffer.from(bytes)), [1007]));
    test(`case 28: ${name} in the reason of a close ends the connection`, () =>
      ends(frame(0x88, Buffer.from([0x03, 0xe8, ...bytes])), [1002, 1007]));
  }
  test('case 28: a character that is cut by a fragment is read', async () => {
    const client = await rawSocket(server);
    client.send(Buffer.concat([frame(0x01, Buffer.from('{"type":"\xe2\x82', 'latin1')), frame(0x80, Buffer.from('\xac"}', 'latin1'))]));
    await eventually(() => client.frames.length > 0, 'an answer');
    assert.match(client.frames[0].payload, /unknown_event_type.*€/);
    client.socket.destroy();
  });
  test('case 29: a binary frame ends with 1003', () => ends(frame(0x82, '{}'), [1003]));
  for (const [name, head] of [['pings', 0x89], ['pongs', 0x8a]]) {
    test(`case 30: a flood of ${name} ends with 1008`, async () => {
      const flood = Buffer.concat(Array.from({ length: 1000 }, () => frame(head, 'x')));
      const client = await rawSocket(server);
      client.send(flood);
      const { code, frames } = await client.closed;
      assert.equal(code, 1008);
      assert.ok(frames.filter(({ opcode }) => opcode === 10).length <= 150, 'pongs');
    });
  }
  test('case 30: a ping now and then is answered', async () => {
    const client = await rawSocket(server);
    for (let i = 0; i < 20; ++i) client.send(frame(0x89, `${i}`));
    await eventually(() => client.frames.length === 20, 'every pong');
    assert.deepEqual(client.frames.map(({ opcode, payload }) => [opcode, payload]), Array.from({ length: 20 }, (_, i) => [10, `${i}`]));
    client.socket.destroy();
  });
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999]) {
    test(`case 31: a close with the code ${code} ends with 1002`, () =>
      ends(frame(0x88, Buffer.from([code >> 8, code & 255])), [1002]));
  }
  test('case 31: a close of one byte, and one with a reason of 124, end with 1002', async () => {
    await ends(frame(0x88, 'x'), [1002]);
    await ends(frame(0x88, Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.alloc(124, 'x')])), [1002]);
  });
});

describe('ends', () => {
  test('case 32: data after a close, a reset in the middle and an end without a close leave nothing behind', async () => {
    const body = create({ ...story, max_output_tokens: 1500 });
    const one = await rawSocket(server);
    one.send(Buffer.concat([frame(0x88, Buffer.from([0x03, 0xe8])), text(body)]));
    await one.closed;
    const two = await rawSocket(server);
    two.send(text(body));
    await eventually(() => two.frames.length > 3, 'events');
    two.send(text(body).subarray(0, 20));
    two.socket.resetAndDestroy();
    const three = await rawSocket(server);
    three.send(text(body));
    await eventually(() => three.frames.length > 3, 'events');
    three.socket.end();
    await three.closed;
    await untilIdle(server);
  });
  test('case 33: a client that begins to close and never ends is ended', async () => {
    const client = await rawSocket(server, { answersClose: false });
    client.send(frame(0x88, Buffer.from([0x03, 0xe8])));
    assert.equal((await client.closed).code, 1000);
  });
  test('case 33: a client that never answers a close is ended', async () => {
    const client = await rawSocket(server, { answersClose: false });
    client.send(frame(0x82, '{}'));
    assert.equal((await client.closed).code, 1003);
  });
  test('case 33: a client that answers a close with rubbish is ended', async () => {
    const before = (await metricsOf(server)).get('octavo:num_connections');
    for (const rubbish of [frame(0x83, 'x'), frame(0x81, '{}', { mask: false }), frame(0x88, 'x'), Buffer.from([0xff, 0xff])]) {
      const client = await rawSocket(server, { answersClose: false });
      client.send(frame(0x82, '{}'));
      await eventually(() => client.frames.length > 0, 'a close');
      client.send(rubbish);
      assert.equal((await client.closed).code, 1003);
    }
    await eventually(async () => (await metricsOf(server)).get('octavo:num_connections') <= before, 'no connection that is left');
  });
  test('case 34: two frames in one segment are handled in their order', async () => {
    const client = await rawSocket(server);
    client.send(Buffer.concat([text(create({ ...story, max_output_tokens: 1500, stream_id: 'a' })),
                               text('{"type":"response.cancel","stream_id":"a"}')]));
    const last = () => client.frames.at(-1) && JSON.parse(client.frames.at(-1).payload);
    await eventually(() => last()?.type === 'response.incomplete', 'the end');
    assert.equal(last().response.status, 'cancelled');
    client.socket.destroy();
  });
  for (const [name, drip] of [['fragments without end', () => frame(0x00, ' ')], ['a frame of a byte at a time', () => Buffer.from(' ')]]) {
    test(`case ${name[1] === 'r' ? 26 : 54}: ${name} have their time`, async (t) => {
      const impatient = await serverFor(t, ['--max-message-time', '1']);
      const client = await rawSocket(impatient);
      client.send(name[0] === 'f' ? frame(0x01, '{') : frame(0x81, '', { size: [126, 1, 0] }));
      const timer = setInterval(() => client.send(drip()), 100);
      const { code, reason } = await client.closed;
      clearInterval(timer);
      assert.equal(code, 1008);
      assert.match(reason, /--max-message-time/);
    });
  }
});

describe('JSON and parameters', () => {
  let client;
  before(async () => (client = await plainClient(server)));
  after(() => client.close());
  const errorOf = async (frameText, by = client) => {
    const refused = by.nextError();
    by.sendRaw(frameText);
    return (await refused).error;
  };
  const codes = {
    'case 35: what is not JSON': [['{', 'x', 'nul', '', '{"a":1}{"b":2}'], ['invalid_json']],
    'case 35: JSON that is no object': [['[]', 'null', '7', '"x"', 'true'], ['invalid_event']],
    'case 35: 33 levels': [[`{"a":${'['.repeat(32)}${']'.repeat(32)}}`], ['invalid_json']],
    'case 35: four million brackets': [['['.repeat((4 << 20) - 1)], ['invalid_json']],
    'case 36: a name that stands twice': [[create({ input: 'x' }, ',"input":"y"'), create({ input: 'x' }, ',"octavo":{"priority":1,"priority":2}')], ['invalid_json']],
    'case 36: half a surrogate pair': [[create({}, ',"input":"\\ud800"'), create({}, ',"input":"\\udc00x"')], ['invalid_json', 'invalid_value']],
  };
  for (const [name, [frames, expected]] of Object.entries(codes)) {
    test(`${name} is refused, and the connection goes on`, async () => {
      const own = await plainClient(server);
      for (const each of frames) assert.ok(expected.includes((await errorOf(each, own)).code), each.slice(0, 60));
      assert.equal((await own.turn({ input: 'x', max_output_tokens: 1 })).error, undefined);
      await own.close();
    });
  }
  test('case 35: the twentieth frame within a minute that is not JSON ends with 1008', async () => {
    const own = await plainClient(server);
    for (let i = 0; i < 19; ++i) assert.equal((await errorOf('rubbish', own)).code, 'invalid_json');
    own.sendRaw('rubbish');
    assert.equal(await own.done, 1008);
    assert.match(own.closeReason, /20 messages/);
  });
  test('case 36: a name of a megabyte and NUL in a string do no harm', async () => {
    const turn = await client.turn({ input: 'a\u0000b', ['x'.repeat(1 << 20)]: 1, max_output_tokens: 1 });
    assert.equal(turn.error, undefined);
  });
  const wrong = {
    37: ['"temperature":1e999', '"temperature":"1"', '"max_output_tokens":"5"', '"max_output_tokens":1.5', '"max_output_tokens":9007199254740993',
         '"temperature":NaN', '"seed":1e30', '"n":true'],
    38: ['n', 'max_output_tokens', 'top_logprobs'].flatMap((name) => [`"${name}":-1`, `"${name}":2147483648`, `"${name}":9223372036854775808`])
        .concat(['"n":0', '"max_output_tokens":0', '"top_k":-2', '"top_k":2147483648', '"min_tokens":-1', '"beam_width":0']),
    39: ['"temperature":-1', '"temperature":1e30', '"top_p":2', '"top_p":-0.1', '"presence_penalty":100', '"frequency_penalty":-100', '"repetition_penalty":0'],
    45: [`"stop":${JSON.stringify(Array.from({ length: 500 }, (_, i) => `s${i}`))}`, '"stop":""', '"stop":["x",""]', '"stop":7'],
    46: ['"logit_bias":{"-1":1}', '"logit_bias":{"4096":1}', '"logit_bias":{"x":1}', '"logit_bias":{"7":1000}',
         `"logit_bias":${JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [i, 1])))}`],
  };
  for (const [number, members] of Object.entries(wrong)) {
    for (const member of members) {
      test(`case ${number}: ${member.slice(0, 40)} is refused, and named`, async () => {
        const error = await errorOf(create({ input: 'x', stream_id: 'wrong' }, `,${member}`));
        assert.ok(['invalid_value', 'invalid_json', 'unsupported_parameter'].includes(error.code), error.code);
        if (error.code !== 'invalid_json') assert.equal(error.param.split(/[.[]/)[0], /"(\w+)"/.exec(member)[1]);
      });
    }
  }
  test('case 37: -0 and numbers near nothing are numbers', async () => {
    for (const member of ['"temperature":-0', '"temperature":0.1e-400', '"top_p":1e-320']) {
      const refused = client.next((event) => event.type === 'error' || event.type === 'response.incomplete' || event.type === 'response.completed');
      const turn = client.create({ input: 'x', max_output_tokens: 1, ...JSON.parse(`{${member}}`) });
      await refused;
      assert.equal((await turn.finished).error, undefined, member);
    }
  });
  test('case 40: an empty input, a role that nobody has and messages without end are refused', async () => {
    for (const input of [[], [{ role: 'wizard', content: 'x' }], Array.from({ length: 100_000 }, () => ({ role: 'user', content: 'x' })), 'fox '.repeat(900_000)]) {
      const turn = await client.turn({ input, stream_id: 'wrong' });
      assert.ok(['invalid_value', 'context_length_exceeded'].includes(turn.error?.code), turn.error?.code);
    }
  });
  test('case 47: names of lanes that are none, and the 33rd lane, are refused', async () => {
    const own = await plainClient(server);
    for (const name of ['a'.repeat(257), '', 'ü', 'a b', 'a/b', 7])
      assert.equal((await errorOf(create({ input: 'x', stream_id: name }), own)).code, 'invalid_stream_id');
    for (let i = 0; i < 32; ++i) await own.complete({ input: 'x', max_output_tokens: 1, stream_id: `lane-${i}` });
    const refused = await own.turn({ input: 'x', stream_id: 'more' });
    assert.equal(refused.error.code, 'websocket_stream_limit_reached');
    await own.close();
  });
});

describe('what belongs to others', () => {
  let keyed;
  before(async () => (keyed = await serverFor(suite, ['--api-key', 'one', '--api-key', 'two'])));
  const clientOf = (key) => plainClient(keyed, { headers: { authorization: `Bearer ${key}` } });

  test('case 48: the response of another, one that was deleted and one that never was are told alike', async () => {
    const [one, two] = [await clientOf('one'), await clientOf('two')];
    const own = await one.complete({ input: 'x', max_output_tokens: 1 });
    const gone = await two.complete({ input: 'x', max_output_tokens: 1, stream_id: 'z' });
    const deleted = await fetch(`${keyed.url}v1/responses/${gone.id}`, { method: 'DELETE', headers: { authorization: 'Bearer two' } });
    assert.equal(deleted.status, 200);
    const fresh = await clientOf('two');
    const messages = [];
    for (const id of [own.id, gone.id, `${own.id.slice(0, -2)}ff`]) {
      const turn = await fresh.turn({ input: 'y', previous_response_id: id, max_output_tokens: 1 });
      assert.equal(turn.error.code, 'previous_response_not_found');
      messages.push(turn.error.message.replace(id, 'ID'));
    }
    assert.equal(new Set(messages).size, 1, messages.join('\n'));
    for (const client of [one, two, fresh]) await client.close();
  });
  test('case 49: coming back to what is another\'s, unheard of or nowhere is refused, and coming twice does no harm', async () => {
    const [one, two] = [await clientOf('one'), await clientOf('two')];
    const turn = one.create({ ...story, max_output_tokens: 400, octavo: { resume_grace_ms: 20_000 } });
    await turn.started;
    const resume = async (client, fields) => {
      const refused = client.nextError();
      client.send({ type: 'octavo:response.resume', ...fields });
      return (await refused).error.code;
    };
    assert.equal(await resume(two, { response_id: turn.id }), 'response_not_found');
    assert.equal(await resume(two, { response_id: 'resp_none' }), 'response_not_found');
    assert.equal(await resume(two, { response_id: turn.id, starting_after: -1 }), 'invalid_value');
    assert.equal(await resume(one, { response_id: turn.id }), 'invalid_event');
    const id = turn.id;
    one.socket.terminate();
    const raws = [];
    for (let i = 0; i < 2; ++i) {
      const again = await plainClient(keyed, { headers: { authorization: 'Bearer one' } });
      const types = [];
      again.receive = (event) => types.push(event);
      again.send({ type: 'octavo:response.resume', response_id: id, starting_after: 3 });
      again.send({ type: 'octavo:response.resume', response_id: id, starting_after: 3 });
      raws.push({ again, types });
    }
    for (const { types } of raws) {
      await eventually(() => types.some((event) => event.type === 'response.incomplete'), 'the end', 30_000);
      assert.ok(types.every((event) => event.type !== 'error' || event.error.code), 'errors have codes');
    }
    for (const { again } of raws) await again.close();
    await two.close();
  });
});

describe('too much of what is right', () => {
  test('case 51: 64 creates wait on a lane, more are refused, and so are a thousand on a socket', async () => {
    const client = await plainClient(server);
    const body = { input: 'x', max_output_tokens: 1 };
    const turns = Array.from({ length: 1000 }, () => client.create(body));
    const ends = await Promise.all(turns.map((turn) => turn.finished));
    const refused = ends.filter((turn) => turn.error);
    assert.ok(ends.length - refused.length >= 64);
    assert.ok(refused.length > 0);
    for (const turn of refused) {
      assert.equal(turn.error.code, 'queue_full');
      assert.equal(turn.end.status, 429);
      assert.match(turn.error.headers['retry-after'], /^[1-9]\d*$/);
    }
    await client.close();
  });
  test('case 60: a cancel at once, late, a hundred times and of nobody leaves one end', async () => {
    const client = await plainClient(server);
    const events = [];
    client.receive = (event) => events.push(event);
    client.send({ type: 'response.create', ...story, max_output_tokens: 1500, stream_id: 'a' });
    await sleep(1);
    for (let i = 0; i < 100; ++i) client.send({ type: 'response.cancel', stream_id: 'a' });
    await eventually(() => events.some((event) => event.type === 'response.incomplete'), 'the end');
    const id = events.find((event) => event.response)?.response.id;
    client.send({ type: 'response.cancel', response_id: id });
    client.send({ type: 'response.cancel', response_id: 'resp_none' });
    const isLate = (event) => event.type === 'error' && event.error.param === 'response_id';
    await eventually(() => events.filter(isLate).length === 2, 'two refusals');
    assert.equal(events.filter((event) => event.type === 'response.incomplete').length, 1);
    assert.ok(events.filter((event) => event.type === 'error').every((event) => event.error.code === 'response_not_found'));
    await client.close();
  });
});

test('nothing of all that is left behind', () => untilIdle(server));
