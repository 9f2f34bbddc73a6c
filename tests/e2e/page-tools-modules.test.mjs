// The page's pure parts that know of calls: tools read and checked, requests with calls and results, and files with them.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cleanCalls, readableText, resultsOf } from '../../src/web/app/talk/calls.js';
import { startAfterTrimming } from '../../src/web/app/talk/context.js';
import { addMessage, matches, newConversation } from '../../src/web/app/talk/conversation.js';
import { fromOctavo } from '../../src/web/app/talk/files/octavo.js';
import { saidOf } from '../../src/web/app/talk/said.js';
import { cleanSettings, requestFields } from '../../src/web/app/talk/settings.js';
import { toolsOfText } from '../../src/web/app/talk/tools.js';
import { settingsWords } from '../../src/web/app/text/settings_words.js';
import { createEvent } from '../../src/web/app/wire/request.js';

const now = { type: 'function', name: 'now' };
const call = { callId: 'call_1', name: 'now', arguments: '{"zone":"UTC"}', isWhole: true };
const half = { callId: 'call_2', name: 'now', arguments: '{"zo', isWhole: false };

/// u1 - a1, which calls - r1, its result - a2 - u2
function withCall() {
  const messages = [['u1', { role: 'user', text: 'What time is it?' }], ['a1', { role: 'assistant', text: '', calls: [call, half] }], ['r1', { role: 'user', ...resultsOf([call], ['noon']) }],
    ['a2', { role: 'assistant', text: 'It is noon.' }], ['u2', { role: 'user', text: 'And now?' }]];
  return messages.reduce(({ grown, parent }, [id, message]) => ({ grown: addMessage(grown, parent, { id, ...message }, 2).conversation, parent: id }), { grown: newConversation({}, 1), parent: null }).grown;
}

test('tools are read as they are sent, and those of chat completions too', () => {
  const full = { ...now, description: 'The time', parameters: { type: 'object' }, strict: true };
  assert.deepEqual(toolsOfText(JSON.stringify([full])), [full]);
  assert.deepEqual(toolsOfText(JSON.stringify([{ type: 'function', function: { name: 'now', description: null } }])), [now]);
  assert.deepEqual(toolsOfText(' \n'), []);
});

test('what is wrong with tools is said with its place', () => {
  const wrong = [['[', /^This is not JSON/], ['null', /^A list/], ['[3]', /^Function 1: an object/], ['[{"type":"function","name":"now"},{"type":"function"}]', /^Function 2: "name"/],
    ['[{"type":"function","name":"x","parameters":[]}]', /"parameters"/], ['[{"type":"function","name":"x","strict":1}]', /"strict"/], ['[{"type":"function","name":"x","description":1}]', /"description"/],
    [JSON.stringify(Array.from({ length: 513 }, (_, i) => ({ type: 'function', name: `f${i}` }))), /512/]];
  for (const [text, reason] of wrong) assert.throws(() => toolsOfText(text), { message: reason }, text);
});

test('settings keep tools that are right, and send a choice only with them', () => {
  assert.deepEqual(cleanSettings({ tools: [now], tool_choice: 'required' }), { tools: [now], tool_choice: 'required' });
  assert.deepEqual(cleanSettings({ tools: [{ type: 'other' }], tool_choice: 'auto' }), {});
  assert.deepEqual(requestFields({ tool_choice: 'required' }), {});
  assert.deepEqual(requestFields({ tools: [now], tool_choice: 'none' }), { tools: [now], tool_choice: 'none' });
  assert.equal(settingsWords({ tools: [now], tool_choice: 'none' }, {}), 'functions now · calls none');
});

test('a result names its call where the server remembers it, and goes with all before it where not', () => {
  const result = { type: 'function_call_output', call_id: 'call_1', output: 'noon' };
  const known = createEvent(withCall(), 'r1', 'lane', new Map([['a1', 'resp_1']]));
  assert.deepEqual([known.previous_response_id, known.input], ['resp_1', [result]]);
  const { input } = createEvent(withCall(), 'u2', 'lane', new Map());
  assert.deepEqual(input, [{ type: 'message', role: 'user', content: 'What time is it?' }, { type: 'function_call', call_id: 'call_1', name: 'now', arguments: '{"zone":"UTC"}' }, result,
    { type: 'message', role: 'assistant', content: 'It is noon.' }, { type: 'message', role: 'user', content: 'And now?' }]);
});

test('a conversation is never sent from a result on, whose call would be missing', () => {
  assert.equal(startAfterTrimming(withCall(), 10, 'a2'), null);
  assert.equal(startAfterTrimming(withCall(), 10, 'u2'), 'u2');
});

test('calls are found by a search, and stand as code where only text is known', () => {
  assert.ok(matches(withCall(), 'UTC'));
  assert.equal(readableText({ text: 'Wait.', calls: [call] }), 'Wait.\n\nCalls `now`:\n\n```json\n{"zone":"UTC"}\n```');
  assert.equal(saidOf({ phase: 'done', text: '', calls: [call] }), 'The model calls now, and waits for what it returns.');
});

test('calls and results of a file are taken where they are whole, and dropped where not', () => {
  const { id: _, ...conversation } = withCall();
  const back = Object.values(fromOctavo(conversation).nodes);
  assert.deepEqual(back[1].calls, [call, half]);
  assert.deepEqual(back[2].results, [{ callId: 'call_1', name: 'now', output: 'noon' }]);
  assert.deepEqual(cleanCalls({ role: 'assistant', calls: [{ ...call, name: 1 }] }), {});
  assert.deepEqual(cleanCalls({ role: 'assistant', results: [{ callId: 'a', name: 'b', output: 'c' }] }), {});
  assert.deepEqual(cleanCalls({ role: 'user', results: 'x' }), {});
});
