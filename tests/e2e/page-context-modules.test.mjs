// How full the context is, what is left out of it, what is sent then, and when a conversation was written in: the pure parts.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sentPath, startAfterTrimming, startOf, tokensOf, usageOf } from '../../src/web/app/talk/context.js';
import * as tree from '../../src/web/app/talk/conversation.js';
import { defaultWords, kSettings } from '../../src/web/app/talk/settings.js';
import { shortWhen } from '../../src/web/app/text/when.js';
import { afterEvent, failed, hasBegun, newAnswer } from '../../src/web/app/wire/answer.js';
import { isRefusal } from '../../src/web/app/wire/link.js';
import { createEvent } from '../../src/web/app/wire/request.js';
import { copied } from './page_files.mjs';

/// q1 - a1 - q2 - a2 ..: questions and answers of `length` letters. `facts` of answer i.
function turns(count, length, facts = () => null) {
  let conversation = tree.newConversation({}, 1);
  let parent = null;
  for (let i = 1; i <= count; ++i) {
    for (const [id, role, extra] of [[`q${i}`, 'user', {}], [`a${i}`, 'assistant', { facts: facts(i), from: null }]]) {
      conversation = tree.addMessage(conversation, parent, { id, role, text: 'x'.repeat(length), ...extra }, 2).conversation;
      parent = id;
    }
  }
  return conversation;
}

const mark = (conversation, id) => tree.changeMessage(conversation, id, { isStart: true });

test('what the last answer took is counted by the server, the rest is estimated', () => {
  const counted = turns(3, 400, (i) => ({ promptTokens: 200 * i, tokens: 100 }));
  assert.deepEqual([usageOf(counted).used, usageOf(counted).isExact], [700, true]);
  const { conversation } = tree.addMessage(counted, 'a3', { role: 'user', text: 'x'.repeat(340) });
  const { used, isExact } = usageOf(conversation);
  assert.equal(isExact, false);
  // As many bytes for a token as the turns before had: 2400 bytes in 700 tokens.
  assert.ok(Math.abs(used - 700 - 340 / (2400 / 700)) < 10, `${used}`);
  assert.equal(usageOf(undefined).used, 0);
});

test('a conversation that no server has counted is estimated from its bytes, not from its characters', () => {
  assert.equal(tokensOf('x'.repeat(400)), 100);
  assert.equal(tokensOf('語'.repeat(400)), 300);
  assert.equal(usageOf(turns(2, 400)).isExact, false);
});

test('the oldest turns are left out until half of the context is free', () => {
  const conversation = turns(10, 400); // About 105 tokens each message.
  const start = startAfterTrimming(conversation, 1000);
  assert.equal(start, 'q9');
  const trimmed = mark(conversation, start);
  assert.deepEqual(sentPath(tree.shownPath(trimmed)).map(({ id }) => id), ['q9', 'a9', 'q10', 'a10']);
  assert.ok(usageOf(trimmed).used < 500);
});

test('at least one turn is left out, and where only one is there none can be', () => {
  assert.equal(startAfterTrimming(turns(2, 4000), 100), 'q2');
  assert.equal(startAfterTrimming(turns(1, 4000), 100), null);
  assert.equal(startAfterTrimming(mark(turns(2, 4000), 'q2'), 100), null);
  assert.equal(startAfterTrimming(tree.newConversation(), 100), null);
});

test('what is left out is not sent', () => {
  const { conversation } = tree.addMessage(mark(turns(3, 4), 'q2'), 'a3', { id: 'q4', role: 'user', text: 'and?' });
  const event = createEvent(conversation, 'q4', 'page-1', new Map());
  assert.deepEqual(event.input.map(({ role }) => role), ['user', 'assistant', 'user', 'assistant', 'user']);
  assert.equal(startOf(tree.shownPath(conversation)), 'q2');
});

test('a count of the time before turns were left out is not taken for one after it', () => {
  const counted = mark(turns(3, 400, (i) => ({ promptTokens: 200 * i, tokens: 100 })), 'q3');
  const { used, isExact } = usageOf(counted);
  assert.equal(isExact, false);
  assert.ok(used < 300, `${used}`);
});

test('an answer that is continued is sent with its words and the wish for more', () => {
  const event = createEvent(turns(2, 4), 'q2', 'page-1', new Map([['a1', 'resp_1']]), 'half');
  assert.equal(event.previous_response_id, undefined);
  assert.deepEqual(event.input.map(({ role }) => role), ['user', 'assistant', 'user', 'assistant', 'user']);
  assert.equal(event.input[3].content, 'half');
  assert.match(event.input.at(-1).content, /go on/i);
});

test('an answer that is continued grows from what it had, and has begun only with the first new word', () => {
  const answer = newAnswer(0, { text: 'half ' });
  assert.equal(hasBegun(answer), false);
  const grown = afterEvent(answer, { type: 'response.output_text.delta', output_index: 0, delta: 'done' }, 1);
  assert.equal(grown.text, 'half done');
  assert.ok(hasBegun(grown));
});

test('a failure keeps the code by which the page knows what can be done', () => {
  const refused = afterEvent(newAnswer(0), { type: 'error', error: { code: 'context_length_exceeded', message: 'too long' } }, 1);
  assert.deepEqual([refused.phase, refused.code, refused.error], ['failed', 'context_length_exceeded', 'too long']);
  const response = { id: 'r', error: { code: 'server_error', message: 'broken' } };
  assert.equal(afterEvent(newAnswer(0), { type: 'response.failed', response }, 1).code, 'server_error');
  assert.equal(failed(newAnswer(0), 'gone').code, null);
});

test('only close codes that are about a message blame one', () => {
  assert.deepEqual([1002, 1003, 1007, 1008, 1009].map(isRefusal), [true, true, true, true, true]);
  assert.deepEqual([1000, 1001, 1005, 1006, 1011, 1012, 1013, 0, 401, 503].filter(isRefusal), []);
});

test('a file of conversations keeps what is left out of them', async () => {
  const [read] = await copied([mark(turns(2, 4), 'q2')]);
  assert.equal(startOf(tree.shownPath(read)), tree.shownPath(read)[2].id);
});

test('a setting that is left open says what the model does', () => {
  const words = (key, defaults) => defaultWords(kSettings.find((each) => each.key === key), defaults);
  assert.equal(words('top_p', { top_p: 0.949999988079071 }), '0.95 by default');
  assert.equal(words('temperature', { temperature: 0 }), '0 by default');
  assert.equal(words('top_k', { top_k: 0 }), '0 (all) by default');
  assert.equal(words('top_k', { top_k: 40 }), '40 by default');
  assert.equal(words('top_p', {}), 'default');
  assert.equal(words('seed', {}), 'none');
});

test('a date is the shorter the nearer it is', () => {
  const now = new Date(2026, 10, 30, 0, 30).getTime();
  const at = (...parts) => shortWhen(new Date(...parts).getTime(), now);
  assert.equal(at(2026, 10, 30, 0, 5), '00:05');
  assert.equal(at(2026, 10, 29, 23, 59), 'Sun');
  assert.equal(at(2026, 10, 24, 12), 'Tue');
  assert.equal(at(2026, 10, 23, 12), '23 Nov');
  assert.equal(at(2025, 11, 31, 12), 'Dec 2025');
  assert.equal(at(2026, 11, 1, 12), '1 Dec');
});
