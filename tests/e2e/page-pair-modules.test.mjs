// Two answers beside each other: what a conversation knows of them, in words and in files.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as tree from '../../src/web/app/talk/conversation.js';
import { rowsOf } from '../../src/web/app/talk/tree_rows.js';
import { settingsWords } from '../../src/web/app/text/settings_words.js';
import { copied, read, written } from './page_files.mjs';

function paired() {
  const messages = [
    ['q', null, 'user', {}],
    ['a', 'q', 'assistant', { beside: 'b', side: 0, settings: { temperature: 0 } }],
    ['b', 'q', 'assistant', { beside: 'a', side: 1, settings: { temperature: 1.5 } }],
  ];
  return messages.reduce((grown, [id, parent, role, more]) => tree.addMessage(grown, parent, { id, role, text: id, ...more }, 2).conversation, tree.newConversation({}, 1));
}

const ids = (pair) => pair?.map(({ id }) => id) ?? null;

test('two answers that name each other are a pair, whichever is asked, the first on the left', () => {
  assert.deepEqual(ids(tree.pairOf(paired(), 'a')), ['a', 'b']);
  assert.deepEqual(ids(tree.pairOf(paired(), 'b')), ['a', 'b']);
  assert.equal(tree.pairOf(paired(), 'q'), null);
  assert.equal(tree.pairOf(tree.changeMessage(paired(), 'b', { beside: null }), 'a'), null, 'one that is left alone');
  const elsewhere = tree.addMessage(tree.changeMessage(paired(), 'a', { beside: 'x' }), 'b', { id: 'x', role: 'assistant', text: '', beside: 'a' }).conversation;
  assert.equal(tree.pairOf(elsewhere, 'a'), null, 'below another message');
});

test('both are the end of what is shown, in the tree as well', () => {
  assert.deepEqual(tree.endsOf(paired()), ['a', 'b']);
  assert.deepEqual(tree.endsOf(tree.newConversation()), []);
  assert.deepEqual(rowsOf(paired()).map(({ id, isShown }) => [id, isShown]), [['q', true], ['a', true], ['b', true]]);
});

test('a file keeps them beside each other, each with its settings', async () => {
  const [whole] = await copied([paired()]);
  const [left, right] = tree.pairOf(whole, tree.shownPath(whole).at(-1).id);
  assert.deepEqual([left.text, left.settings, right.text, right.settings], ['a', { temperature: 0 }, 'b', { temperature: 1.5 }]);
  const broken = JSON.parse(await written([paired()]));
  Object.assign(broken.conversations[0].nodes.a, { beside: 'nobody', side: 7, settings: { temperature: 'hot', evil: 1 } });
  const [mended] = (await read(broken)).conversations;
  assert.deepEqual(Object.values(mended.nodes).map(({ beside, settings }) => [beside === undefined, settings]), [[true, undefined], [true, {}], [false, { temperature: 1.5 }]]);
});

test('settings are told by what differs', () => {
  assert.equal(settingsWords({ temperature: 0 }, { temperature: 1.5 }), 'temperature 0');
  assert.equal(settingsWords({ temperature: 1, top_k: 40 }, { temperature: 1, system: 'Be brief' }), 'top k 40 · system prompt none');
  assert.equal(settingsWords({ system: ` Be\n${'very '.repeat(30)}brief` }, {}), `system prompt “Be ${'very '.repeat(11)}v…”`);
  assert.equal(settingsWords({ stop: ['END', '\n'] }, {}), 'stop at "END", "\\n"');
  assert.equal(settingsWords({}, { seed: 1 }), 'seed default');
  assert.equal(settingsWords({ seed: 1 }, { seed: 1 }), 'seed 1');
  assert.equal(settingsWords({}, {}), 'as the model has it');
});
