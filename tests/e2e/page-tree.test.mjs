// The tree of a conversation in the page: drawn, walked with mouse and keys, and told to screen readers.
import assert from 'node:assert/strict';

import { ask, edit } from './chat.mjs';
import { ended, importTree, pageSuite, phone } from './page_suite.mjs';

const kTree = { title: 'Forked', messages: [
  ['q', null, 'What is a lantern?'], ['a', 'q', 'A light that is carried.'],
  ['r', 'a', 'Who made the first?'], ['b', 'r', 'Nobody knows.'],
  ['s', 'a', 'Is it bright?'], ['c', 's', 'Not very.'], ['d', 's', 'Bright enough.'],
  ['t', 'a', 'Is it warm?'], ['e', 't', 'A little.'],
] };

const rows = (page) => page.getByRole('treeitem');
const row = (page, words) => page.getByRole('treeitem', { name: words });
const button = (page) => page.getByRole('button', { name: 'Tree', exact: true });
const shown = (page) => page.getByRole('treeitem', { selected: true }).evaluateAll((all) => all.map((each) => each.textContent.replace(/^(Message|Answer): /, '')));
const focused = (page) => page.evaluate(() => document.activeElement.textContent);
const last = (page, words) => page.waitForSelector(`.answer:last-child .prose:has-text(${JSON.stringify(words)})`);

pageSuite('the tree of a conversation', [], (scenario) => {
  scenario('shows every message, and which are shown', async (page) => {
    await importTree(page, kTree);
    await button(page).click();
    assert.equal(await rows(page).count(), 9);
    assert.deepEqual(await shown(page), ['What is a lantern?', 'A light that is carried.', 'Is it warm?', 'A little.']);
    assert.equal(await page.locator('.tree header small').textContent(), '9 messages, 4 branches');
    const told = await row(page, 'Is it bright?').evaluate((each) => ['aria-level', 'aria-posinset', 'aria-setsize', 'aria-selected', 'aria-expanded'].map((name) => each.getAttribute(name)));
    assert.deepEqual(told, ['3', '2', '3', 'false', 'true']);
    assert.equal(await row(page, 'Not very.').getAttribute('aria-expanded'), null);
  });

  scenario('leads to a message with the mouse', async (page) => {
    await importTree(page, kTree);
    await button(page).click();
    await row(page, 'Nobody knows.').click();
    await last(page, 'Nobody knows.');
    assert.deepEqual(await shown(page), ['What is a lantern?', 'A light that is carried.', 'Who made the first?', 'Nobody knows.']);
    await row(page, 'Is it bright?').click();
    await last(page, 'Bright enough.');
    await row(page, 'Is it bright?').hover();
    await row(page, 'Is it bright?').locator('.fold').click();
    await page.waitForSelector('.tree-hidden:has-text("2")');
    assert.equal(await rows(page).count(), 7);
    await last(page, 'Bright enough.');
  });

  scenario('is walked with the arrows, and Enter goes there', async (page) => {
    await importTree(page, kTree);
    await page.keyboard.press('Control+b');
    await page.waitForFunction(() => document.activeElement.role === 'treeitem');
    assert.match(await focused(page), /A little\./);
    for (const key of ['Home', 'ArrowDown', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
    assert.match(await focused(page), /Nobody knows\./);
    for (const key of ['ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
    assert.match(await focused(page), /Who made the first\?/);
    assert.equal(await row(page, 'Who made').getAttribute('aria-expanded'), 'false');
    await page.keyboard.press('ArrowDown');
    assert.match(await focused(page), /Is it bright\?/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await last(page, 'Not very.');
    assert.match(await focused(page), /Not very\./, 'the keys stay in the tree');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await last(page, 'A little.');
    await page.waitForFunction(() => document.activeElement.matches('.answer:last-child'));
    assert.equal(await page.locator('.tree-row[tabindex="0"]').count(), 1);
  });

  scenario('Escape closes it and gives the focus back', async (page) => {
    await importTree(page, kTree);
    await button(page).click();
    await page.waitForFunction(() => document.activeElement.role === 'treeitem');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.tree', { state: 'detached' });
    assert.equal(await focused(page), 'Tree');
    await button(page).click();
    await page.reload();
    await page.waitForSelector('.tree');
    assert.notEqual(await page.evaluate(() => document.activeElement.role), 'treeitem', 'what was open before takes no focus');
  });

  scenario('brings a message into view, and what is written below does not lead away', async (page) => {
    const messages = Array.from({ length: 40 }, (_, i) => [`m${i}`, i ? `m${i - 1}` : null, `${i % 2 ? 'Answer' : 'Question'} number ${i}. ${'More of it. '.repeat(60)}`]);
    await importTree(page, { title: 'Long', messages });
    await button(page).click();
    await row(page, 'number 6.').click();
    const isAtTop = () => page.evaluate(() => {
      const message = [...document.querySelectorAll('.question')].find((each) => each.textContent.includes('number 6.'));
      return Math.abs(message.getBoundingClientRect().top - document.querySelector('.scroller').getBoundingClientRect().top) < 40;
    });
    await page.waitForFunction(() => document.querySelector('.to-end'));
    assert.ok(await isAtTop());
    await page.setViewportSize({ width: 1100, height: 700 });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.equal(await page.locator('.to-end').count(), 1);
  });

  scenario('grows with the conversation', async (page) => {
    await button(page).click();
    await page.waitForSelector('.tree-none');
    await ask(page, 'What is 7 times 8?');
    await page.waitForSelector(ended);
    await edit(page, 0, 'What is 6 times 7?');
    await page.waitForSelector(ended);
    assert.equal(await rows(page).count(), 4);
    assert.equal(await page.locator('.tree header small').textContent(), '4 messages, 2 branches');
    await row(page, '7 times 8').click();
    await page.waitForSelector('.said:text-is("What is 7 times 8?")');
  });

  scenario('has room on a phone', async (page) => {
    await importTree(page, kTree);
    await button(page).tap();
    const { x, width, y, height } = await page.locator('.tree').boundingBox();
    assert.ok(x === 0 && width === 390 && y > 150 && Math.abs(y + height - 800) < 1, `${x} ${y} ${width} ${height}`);
    assert.ok((await rows(page).evaluateAll((all) => all.map((each) => each.offsetHeight))).every((each) => each >= 44));
    await row(page, 'Nobody knows.').tap();
    await last(page, 'Nobody knows.');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
  }, { ...phone, viewport: { width: 390, height: 800 } });
});
