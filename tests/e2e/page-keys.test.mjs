// The page without a mouse and without eyes: every control in reach of the Tab key, with a focus that is seen and not lost; and
// what is told of answers.
import assert from 'node:assert/strict';

import { ask } from './chat.mjs';
import { ended, importTree, pageSuite, phone, script } from './page_suite.mjs';

const kTree = { title: 'Forked', messages: [['q', null, 'What is it?'], ['a', 'q', 'A lamp.'], ['b', 'q', 'A lantern.'], ['r', 'b', 'Is it warm?'], ['c', 'r', 'A little.']] };
const kPair = { title: 'Two', messages: [['q', null, 'What is it?'], ['a', 'q', 'A lamp.', { beside: 'b', side: 0 }], ['b', 'q', 'A lantern.', { beside: 'a', side: 1 }]] };

/// What has the focus: its name, or its class.
const focused = (page) => page.evaluate(() => {
  const { activeElement: at } = document;
  return at.getAttribute('aria-label') ?? (at.matches('button, a') ? at.textContent : at.className || at.tagName);
});
const untilFocused = (page, selector) => page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);
const toTop = (page) => page.evaluate(() => (document.activeElement.blur(), getSelection().removeAllRanges(), document.body.setAttribute('tabindex', '-1'), document.body.focus(), document.body.removeAttribute('tabindex')));

/// Presses Tab until the page's end. Every stop: what it is, and whether it looks otherwise than without the focus.
async function walk(page) {
  await toTop(page);
  const stops = [];
  for (let i = 0; i < 120; ++i) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const { activeElement: at } = document;
      if (at === document.body || at.dataset.seen) return null;
      const look = () => [at, at.closest('form')].filter(Boolean).map((each) => {
        const { outlineStyle, borderColor, boxShadow, backgroundColor } = getComputedStyle(each);
        return [outlineStyle, borderColor, boxShadow, backgroundColor].join();
      }).join(' ');
      const withFocus = look();
      const place = at.getBoundingClientRect();
      at.blur();
      const isSeen = look() !== withFocus;
      at.focus();
      at.dataset.seen = 'yes';
      return { name: at.getAttribute('aria-label') ?? at.textContent.slice(0, 40), isSeen, isShown: place.width > 1 && place.height > 1 };
    });
    if (!stop) break;
    stops.push(stop);
  }
  return stops;
}

/// Controls that are meant for the Tab key and that it did not come to.
const missed = (page) => page.evaluate(() => [...document.querySelectorAll('button, a[href], input, select, textarea, [tabindex="0"]')]
  .filter((each) => !each.disabled && each.tabIndex >= 0 && !each.dataset.seen && each.checkVisibility({ visibilityProperty: true }))
  .map((each) => each.getAttribute('aria-label') ?? each.outerHTML.slice(0, 120)));

const kStates = {
  'of the first page': async () => {},
  'of a conversation': (page) => importTree(page, kTree),
  'of two answers': (page) => importTree(page, kPair),
  'of the tree': async (page) => (await importTree(page, kTree), page.getByRole('button', { name: 'Tree', exact: true }).click()),
  'of the protocol': (page) => page.getByRole('button', { name: 'Protocol', exact: true }).click(),
};

pageSuite('with the keys alone', [], (scenario) => {
  for (const [state, open] of Object.entries(kStates)) {
    scenario(`every control ${state} is reached, has a name, and shows its focus`, async (page) => {
      await open(page);
      const stops = await walk(page);
      assert.deepEqual(await missed(page), []);
      assert.ok(stops.length > 8, `${stops.length}`);
      assert.deepEqual(stops.filter(({ name, isSeen, isShown }) => !name.trim() || !isSeen || !isShown), []);
      assert.equal(stops[0].name, 'Skip to the conversation');
    }, { reducedMotion: 'reduce' });
  }

  scenario('one skips to the conversation and to the message field', async (page) => {
    await importTree(page, kTree);
    await toTop(page);
    await page.keyboard.press('Tab');
    assert.ok((await page.locator('.skip:focus').boundingBox()).width > 100);
    await page.keyboard.press('Enter');
    await untilFocused(page, '.scroller');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Edit the message');
    await toTop(page);
    for (const key of ['Tab', 'Tab', 'Enter']) await page.keyboard.press(key);
    await untilFocused(page, '.composer textarea');
  });

  scenario('? tells the shortcuts, but not in a text field', async (page) => {
    await page.keyboard.type('Why?');
    assert.equal(await page.inputValue('.composer textarea'), 'Why?');
    assert.equal(await page.locator('dialog').count(), 0);
    await page.getByRole('button', { name: 'Tree', exact: true }).focus();
    await page.keyboard.press('Shift+?');
    await page.waitForSelector('dialog:has-text("Keyboard shortcuts")');
    assert.match(await page.locator('dialog').textContent(), /Ctrl\+KSearch conversations/);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    assert.equal(await focused(page), 'Tree');
  });

  scenario('a dialog gives the focus back to what opened it', async (page) => {
    await importTree(page, kTree);
    for (const name of ['Settings of this conversation', 'Ask with two settings', 'Export conversations', 'Keyboard shortcuts']) {
      await page.getByRole('button', { name, exact: true }).focus();
      await page.keyboard.press('Enter');
      await page.waitForSelector('dialog[open]');
      assert.ok(await page.evaluate(() => document.activeElement.closest('dialog')), name);
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog', { state: 'detached' });
      assert.equal(await focused(page), name);
    }
  });

  scenario('a control that goes hands the focus on', async (page) => {
    await importTree(page, { ...kTree, title: 'Other' });
    await importTree(page, kTree);
    await page.getByLabel('Previous answer').focus();
    await page.keyboard.press('Enter');
    await untilFocused(page, '[aria-label="Next answer"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector(`${ended} .prose:has-text("A little.")`);
    await untilFocused(page, '[aria-label="Previous answer"]');
    await page.getByLabel('Edit the message').first().focus();
    await page.keyboard.press('Enter');
    await untilFocused(page, '.editor textarea');
    await page.keyboard.press('Escape');
    await untilFocused(page, '[aria-label="Edit the message"]');
    await page.locator('.entry-title', { hasText: 'Forked' }).focus();
    await page.getByLabel('Rename Forked').focus();
    await page.keyboard.press('Enter');
    await untilFocused(page, '.rename');
    await page.keyboard.press('Escape');
    await untilFocused(page, '.entry-title');
    await page.locator('.entry-title', { hasText: 'Other' }).focus();
    await page.getByLabel('Delete Other').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice:has-text("Deleted")');
    await page.waitForFunction(() => document.activeElement.textContent === 'Forked');
    await page.locator('.notice .link').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice', { state: 'detached' });
    await untilFocused(page, '.composer textarea');
  });

  scenario('of two answers one is chosen, and the next message is written', async (page) => {
    await importTree(page, kPair);
    await page.getByLabel('Go on with this: answer B').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.pair', { state: 'detached' });
    await untilFocused(page, '.composer textarea');
  });

  scenario('a whole conversation is led', async (page) => {
    await page.keyboard.type('What is 7 times 8?');
    await page.keyboard.press('Enter');
    await page.waitForSelector(ended);
    await untilFocused(page, '.composer textarea');
    await page.keyboard.press('Shift+Tab');
    assert.equal(await focused(page), 'Ask for another answer');
    await page.keyboard.press('Enter');
    await page.waitForSelector(`${ended} .siblings`);
    await page.keyboard.press('Control+Shift+O');
    await page.waitForSelector('.welcome');
    await untilFocused(page, '.composer textarea');
    await page.keyboard.press('Control+k');
    await untilFocused(page, '#search');
  });
});

pageSuite('for those who listen', [], (scenario) => {
  /// Everything that the page says from now on, in order.
  const listen = (page) => page.evaluate(() => {
    window.heard = [];
    new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach((node) => window.heard.push(node.textContent)))).observe(document.querySelector('[role=log]'), { childList: true });
  });
  const heard = (page) => page.evaluate(() => window.heard);

  scenario('an answer is told when it begins and when it has ended, and not in between', async (page, gate) => {
    gate.hold = ({ stream_id }) => Boolean(stream_id);
    await listen(page);
    const told = async (deltas, response) => {
      const numSent = gate.sent.length;
      await ask(page, 'Say something');
      while (gate.sent.length === numSent) await page.evaluate(() => new Promise(requestAnimationFrame));
      const server = script(gate);
      server.begin();
      for (const delta of deltas) {
        server.write(delta);
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
      server.end(response);
      await page.waitForSelector(ended);
    };
    await told(Array.from({ length: 30 }, (_, i) => `word${i} `));
    await page.waitForFunction(() => window.heard.length === 2);
    assert.deepEqual(await heard(page), ['The answer is being written.', Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ')]);
    await told(['the same'], { id: 'resp_2' });
    await told(['the same'], { id: 'resp_3' });
    await page.waitForFunction(() => window.heard.length === 6);
    assert.deepEqual((await heard(page)).slice(2), ['The answer is being written.', 'the same', 'The answer is being written.', 'the same']);
    await told(['many words '.repeat(500)], { id: 'resp_4' });
    await page.waitForFunction(() => window.heard.length === 8);
    assert.match((await heard(page)).at(-1), /^(?:many words ){20,}(?:many )?… The answer has 1,000 words\.$/);
    assert.ok((await heard(page)).at(-1).length < 400);
  });

  scenario('an answer of another branch or conversation does not begin aloud', async (page, gate) => {
    gate.hold = ({ stream_id }) => Boolean(stream_id);
    await ask(page, 'Say something');
    while (gate.sent.length === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
    await page.keyboard.press('Control+Shift+O');
    await page.waitForSelector('.welcome');
    await listen(page);
    const server = script(gate);
    server.begin();
    server.write('Done.');
    server.end();
    await page.waitForFunction(() => window.heard.length > 0);
    assert.deepEqual(await heard(page), ['Done.']);
  });

  scenario('the list of a phone takes the focus, and gives it back', async (page) => {
    await importTree(page, kTree);
    await page.getByRole('button', { name: 'Conversations', exact: true }).tap();
    await untilFocused(page, '.sidebar .new');
    assert.ok(await page.locator('main').evaluate((each) => each.inert));
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).tap();
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    assert.ok(await page.locator('main').evaluate((each) => each.inert), 'what is on top is closed first');
    await page.keyboard.press('Escape');
    await untilFocused(page, '.menu');
    assert.ok(!await page.locator('main').evaluate((each) => each.inert));
    await page.keyboard.press('Control+k');
    await untilFocused(page, '#search');
    await page.setViewportSize({ width: 900, height: 390 });
    await page.waitForFunction(() => !document.querySelector('main').inert);
    await page.setViewportSize({ width: 390, height: 800 });
    await page.waitForSelector('.menu[aria-expanded="false"]');
    await page.locator('.menu').tap();
    await untilFocused(page, '.sidebar .new');
    await page.getByRole('button', { name: 'Protocol', exact: true }).tap();
    await page.getByLabel('Close the protocol panel').tap();
    await untilFocused(page, '.menu');
  }, { ...phone, viewport: { width: 390, height: 800 } });

  scenario('nothing moves for those who do not want it', async (page, gate) => {
    gate.hold = ({ stream_id }) => Boolean(stream_id);
    await ask(page, 'Say something');
    while (gate.sent.length === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
    script(gate).begin();
    script(gate).write('Words.');
    await page.waitForSelector('.live .prose p');
    const moving = await page.evaluate(() => [...document.querySelectorAll('*')].flatMap((each) => [undefined, '::before', '::after'].map((part) => getComputedStyle(each, part)))
      .filter(({ animationName, transitionDuration }) => animationName !== 'none' || transitionDuration.split(', ').some((duration) => duration !== '0s')).length);
    assert.equal(moving, 0);
  }, { reducedMotion: 'reduce' });
});
