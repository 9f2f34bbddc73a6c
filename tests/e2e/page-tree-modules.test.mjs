// The rows in which the tree of a conversation is drawn, and the keys that walk them.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as tree from '../../src/web/app/talk/conversation.js';
import { keyInTree, kLine, kShownLine, rowsOf } from '../../src/web/app/talk/tree_rows.js';

/// parents: 'id parent' each, 'id' for a first message; the last added of each fork is shown.
function grown(...lines) {
  return lines.reduce((conversation, line) => {
    const [id, parent = null] = line.split(' ');
    return tree.addMessage(conversation, parent, { id, role: 'user', text: id }, 2).conversation;
  }, tree.newConversation({}, 1));
}

const forked = () => grown('q', 'a q', 'r a', 'b r', 's a', 'c s', 't a', 'd t');
const drawn = (rows) => rows.map(({ id, lane, isBranch }) => `${'.'.repeat(lane)}${isBranch ? '+' : ''}${id}`);

test('a conversation without branches is one lane', () => {
  const rows = rowsOf(grown('q', 'a q', 'r a'));
  assert.deepEqual(drawn(rows), ['q', 'a', 'r']);
  assert.deepEqual(rows.map(({ level }) => level), [1, 2, 3]);
  assert.deepEqual(rows.map(({ rails }) => rails), [[{ up: 0, down: kShownLine }], [{ up: kShownLine, down: kShownLine }], [{ up: kShownLine, down: 0 }]]);
});

test('older versions bend off to the right, and the newest goes straight on below them', () => {
  assert.deepEqual(drawn(rowsOf(forked())), ['q', 'a', '.+r', '.b', '.+s', '.c', 't', 'd']);
  const deep = grown('q', 'a q', 'r a', 'b r', 'x r', 's a');
  assert.deepEqual(drawn(rowsOf(deep)), ['q', 'a', '.+r', '..+b', '.x', 's']);
});

test('several first messages are branches, too', () => {
  const rows = rowsOf(grown('q', 'a q', 'p', 'b p'));
  assert.deepEqual(drawn(rows), ['.+q', '.a', 'p', 'b']);
  assert.deepEqual(rows.map(({ level, position, setSize }) => [level, position, setSize]), [[1, 1, 2], [2, 1, 1], [1, 2, 2], [2, 1, 1]]);
  assert.deepEqual(rows[0].rails[0], { up: kShownLine, down: kShownLine });
});

test('the line to what is shown runs past what is not', () => {
  const conversation = tree.chooseMessage(forked(), 's');
  const rows = rowsOf(conversation);
  assert.deepEqual(rows.filter(({ isShown }) => isShown).map(({ id }) => id), ['q', 'a', 's', 'c']);
  const trunk = rows.map(({ rails }) => rails[0]);
  assert.deepEqual(trunk[3], { up: kShownLine, down: kShownLine }, 'past the branch before');
  assert.deepEqual(trunk[4], { up: kShownLine, down: kLine }, 'up to where it bends off');
  assert.deepEqual(trunk[6], { up: kLine, down: kLine });
  assert.deepEqual(trunk[7], { up: kLine, down: 0 });
});

test('what is folded says how much it hides', () => {
  const rows = rowsOf(forked(), new Set(['a', 'd']));
  assert.deepEqual(drawn(rows), ['q', 'a']);
  assert.deepEqual([rows[1].isFolded, rows[1].numHidden], [true, 6]);
  assert.equal(rowsOf(forked(), new Set(['d'])).at(-1).isFolded, false, 'there is nothing to fold');
});

test('keys walk the rows, fold and unfold', () => {
  const rows = rowsOf(forked());
  const key = (id, name) => {
    const step = keyInTree(rows, rows.findIndex((row) => row.id === id), name);
    return step && Object.fromEntries(Object.entries(step).map(([what, at]) => [what, rows[at].id]));
  };
  assert.deepEqual(key('b', 'ArrowDown'), { to: 's' });
  assert.deepEqual(key('s', 'ArrowUp'), { to: 'b' });
  assert.equal(key('q', 'ArrowUp'), null);
  assert.equal(key('d', 'ArrowDown'), null);
  assert.deepEqual(key('s', 'ArrowRight'), { to: 'c' });
  assert.equal(key('c', 'ArrowRight'), null);
  assert.deepEqual(key('c', 'ArrowLeft'), { to: 's' });
  assert.deepEqual(key('s', 'ArrowLeft'), { fold: 's' });
  assert.deepEqual([key('c', 'Home'), key('c', 'End')], [{ to: 'q' }, { to: 'd' }]);
  const closed = rowsOf(forked(), new Set(['s']));
  const at = closed.findIndex(({ id }) => id === 's');
  assert.deepEqual(keyInTree(closed, at, 'ArrowRight'), { unfold: at });
  assert.deepEqual(keyInTree(closed, at, 'ArrowLeft'), { to: 1 }, 'to its parent, over the branches between');
});

test('a long conversation with many versions is drawn in a moment', () => {
  const lines = ['n0', ...Array.from({ length: 3000 }, (_, i) => `n${i + 1} n${i}`)];
  let nodes = {};
  for (const line of lines) {
    const [id, parent = null] = line.split(' ');
    nodes[id] = { id, parent, role: 'user', text: id };
  }
  for (let i = 0; i < 3000; ++i) nodes[`v${i}`] = { id: `v${i}`, parent: 'n1500', role: 'user', text: '' };
  const rows = rowsOf({ nodes, chosen: {} });
  assert.equal(rows.length, 6001);
  assert.equal(Math.max(...rows.map(({ lane }) => lane)), 1);
});
