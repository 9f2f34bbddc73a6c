// The page's conversations without a browser: changes that are merged with what is stored, over a shelf of the test.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as tree from '../../src/web/app/talk/conversation.js';
import { Conversations } from '../../src/web/app/talk/conversations.js';
import { applyChanges, changesOf } from '../../src/web/app/talk/settings.js';

/// What all tabs of a test share: the store, and a channel that hands on messages when the test says so.
class Browser {
  stored = new Map();
  tabs = [];
  isFull = false;

  tab() {
    const tab = { state: this.#state(), told: [], gone: [] };
    const shelf = {
      isKept: true,
      open: async () => [...this.stored.values()],
      all: async () => [...this.stored.values()],
      get: async (id) => this.stored.get(id),
      change: async (id, change) => this.#change(id, change),
    };
    tab.conversations = new Conversations(tab.state, shelf, { tell: (message) => tab.told.push(message) }, (id) => tab.gone.push(id));
    this.tabs.push(tab);
    return tab;
  }

  /// Every tab hears what the others have told.
  async deliver() {
    for (const tab of this.tabs) {
      for (const other of this.tabs) if (other !== tab) for (const { changed } of other.told) await tab.conversations.follow(changed);
    }
    for (const tab of this.tabs) tab.told.length = 0;
  }

  #change(id, change) {
    if (this.isFull) throw new Error('the disk is full');
    const before = this.stored.get(id);
    const after = change(before);
    if (after) this.stored.set(id, after);
    else this.stored.delete(id);
    return { before, after };
  }

  #state() {
    let value = { conversations: new Map(), current: null, gone: null, removed: null, draftSettings: {} };
    return { get value() { return value; }, set: (change) => (value = { ...value, ...change }) };
  }
}

const user = (id, text) => ({ id, role: 'user', text });
const texts = (conversation) => Object.values(conversation.nodes).map(({ text }) => text);
const shown = (conversation) => tree.shownPath(conversation).map(({ id }) => id);

/// Two tabs that both know one conversation with one message.
async function twoTabs() {
  const browser = new Browser();
  const conversation = { ...tree.newConversation({ top_k: 5 }, 1), id: 'c' };
  browser.stored.set('c', tree.addMessage(conversation, null, user('m1', 'hello'), 2).conversation);
  const [a, b] = [browser.tab(), browser.tab()];
  await Promise.all([a, b].map((tab) => tab.conversations.start()));
  return { browser, a, b };
}

test('messages of two tabs that have not heard of each other are both stored', async () => {
  const { browser, a, b } = await twoTabs();
  await a.conversations.add(a.conversations.get('c'), 'm1', [user('a1', 'from a')]);
  await b.conversations.add(b.conversations.get('c'), 'm1', [user('b1', 'from b')]);
  assert.deepEqual(texts(browser.stored.get('c')), ['hello', 'from a', 'from b']);
  await browser.deliver();
  for (const tab of [a, b]) assert.deepEqual(texts(tab.conversations.get('c')), ['hello', 'from a', 'from b']);
  assert.deepEqual(shown(a.conversations.get('c')), ['m1', 'a1']);
  assert.deepEqual(shown(b.conversations.get('c')), ['m1', 'b1']);
});

test('a tab that has chosen no branch shows the one that was chosen last', async () => {
  const { browser, a, b } = await twoTabs();
  await a.conversations.add(a.conversations.get('c'), null, [user('a1', 'another beginning')]);
  await browser.deliver();
  assert.deepEqual(shown(b.conversations.get('c')), ['a1']);
  await a.conversations.show('c', 'm1');
  await browser.deliver();
  assert.deepEqual(shown(b.conversations.get('c')), ['m1']);
});

test('an answer that is saved touches nothing but itself', async () => {
  const { browser, a, b } = await twoTabs();
  await a.conversations.add(a.conversations.get('c'), 'm1', [{ id: 'a1', role: 'assistant', text: '' }]);
  await b.conversations.rename('c', 'Greetings');
  await b.conversations.add(b.conversations.get('c'), 'm1', [user('b1', 'from b')]);
  await a.conversations.changeMessage('c', 'a1', { text: 'good day' });
  const stored = browser.stored.get('c');
  assert.equal(stored.title, 'Greetings');
  assert.equal(stored.nodes.a1.text, 'good day');
  assert.equal(stored.nodes.b1.text, 'from b');
});

test('an answer to a conversation that was deleted does not bring it back, a message does', async () => {
  const { browser, a, b } = await twoTabs();
  await b.conversations.add(b.conversations.get('c'), 'm1', [{ id: 'b1', role: 'assistant', text: '' }]);
  await browser.deliver();
  b.conversations.open('c');
  await a.conversations.remove('c');
  assert.deepEqual(a.gone, ['c']);
  await b.conversations.changeMessage('c', 'b1', { text: 'good day' });
  await browser.deliver();
  assert.equal(browser.stored.size, 0);
  assert.deepEqual(b.gone, ['c']);
  assert.equal(b.state.value.gone, 'c');
  assert.deepEqual(texts(b.conversations.get('c')), ['hello', 'good day']);
  await b.conversations.add(b.conversations.get('c'), 'b1', [user('b2', 'are you there?')]);
  await browser.deliver();
  assert.equal(b.state.value.gone, null);
  for (const tab of [a, b]) assert.deepEqual(texts(tab.conversations.get('c')), ['hello', 'good day', 'are you there?']);
});

test('a conversation that another tab has deleted is gone once it is left', async () => {
  const { browser, a, b } = await twoTabs();
  b.conversations.open('c');
  await a.conversations.remove('c');
  await browser.deliver();
  assert.ok(b.conversations.get('c'));
  b.conversations.open(null);
  assert.equal(b.conversations.get('c'), undefined);
  assert.equal(b.state.value.gone, null);
});

test('what is brought back after a deletion holds what every tab had written', async () => {
  const { browser, a, b } = await twoTabs();
  b.conversations.open('c');
  await b.conversations.add(b.conversations.get('c'), 'm1', [user('b1', 'from b')]); // Of which the first tab has not heard.
  await a.conversations.remove('c');
  await b.conversations.add(b.conversations.get('c'), 'b1', [user('b2', 'more from b')]);
  a.conversations.restore();
  await browser.deliver();
  await browser.deliver();
  for (const tab of [a, b]) assert.deepEqual(texts(tab.conversations.get('c')), ['hello', 'from b', 'more from b']);
});

test('only the settings that were changed are written', async () => {
  const { browser, a, b } = await twoTabs();
  for (const tab of [a, b]) tab.conversations.open('c');
  await a.conversations.configure({ top_k: 5 }, { top_k: 5, stop: ['END'] });
  await b.conversations.configure({ top_k: 5 }, { seed: 7 });
  assert.deepEqual(browser.stored.get('c').settings, { stop: ['END'], seed: 7 });
});

test('changes between settings are found and applied, lists and removals included', () => {
  const before = { top_k: 5, stop: ['A'], seed: 1 };
  const after = { top_k: 5, stop: ['A', 'B'], system: 'Be brief' };
  assert.deepEqual(changesOf(before, after), { stop: ['A', 'B'], seed: undefined, system: 'Be brief' });
  assert.deepEqual(applyChanges(before, changesOf(before, after)), after);
  assert.deepEqual(changesOf(before, { ...before }), {});
});

test('what the browser cannot store is shown as long as the page is, and said', async () => {
  const { browser, a, b } = await twoTabs();
  browser.isFull = true;
  await a.conversations.add(a.conversations.get('c'), 'm1', [user('a1', 'from a')]);
  assert.equal(a.state.value.isKept, false);
  browser.isFull = false;
  await b.conversations.add(b.conversations.get('c'), 'm1', [user('b1', 'from b')]);
  await browser.deliver();
  assert.deepEqual(texts(a.conversations.get('c')), ['hello', 'from b', 'from a']);
  // The next message below it takes it along.
  await a.conversations.add(a.conversations.get('c'), 'a1', [user('a2', 'more from a')]);
  assert.deepEqual(texts(browser.stored.get('c')), ['hello', 'from b', 'from a', 'more from a']);
});

test('a page that was asleep shows what was written and deleted meanwhile', async () => {
  const { browser, a, b } = await twoTabs();
  await a.conversations.import([{ ...tree.newConversation({}, 3), id: 'd' }, { ...tree.newConversation({}, 3), id: 'e' }]);
  await a.conversations.remove('c');
  await b.conversations.followAll();
  assert.deepEqual([...b.state.value.conversations.keys()].sort(), ['d', 'e']);
});
