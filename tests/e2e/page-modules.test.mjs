// The chat page's pure parts: the tree of a conversation, an answer told by its events, requests,
// lanes, and Markdown read piece by piece.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as tree from '../../src/web/app/talk/conversation.js';
import { cleanSettings, requestFields } from '../../src/web/app/talk/settings.js';
import { describeFacts } from '../../src/web/app/text/answer_line.js';
import { BlockReader } from '../../src/web/app/text/blocks.js';
import { afterEvent, contentOf, frozen, hasBegun, isOver, newAnswer, thawed } from '../../src/web/app/wire/answer.js';
import { Lanes } from '../../src/web/app/wire/lanes.js';
import { backoff } from '../../src/web/app/wire/link.js';
import { createEvent, resumeEvent } from '../../src/web/app/wire/request.js';

/// u1 - a1 - u2 - a2, with b2 a sibling of u2 that was added last.
function branched(settings = {}) {
  let conversation = tree.newConversation(settings, 1);
  const add = (parent, id, role, text) => {
    conversation = tree.addMessage(conversation, parent, { id, role, text }, 2).conversation;
  };
  add(null, 'u1', 'user', 'Hello');
  add('u1', 'a1', 'assistant', 'Good day');
  add('a1', 'u2', 'user', 'Who are you?');
  add('u2', 'a2', 'assistant', 'A book');
  add('a1', 'b2', 'user', 'Where are you?');
  return conversation;
}

const ids = (nodes) => nodes.map(({ id }) => id);

test('an edited message becomes a sibling and is shown', () => {
  const conversation = branched();
  assert.deepEqual(ids(tree.shownPath(conversation)), ['u1', 'a1', 'b2']);
  assert.deepEqual(tree.siblingsOf(conversation, 'b2'), { ids: ['u2', 'b2'], index: 1 });
});

test('going back to the first branch shows all that was below it', () => {
  const back = tree.chooseMessage(branched(), 'u2');
  assert.deepEqual(ids(tree.shownPath(back)), ['u1', 'a1', 'u2', 'a2']);
});

test('changing a message leaves the old conversation as it was', () => {
  const before = branched();
  const after = tree.changeMessage(before, 'a1', { text: 'Changed' });
  assert.equal(before.nodes.a1.text, 'Good day');
  assert.equal(after.nodes.a1.text, 'Changed');
});

test('a conversation is called by its first message until it is renamed', () => {
  assert.equal(tree.titleOf(branched()), 'Hello');
  assert.equal(tree.titleOf({ ...branched(), title: 'Books' }), 'Books');
  assert.equal(tree.titleOf(tree.newConversation()), 'New conversation');
});

test('a search finds words of any branch, all of them or none', () => {
  assert.ok(tree.matches(branched(), 'BOOK good'));
  assert.ok(!tree.matches(branched(), 'book bad'));
});

test('a turn names the answer above it when the server remembers it, on any branch', () => {
  const known = new Map([['a1', 'resp_1']]);
  for (const [user, text] of [['u2', 'Who are you?'], ['b2', 'Where are you?']]) {
    const event = createEvent(branched(), user, 'page-2', known);
    assert.equal(event.previous_response_id, 'resp_1');
    assert.equal(event.stream_id, 'page-2');
    assert.deepEqual(event.input, [{ type: 'message', role: 'user', content: text }]);
  }
});

test('a turn is sent with everything above it when the server has forgotten it', () => {
  const event = createEvent(branched(), 'b2', 'page-1', new Map([['a2', 'resp_2']]));
  assert.equal(event.previous_response_id, undefined);
  assert.deepEqual(event.input.map(({ content }) => content), ['Hello', 'Good day', 'Where are you?']);
});

test('settings become fields of the request, and only those that were given', () => {
  const fields = requestFields({ system: 'Be brief', temperature: 0, top_k: '40', stop: ['END', ''], nonsense: 1 });
  assert.deepEqual(fields, { instructions: 'Be brief', temperature: 0, top_k: 40, stop: ['END'] });
});

test('settings out of range or of a wrong type are dropped', () => {
  assert.deepEqual(cleanSettings({ temperature: 9, top_p: '', min_p: 'x', seed: null, system: '  ', stop: 'END' }), {});
  assert.deepEqual(cleanSettings(null), {});
});

const response = { id: 'resp_1', usage: { input_tokens: 9, input_tokens_details: { cached_tokens: 4 }, output_tokens: 2 },
  octavo: { timings: { tokens_per_s: 50, ttft_ms: 12, queue_ms: 1 }, preemptions: 0 } };
const delta = (text) => ({ type: 'response.output_text.delta', output_index: 0, delta: text });

function told(events, answer = newAnswer(100)) {
  return events.reduce((before, event, i) => afterEvent(before, event, 110 + i), answer);
}

test('an answer grows by its deltas and ends with what it cost', () => {
  const begun = told([{ type: 'response.created', response }]);
  assert.deepEqual([begun.phase, begun.responseId], ['reading', 'resp_1']);
  const done = told([delta('Good '), delta('day'), { type: 'response.completed', response }], begun);
  assert.equal(done.text, 'Good day');
  assert.equal(done.phase, 'done');
  assert.deepEqual([done.facts.tokens, done.facts.cachedTokens, done.facts.seenTtftMs], [2, 4, 10]);
});

test('items of an answer may be told in any order, and each is told apart', () => {
  const said = (output_index, text) => ({ type: 'response.output_text.delta', output_index, delta: text });
  const thought = (output_index, text) => ({ type: 'response.reasoning_text.delta', output_index, delta: text });
  const both = told([thought(0, 'Hm'), said(2, 'So'), thought(0, '.'), said(1, 'Well.'), said(2, ' be it.')]);
  assert.deepEqual([both.text, both.thoughts, both.phase], ['Well.\n\nSo be it.', 'Hm.', 'writing']);
  const whole = told([{ type: 'response.reasoning_text.done', output_index: 0, text: 'Hm, hm.' }, { type: 'response.output_text.done', output_index: 1, text: 'So.' }], both);
  assert.deepEqual([whole.thoughts, whole.text], ['Hm, hm.', 'So.\n\nSo be it.']);
  assert.equal(told([said(0, 'not a thought')], both).thoughts, 'Hm.');
  const usage = { output_tokens: 9, output_tokens_details: { reasoning_tokens: 5 } };
  assert.deepEqual(contentOf(told([{ type: 'response.completed', response: { ...response, usage } }], whole)), { text: 'So.\n\nSo be it.', thoughts: 'Hm, hm.', thoughtTokens: 5 });
  assert.deepEqual(contentOf(told([delta('x')])), { text: 'x' });
});

test('an answer hears no event twice, and is taken up by another page as it was', () => {
  const numbered = [{ type: 'response.created', response }, delta('Good '), delta('day')].map((event, i) => ({ ...event, sequence_number: i }));
  const heard = told(numbered);
  assert.equal(told(numbered, heard), heard);
  const taken = thawed(JSON.parse(JSON.stringify(frozen(heard))));
  assert.deepEqual([contentOf(taken), taken.responseId, taken.lastNumber, hasBegun(taken)], [{ text: 'Good day' }, 'resp_1', 2, true]);
  const whole = told([{ ...delta('!'), sequence_number: 3 }, { type: 'response.completed', response, sequence_number: 4 }], taken);
  assert.deepEqual([whole.text, whole.phase, whole.facts.seenTtftMs], ['Good day!', 'done', null]);
  assert.deepEqual(resumeEvent('lane', taken), { type: 'octavo:response.resume', stream_id: 'lane', response_id: 'resp_1', starting_after: 2 });
});

test('an answer that is continued goes on where its words end', () => {
  const more = told([{ type: 'response.reasoning_text.delta', output_index: 0, delta: 'More.' }, { type: 'response.output_text.delta', output_index: 1, delta: ' day' }], newAnswer(0, { text: 'Good', thoughts: 'Hm.' }));
  assert.deepEqual([more.text, more.thoughts], ['Good day', 'Hm.\n\nMore.']);
});

test('an answer that was stopped or too long says which', () => {
  const end = (reason) => told([delta('Go'), { type: 'response.incomplete', response: { ...response, incomplete_details: { reason } } }]);
  assert.equal(end('cancelled').phase, 'stopped');
  assert.equal(end('max_output_tokens').phase, 'cut');
  assert.equal(end('cancelled').text, 'Go');
});

test('a preempted answer waits, and writes on when it is resumed', () => {
  const paused = told([delta('Go'), { type: 'octavo:response.preempted' }]);
  assert.equal(paused.phase, 'paused');
  assert.equal(told([{ type: 'octavo:response.resumed' }], paused).phase, 'writing');
});

test('an answer that is over hears no more, and unknown events change nothing', () => {
  const failed = told([{ type: 'error', error: { message: 'too long' } }]);
  assert.deepEqual([isOver(failed), failed.error], [true, 'too long']);
  assert.equal(told([delta('late')], failed), failed);
  const writing = told([delta('a')]);
  assert.equal(told([{ type: 'octavo:something.new' }], writing), writing);
});

test('a line of facts is short, and what is not known is left out', () => {
  const done = told([delta('x'), { type: 'response.completed', response }]);
  assert.deepEqual(describeFacts(done.facts).parts, ['50 tokens/s', 'first token 10 ms', '2 tokens', 'prompt 4 of 9 cached']);
  assert.equal(describeFacts({ ...done.facts, cachedTokens: 0 }).parts.length, 3);
  const bare = told([{ type: 'response.completed', response: { id: 'r' } }]);
  assert.deepEqual(describeFacts(bare.facts), { parts: [], all: [] });
});

test('a continuation keeps its lane and a fork takes another', () => {
  const lanes = new Lanes(2);
  assert.equal(lanes.take('a1', undefined), 'page-1');
  assert.equal(lanes.at('page-1'), 'a1');
  lanes.release('page-1');
  assert.equal(lanes.take('a2', 'a1'), 'page-1');
  assert.equal(lanes.take('b2', 'a1'), 'page-2');
  assert.equal(lanes.take('c2', 'a1'), null);
  assert.deepEqual(lanes.reset(), ['a2', 'b2']);
  lanes.adopt('other-1', 'd2');
  assert.deepEqual([lanes.at('other-1'), lanes.of('d2'), lanes.take('e2')], ['d2', 'other-1', 'page-1']);
  lanes.reset();
  assert.equal(lanes.of('a2'), undefined);
});

test('attempts to connect come later and later, to a bound', () => {
  assert.equal(backoff(0, 0.5), 500);
  assert.equal(backoff(3, 0.5), 4000);
  assert.equal(backoff(40, 0.5), 15_000);
});

/// Paragraphs between blank lines: enough of Markdown to see what is drawn how often.
function paragraphs(text) {
  return (text.match(/\n+|[^\n]+/g) ?? []).map((raw) => ({ raw, type: raw.startsWith('\n') ? 'space' : 'paragraph' }));
}

test('a finished block is drawn once however long the answer grows', () => {
  const drawn = [];
  const reader = new BlockReader(paragraphs, (raw, isOpen) => (drawn.push(raw), `${isOpen ? '…' : ''}${raw}`));
  const text = Array.from({ length: 50 }, (_, i) => `part ${i}`).join('\n\n');
  for (let end = 1; end <= text.length; ++end) reader.read(text.slice(0, end), false);
  const blocks = reader.read(text, true);
  assert.equal(blocks.length, 50);
  assert.equal(blocks.at(-1), 'part 49');
  // Once per letter for the block that grows, and once more for each when it is finished.
  assert.ok(drawn.length <= text.length + 51, `drawn ${drawn.length} times`);
});

test('a text whose links are defined below their use is drawn whole in the end', () => {
  const reader = new BlockReader(paragraphs, (raw) => raw);
  const text = 'see [it]\n\nmore\n\n[it]: https://example.com';
  assert.equal(reader.read(text, false).length, 3);
  assert.deepEqual(reader.read(text, true), [text]);
});

test('a text that does not continue the last one is read anew', () => {
  const reader = new BlockReader(paragraphs, (raw) => raw);
  reader.read('one\n\ntwo\n\nthree', false);
  assert.deepEqual(reader.read('four\n\nfive', true), ['four', 'five']);
});
