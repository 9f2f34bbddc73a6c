// The pure parts of the page's picture of the memory: frames to blocks, blocks to owners, and words.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { branchesOf, holdersOf, litResponses, ownersOf } from '../../src/web/app/talk/branches.js';
import * as tree from '../../src/web/app/talk/conversation.js';
import { Memory } from '../../src/web/app/talk/memory.js';
import { blockWords, loadWords, sparkline, tierWords } from '../../src/web/app/text/memory_words.js';
import { cellFor, strength } from '../../src/web/app/view/draw_blocks.js';
import { BlockMap, kCached, kFree, kOwned } from '../../src/web/app/wire/block_map.js';

const frame = (blocks, more = {}) => ({
  type: 'octavo:blocks', step: 5, block_size: 16, tiers: { device: { num_blocks: 10 }, host: { num_blocks: 4 } },
  responses: ['r1', 'r2'], blocks, ...more,
});

test('a full picture and its changes are applied block by block', () => {
  const map = new BlockMap();
  assert.equal(map.apply(frame([[0, 2, 3, kOwned, 1, [0], 4], [1, 0, 1, kCached, 0, [1], 2]], { full: true })), true);
  assert.deepEqual([...map.tiers.device.states], [0, 0, 2, 2, 2, 0, 0, 0, 0, 0]);
  assert.deepEqual(map.tiers.host.responses[0], ['r2']);
  map.apply(frame([[0, 3, 2, kFree], [0, 2, 1, kOwned, 2, [0, 1], 5]]));
  assert.deepEqual(map.tiers.device.count(), { cached: 0, owned: 1, inTransfer: 0, shared: 1 });
  assert.deepEqual(map.tiers.device.responses[2], ['r1', 'r2']);
  assert.deepEqual(map.tiers.device.responses[3], []);
  assert.equal(map.tiers.device.extent(), 3);
});

test('a picture in several frames is whole with the last, and a new full one forgets the old', () => {
  const map = new BlockMap();
  assert.equal(map.apply(frame([[0, 0, 1, kOwned, 1, [0], 1]], { full: true, more: true })), false);
  assert.equal(map.apply(frame([[0, 9, 1, kOwned, 1, [1], 1]])), true);
  assert.equal(map.tiers.device.count().owned, 2);
  map.apply(frame([], { full: true }));
  assert.equal(map.tiers.device.count().owned, 0);
});

test('changes without a picture before them, and blocks that are not there, change nothing', () => {
  const map = new BlockMap();
  assert.equal(map.apply(frame([[0, 0, 1, kOwned, 1, [0], 1]])), false);
  map.apply(frame([[0, 8, 50, kOwned, 1, [0], 1], [7, 0, 1, kOwned, 1, [0], 1]], { full: true }));
  assert.equal(map.tiers.device.count().owned, 2);
});

/// u1 - a1 - three ways: u2 - a2, u3 - a3, u4 - a4.
function threeWays() {
  let conversation = tree.newConversation({}, 1);
  const add = (parent, id, role, responseId) => {
    conversation = tree.addMessage(conversation, parent, { id, role, text: id, responseId }, 2).conversation;
  };
  add(null, 'u1', 'user');
  add('u1', 'a1', 'assistant', 'r1');
  for (const n of [2, 3, 4]) {
    add('a1', `u${n}`, 'user');
    add(`u${n}`, `a${n}`, 'assistant', `r${n}`);
  }
  return conversation;
}

test('the first follower stays on its branch and every other begins one', () => {
  const branches = branchesOf(threeWays());
  assert.deepEqual(['u1', 'a1', 'u2', 'a2', 'u3', 'a3', 'a4'].map((id) => branches.get(id)), [0, 0, 0, 0, 1, 1, 2]);
});

test('a block of a fork belongs to all its branches, and a straight conversation to one', () => {
  const conversation = threeWays();
  const conversations = new Map([[conversation.id, conversation]]);
  const owners = ownersOf(conversations, new Map([['a4', { answer: { responseId: 'r4b' } }]]));
  assert.deepEqual(holdersOf(['r1', 'r2', 'r3', 'r4b'], owners), { mine: [{ conversationId: conversation.id, branches: [0, 1, 2] }], strangers: 0 });
  assert.deepEqual(holdersOf(['r1', 'r2'], owners).mine[0].branches, [0]);
  assert.deepEqual(holdersOf(['elsewhere', 'r4'], owners), { mine: [], strangers: 2 });
});

test('an answer lights its own response, a question what follows it, a conversation all', () => {
  const conversation = threeWays();
  const conversations = new Map([[conversation.id, conversation]]);
  const owners = ownersOf(conversations, new Map());
  const lit = (nodeId) => [...litResponses({ conversationId: conversation.id, nodeId }, conversations, owners)].sort();
  assert.deepEqual(lit('a1'), ['r1']);
  assert.deepEqual(lit('u3'), ['r3']);
  assert.deepEqual(lit('u1'), ['r1', 'r2', 'r3', 'r4']);
  assert.deepEqual(lit(undefined), ['r1', 'r2', 'r3', 'r4']);
  assert.equal(litResponses(null, conversations, owners), null);
  assert.equal(litResponses({ conversationId: 'deleted' }, conversations, owners), null);
});

test('a block is told in words', () => {
  const conversation = tree.addMessage(tree.newConversation(), null, { role: 'user', text: 'Foxes' }).conversation;
  const conversations = new Map([[conversation.id, conversation]]);
  const map = new BlockMap();
  map.apply(frame([[0, 0, 1, kOwned, 3, [0], 5], [0, 1, 1, kCached, 0, [0], 2]], { full: true }));
  const words = (index, holders) => blockWords('device', map.tiers.device, index, map.step, holders, conversations);
  const mine = (branches) => [{ conversationId: conversation.id, branches }];
  assert.equal(words(0, { mine: mine([0, 1, 2]), strangers: 1 }),
    'Device block 0: in use, shared by 3 sequences · “Foxes” (branches 1, 2 and 3) and 1 response that is not this page\'s · taken in the last step');
  assert.equal(words(1, { mine: mine([0]), strangers: 0 }), 'Device block 1: kept for later · “Foxes” · last taken 3 steps ago');
  assert.equal(words(2, { mine: [], strangers: 0 }), 'Device block 2: free');
  assert.equal(tierWords('device', map.tiers.device, map.tiers.device.count()), 'Device: 1 of 10 blocks in use, 1 shared, 1 kept for later');
});

test('the load is told in words and as a line', () => {
  const load = { running: 2, waiting: 1, preempted: 0, tokens_per_s: 1234.4, device_usage: 0.031, host_usage: 0 };
  assert.deepEqual(loadWords(load, false), ['2 running', '1 waiting', '1,234 tokens/s', '3.1 % of the device']);
  const samples = [{ at: 0, n: 0 }, { at: 500, n: 10 }, { at: 1000, n: 5 }];
  assert.equal(sparkline(samples, ({ n }) => n, { width: 100, height: 10, windowMs: 1000 }), 'M0.0 10.0H50.0V0.0H100.0V5.0');
  assert.match(sparkline(samples, ({ n }) => n, { width: 100, height: 10, windowMs: 1000, max: 20, isArea: true }), /^M0.0 10.0.*V10H0.0Z$/);
  assert.equal(sparkline([], ({ n }) => n, { width: 100, height: 10, windowMs: 1000 }), '');
});

test('cells are as large as the blocks in use allow, and a kept block fades', () => {
  assert.equal(cellFor(10, 340, 400), 18);
  assert.ok(cellFor(5000, 340, 400) < 8);
  assert.equal(cellFor(1e6, 340, 400), 4);
  assert.ok(strength(kCached, 0) > strength(kCached, 50) && strength(kCached, 50) > strength(kCached, 1e6));
  assert.equal(strength(kOwned, 1e6), 1);
});

test('the feeds are asked for while somebody looks, and again on a new connection', () => {
  const sent = [];
  const state = { value: { loads: [] }, set(change) { Object.assign(this.value, change); } };
  const memory = new Memory(state, (event) => sent.push(`${event.type.slice(7)} ${event.topic}`));
  memory.opened();
  assert.deepEqual(sent.splice(0), []);
  memory.watch(true);
  memory.watch(true);
  memory.opened();
  assert.deepEqual(sent.splice(0), ['subscribe blocks', 'subscribe metrics', 'subscribe blocks', 'subscribe metrics']);
  assert.equal(memory.take(frame([[0, 0, 1, kOwned, 1, [0], 1]], { full: true })), true);
  assert.equal(state.value.blocks.map.tiers.device.count().owned, 1);
  assert.equal(memory.take({ type: 'octavo:something.new' }), false);
  memory.lost();
  assert.equal(state.value.blocks, null);
  assert.equal(memory.take(frame([])), true);
  assert.equal(state.value.blocks, null, 'changes of a lost picture show nothing');
  memory.watch(false);
  assert.deepEqual(sent, ['unsubscribe blocks', 'unsubscribe metrics']);
});
