// The main states of the page before axe-core, light and dark, on a desktop and on a phone.
import assert from 'node:assert/strict';

import { violations } from './axe.mjs';
import { ask } from './chat.mjs';
import { ended, importTree, pageSuite, phone, show } from './page_suite.mjs';

const kAnswer = ['# Heading', 'Words with `code`, [a link](https://example.com) and *more*.', '> A quotation', '1. one\n2. two\n   - [x] done', '| a | b |\n|---|--:|\n| 1 | 2 |', '```python\ndef f(x):  # a comment\n    return "a" < 1\n```', '```json\n{"a":[1,null]}\n```', '\\[x^2\\]'].join('\n\n');
const kTree = { title: 'Forked', messages: [['q', null, 'What is it?'], ['a', 'q', 'A lamp.'], ['b', 'q', 'A lantern.'], ['r', 'b', 'Is it warm?'], ['c', 'r', 'A little.']] };
const kPair = { title: 'Two', messages: [['q', null, 'What is it?'], ['a', 'q', 'A lamp.', { beside: 'b', side: 0, settings: { temperature: 0 } }], ['b', 'q', 'A lantern.', { beside: 'a', side: 1, settings: {} }]] };
const kThoughts = { title: 'Thought', messages: [['q', null, 'What is it?'], ['a', 'q', 'A lamp.', { thoughts: 'A *lamp*, or a `lantern`?', thoughtTokens: 12 }]] };
const kCall = { callId: 'c', name: 'get_weather', arguments: '{"city":"Bern","days":2}', isWhole: true };
const kCalls = { title: 'Calls', messages: [['q', null, 'How is it?'], ['a', 'q', 'I ask.', { calls: [kCall, { ...kCall, callId: 'd' }, { ...kCall, isWhole: false }] }]] };
const kResult = { title: 'Result', messages: [['q', null, 'How is it?'], ['a', 'q', '', { calls: [kCall] }], ['r', 'a', 'sunny', { results: [{ callId: 'c', name: 'get_weather', output: 'sunny' }] }], ['b', 'r', 'It is sunny.']] };
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

/// Opens the list of conversations where it is not beside the page.
async function list(page) {
  const button = page.getByRole('button', { name: 'Conversations', exact: true });
  if (await button.getAttribute('aria-expanded') === 'false') await button.click();
}

/// State -> how to come there.
const kStates = {
  'the first page': async () => {},
  'a conversation': (page) => show(page, { title: 'Everything', question: 'Show me everything', answer: kAnswer, status: 'stopped' }),
  'an answer that failed': (page) => show(page, { title: 'Failed', answer: '', status: 'failed' }),
  'an answer of JSON': (page) => show(page, { title: 'JSON', answer: '{"a":["x",1,true,null]}' }),
  'an answer with its thoughts': async (page) => {
    await importTree(page, kThoughts);
    await page.locator('.thoughts summary').click();
    await page.waitForSelector('.thoughts .prose');
  },
  'an answer that calls functions': async (page) => {
    await importTree(page, kCalls);
    await page.waitForSelector('.call-result');
  },
  'a result that is edited': async (page) => {
    await importTree(page, kResult);
    await page.locator('.question').nth(1).hover();
    await page.getByLabel('Edit the result').click();
  },
  'functions that are none': async (page) => {
    await page.getByLabel('Settings of this conversation').click();
    await page.fill('dialog [name=tools]', '[3]');
    await page.waitForSelector('dialog .fault');
  },
  'a prompt that is read': async (page, gate) => {
    gate.hold = ({ stream_id: lane, type }) => Boolean(lane) && type !== 'response.created';
    await ask(page, 'What is 7 times 8?');
    await page.waitForSelector('.answer.live[data-phase=reading]');
    gate.socket.send(JSON.stringify({ type: 'octavo:response.progress', stream_id: gate.sent.at(-1).stream_id, sequence_number: 9, queue_position: 0, prompt_tokens: 5000, computed_tokens: 3100, cached_tokens: 0, time_left_ms: 4000 }));
    await page.waitForSelector('.waiting-bar');
  },
  'a message that is edited': async (page) => {
    await importTree(page, kTree);
    await page.locator('.question').first().hover();
    await page.locator('.question').first().getByLabel('Edit the message').click();
  },
  'a folded message': (page) => show(page, { title: 'Long', question: 'line\n'.repeat(40) }),
  'two answers side by side': (page) => importTree(page, kPair),
  'the settings': (page) => page.getByLabel('Settings of this conversation').click(),
  'the question with two settings': (page) => press(page, 'Ask with two settings'),
  'the tree': async (page) => {
    await importTree(page, kTree);
    await press(page, 'Tree');
    await page.getByRole('treeitem').first().click();
  },
  'the memory': async (page) => {
    await ask(page, 'What is 7 times 8?');
    await page.waitForSelector(ended);
    await press(page, 'Memory');
    await page.waitForSelector('.tier h3');
  },
  'the protocol': async (page) => {
    await ask(page, 'What is 7 times 8?');
    await page.waitForSelector(ended);
    await list(page);
    await press(page, 'Protocol');
    await page.locator('.frame-line', { hasText: 'response.create' }).first().click();
  },
  'the export': async (page) => {
    await importTree(page, kTree);
    await list(page);
    await press(page, 'Export conversations');
  },
  'the list of conversations': async (page) => {
    await importTree(page, kTree);
    await list(page);
  },
  'a title that is changed': async (page) => {
    await importTree(page, kTree);
    await list(page);
    await page.locator('.entry').hover();
    await press(page, 'Rename Forked');
  },
  'a deletion': async (page) => {
    await importTree(page, kTree);
    await list(page);
    await page.locator('.entry').hover();
    await press(page, 'Delete Forked');
    await page.waitForSelector('.notice');
  },
  'the shortcuts': async (page) => {
    await list(page);
    await press(page, 'Keyboard shortcuts');
  },
};

for (const [where, options] of [['on a desktop', { viewport: { width: 1280, height: 800 } }], ['on a phone', { ...phone, viewport: { width: 390, height: 800 } }]]) {
  pageSuite(`${where}, axe-core finds nothing to complain about`, [], (scenario) => {
    for (const [state, open] of Object.entries(kStates)) {
      scenario(`in ${state}`, async (page, gate) => {
        await open(page, gate);
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await violations(page), [], colorScheme);
        }
      }, { ...options, reducedMotion: 'reduce' });
    }
  });
}
