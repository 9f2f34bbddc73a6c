// What the page keeps of its frames, what it reads from them, and the programs that it writes of a request.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { indentedJson, isJson, jsonParts, jsonTokens } from '../../src/web/app/text/json_text.js';
import { asCurl, asK6, asPython, bodyOf } from '../../src/web/app/text/request_code.js';
import { FrameReader } from '../../src/web/app/wire/frame_reader.js';
import { FrameLog } from '../../src/web/app/wire/frames.js';
import { runCommand } from './helpers.mjs';

test('frames are kept within bounds, the newest of them', () => {
  const log = new FrameLog();
  for (let i = 0; i < 5000; ++i) log.add('in', `frame ${i}`, i);
  assert.equal(log.frames.length, 2000);
  assert.equal(log.frames.at(-1).text, 'frame 4999');
  for (let i = 0; i < 100; ++i) log.add('out', 'x'.repeat(200_000), i);
  assert.ok(log.frames.length <= 20 && log.frames.reduce((sum, { text }) => sum + text.length, 0) <= 4_000_000);
  log.add('out', 'y'.repeat(9_000_000), 1);
  assert.deepEqual([log.frames.at(-1).text.length, log.frames.at(-1).length], [400_000, 9_000_000]);
  log.clear();
  assert.deepEqual(log.frames, []);
});

test('feeds push out only feeds', () => {
  const log = new FrameLog();
  log.add('in', 'an answer', 0);
  for (let i = 0; i < 500; ++i) log.add('in', `blocks ${i}`, i, true);
  assert.equal(log.frames[0].text, 'an answer');
  assert.equal(log.frames.length, 31);
  assert.equal(log.frames.at(-1).text, 'blocks 499');
});

/// Frames of these directions and events, as facts.
function read(...events) {
  const log = new FrameLog();
  for (const [direction, event] of events) log.add(direction, typeof event === 'string' ? event : JSON.stringify(event), 0);
  const reader = new FrameReader();
  reader.read(log.frames);
  return log.frames.map((frame) => reader.of(frame));
}

test('a frame belongs to the response that runs on its lane', () => {
  const create = (stream_id) => ['out', { type: 'response.create', stream_id }];
  const began = (stream_id, id) => ['in', { type: 'response.created', stream_id, response: { id } }];
  const delta = (stream_id) => ['in', { type: 'response.output_text.delta', stream_id, delta: 'x' }];
  const facts = read(create('a'), create('b'), began('b', 'r2'), began('a', 'r1'), delta('a'), delta('b'), create('a'), began('a', 'r3'), delta('a'), ['in', { type: 'octavo:blocks' }],
    ['out', { type: 'response.cancel', response_id: 'r1' }]);
  assert.deepEqual(facts.map(({ responseId }) => responseId), ['r1', 'r2', 'r2', 'r1', 'r1', 'r2', 'r3', 'r3', 'r3', null, 'r1']);
});

test('a request that was refused has no response, and a lost connection has none either', () => {
  const create = ['out', { type: 'response.create', stream_id: 'a' }];
  const began = ['in', { type: 'response.created', stream_id: 'a', response: { id: 'r' } }];
  const refused = read(create, ['in', { type: 'error', stream_id: 'a' }], create, began);
  assert.deepEqual(refused.map(({ responseId }) => responseId), [null, null, 'r', 'r']);
  const lost = read(create, ['note', 'closed'], create, began);
  assert.deepEqual(lost.map(({ responseId, type }) => [type, responseId]), [['response.create', null], ['connection', null], ['response.create', 'r'], ['response.created', 'r']]);
});

test('what is not JSON, or is cut, is still told by its type', () => {
  assert.deepEqual(read(['in', 'nonsense'])[0].type, 'unknown');
  const log = new FrameLog();
  log.add('out', JSON.stringify({ type: 'response.create', input: 'x'.repeat(500_000) }), 0);
  const reader = new FrameReader();
  reader.read(log.frames);
  assert.deepEqual(reader.of(log.frames[0]), { event: null, type: 'response.create', lane: '', responseId: null, isCut: true });
});

test('JSON is indented as usual', () => {
  const value = { a: [1, { b: null }, [], {}], 'c:d': 'x, "y": {z}', e: true, f: [[1, 2], ['\\', '\n']] };
  for (const text of [JSON.stringify(value), JSON.stringify(value, null, 7), JSON.stringify(value, null, '\t').replaceAll('\n', '\r\n')]) {
    assert.equal(indentedJson(text), JSON.stringify(value, null, 2));
  }
});

test('what JSON.parse would change is kept', () => {
  assert.equal(indentedJson('{"a":1.0,"a":12345678901234567890,"b":1e400}'), '{\n  "a": 1.0,\n  "a": 12345678901234567890,\n  "b": 1e400\n}');
  assert.equal(indentedJson('["\\u0041\\/"]'), '[\n  "\\u0041\\/"\n]');
});

test('half a text is read as far as it goes, and nonsense without harm', () => {
  assert.equal(indentedJson('{"a":[1,{"b":"un'), '{\n  "a": [\n    1,\n    {\n      "b": "un');
  for (const text of ['', ']]]', '}{', '"', '"\\', ':::', '{"a"', '\u0000', 'a b c']) {
    const without = (each) => each.replace(/\s/g, '');
    assert.equal(without(indentedJson(text)), without(text));
  }
  assert.equal([...jsonTokens(`["${'\\"'.repeat(300_000)}"]`)].length, 3);
});

test('keys, strings, numbers and words are told apart', () => {
  const parts = jsonParts('{"k":"v","n":-1.5e3,"t":true,"z":null}').filter(({ kind }) => kind);
  assert.deepEqual(parts.map(({ kind, text }) => `${kind} ${text}`), ['key "k"', 'string "v"', 'key "n"', 'number -1.5e3', 'key "t"', 'literal true', 'key "z"', 'literal null']);
});

test('only an object or an array alone is JSON', () => {
  for (const text of ['{}', ' [1] \n', '{"a":1}']) assert.ok(isJson(text), text);
  for (const text of ['', '1', '"a"', 'null', '{a:1}', '[1] and more', '[link](x)', '{"a":1']) assert.ok(!isJson(text), text);
});

const kBase = 'http://127.0.0.1:8000/v1';
const kHostile = 'It\'s "so" \\ $(id) `id` ${x} %s\n\u2028 🦊 </script> \'\'\' """';
const kEvent = {
  type: 'response.create', stream_id: 'page-1', instructions: kHostile, temperature: 0, seed: 7, stop: ["'", '"'], top_k: 40,
  input: [{ type: 'message', role: 'user', content: kHostile }], octavo: { prompt_token_ids: [], events: null, on: true },
};

test('the body of a request is all but what only a socket needs', () => {
  const { type, stream_id, ...body } = kEvent;
  assert.deepEqual(bodyOf(kEvent), body);
});

test('a shell sends exactly the body', async () => {
  const { code, stdout } = await runCommand('bash', ['-c', `curl() { while [ "$1" != -d ]; do shift; done; printf %s "$2"; }\n${asCurl(kEvent, kBase)}`]);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), { ...bodyOf(kEvent), stream: true });
});

test('Python reads exactly the request', async () => {
  const stub = `
import json, sys, types
class Client:
    def __init__(self, **given): self.given = given; self.responses = self
    def create(self, **fields): print(json.dumps([self.given, fields])); return []
sys.modules["openai"] = types.SimpleNamespace(OpenAI=Client)
`;
  const { code, stdout, stderr } = await runCommand('python3', ['-c', stub + asPython(kEvent, kBase)], { env: { OCTAVO_API_KEY: 'k' } });
  assert.equal(code, 0, stderr);
  const [given, fields] = JSON.parse(stdout.split('\n')[0]);
  const { seed, stop, top_k, octavo, ...named } = bodyOf(kEvent);
  assert.deepEqual(given, { base_url: kBase, api_key: 'k' });
  assert.deepEqual(fields, { ...named, extra_body: { seed, stop, top_k, octavo }, stream: true });
});

test('k6 sends exactly the frame and knows when the answer has ended', async () => {
  const sent = [];
  const file = join(tmpdir(), `octavo-k6-${process.pid}.mjs`);
  const stubs = `
const told = [];
const check = (value, checks) => { for (const [name, holds] of Object.entries(checks)) told.push([name, holds(value)]); };
class Trend { constructor(name) { this.name = name; } add() { told.push([this.name]); } }
const Counter = Trend;
class WebSocket {
  constructor(url, protocols, params) { told.push([url, protocols, params]); queueMicrotask(() => this.onopen()); }
  send(text) {
    told.push([text]);
    for (const type of ['response.created', 'response.output_text.delta', 'response.output_text.delta', 'response.completed']) this.onmessage({ data: JSON.stringify({ type }) });
  }
  close() { console.log(JSON.stringify(told)); }
}
const __ENV = { OCTAVO_API_KEY: 'k' };
`;
  const program = asK6(kEvent, 'https://example.com/a/v1');
  await writeFile(file, `${stubs}${program.replace(/^import .*$/gm, '').replace('export default function ()', 'await (function ()').replace(/\}\s*$/, '})();')}`);
  const { stdout, stderr } = await runCommand(process.execPath, [file]);
  assert.equal(stderr, '');
  sent.push(...JSON.parse(stdout));
  assert.deepEqual(sent[0], ['wss://example.com/a/v1/responses', null, { headers: { Authorization: 'Bearer k' } }]);
  assert.deepEqual(JSON.parse(sent[1][0]), kEvent);
  assert.deepEqual(sent.slice(2), [['octavo_deltas'], ['octavo_first_text'], ['octavo_deltas'], ['octavo_whole_answer'], ['the answer was completed', true]]);
  assert.match(program, /^import \{ WebSocket \} from 'k6\/websockets';$/m);
});
