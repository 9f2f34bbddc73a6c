// Whatever names and words are not ours, every control of the page is in reach; what controls look like and say.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { ask } from './chat.mjs';
import { ended, importAll, pageSuite, phone, show } from './page_suite.mjs';

const kLong = `meta-llama/${'Llama-3.3-70B-Instruct-quantized.w8a8-'.repeat(3)}of-its-own`;
const long = (letter) => letter.repeat(200);

/// Controls that are shown and are not wholly between the left and the right edge, or lie under something else.
function controlsOutOfReach() {
  const isShown = (each) => each.checkVisibility({ opacityProperty: false, visibilityProperty: true }) && each.getClientRects().length > 0 && !each.closest('.unseen') && !each.matches('.unseen');
  return [...document.querySelectorAll('button, a, input, textarea')].filter(isShown).filter((each) => {
    each.scrollIntoView({ block: 'nearest' });
    const { left, right, top, bottom, width, height } = each.getClientRects()[0]; // A link is hit in its first line.
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return left < 0 || right > innerWidth + 0.5 || width < 8 || height < 8 || !(each === hit || each.contains(hit));
  }).map((each) => `${each.getAttribute('aria-label') ?? each.textContent.slice(0, 30)} ${JSON.stringify(each.getBoundingClientRect())}`);
}

const widths = (page) => page.evaluate(() => [document.documentElement, document.querySelector('.scroller'), document.querySelector('.sidebar')].map((each) => each.scrollWidth - each.clientWidth));

const kAnswer = [
  `# ${long('H')}`, long('p'), `- ${long('l')}\n  1. ${long('m')}`, `${'> '.repeat(12)}${long('q')}`, `${Array.from({ length: 14 }, (_, i) => `${'  '.repeat(i)}- ${i} deep`).join('\n')}`,
  `\`${long('c')}\``, `\`\`\`${long('n')}\n${long('x')}\n\`\`\``, `| ${long('a')} | b |\n|---|---|\n| c | ${long('d')} |`, `[${long('k')}](https://example.com/${long('u')})`, `**${long('s')}** https://example.com/${long('v')}`,
  `987654321. ${long('o')}`, `\\[${'x+'.repeat(100)}y\\]`,
].join('\n\n');

pageSuite('a page with long names', ['--served-model-name', kLong], (scenario) => {
  const everything = async (page) => {
    assert.deepEqual(await page.evaluate(controlsOutOfReach), [], 'the first page');
    await show(page, { title: long('T'), question: long('w'), answer: kAnswer, status: 'stopped' });
    assert.deepEqual(await page.evaluate(controlsOutOfReach), [], 'a conversation');
    assert.deepEqual(await widths(page), [0, 0, 0]);
    const list = page.getByRole('button', { name: 'Conversations', exact: true });
    if (await list.getAttribute('aria-expanded') === 'false') await list.click();
    await page.waitForFunction(() => document.querySelector('.sidebar').getBoundingClientRect().left === 0);
    await page.locator('.entry').hover();
    const entry = await page.locator('.sidebar :is(button, a)').evaluateAll((all) => all.filter((each) => each.getClientRects().length).map((each) => each.getBoundingClientRect().right));
    const edge = (await page.locator('.sidebar').boundingBox()).width;
    assert.ok(entry.every((right) => right <= edge), `${entry} of ${edge}`);
    await page.getByLabel(/^Delete /).click();
    await page.keyboard.press('Escape');
    await page.waitForSelector('.notice:has-text("Deleted")');
    const notice = await page.locator('.notice .link').boundingBox();
    assert.ok(notice.x >= 0 && notice.x + notice.width <= page.viewportSize().width);
    await page.getByLabel('Settings of this conversation').click();
    await page.waitForSelector('dialog[open]');
    assert.equal(await page.locator('dialog').evaluate((each) => each.scrollWidth - each.clientWidth), 0);
    for (const name of ['Close', 'Clear all', 'Save']) {
      const { x, width } = await page.getByRole('button', { name, exact: true }).boundingBox();
      assert.ok(x >= 0 && x + width <= page.viewportSize().width, name);
    }
  };
  scenario('has every control in reach on a phone of 320 pixels', everything, phone);
  scenario('has every control in reach on a phone of 390 pixels', everything, { ...phone, viewport: { width: 390, height: 800 } });
  scenario('has every control in reach on a desktop', everything, { viewport: { width: 1280, height: 800 } });

  scenario('gives a finger 44 pixels for every control', async (page) => {
    await show(page, { question: 'q', answer: '```\ncode\n```', status: 'stopped' });
    await page.getByLabel('Ask for another answer').tap();
    await page.waitForSelector(`${ended} .siblings`);
    await page.getByRole('button', { name: 'Conversations', exact: true }).click();
    await page.waitForSelector('.menu-open .entry.open');
    const small = await page.locator('button.quiet, button.round, button.copy, .entry-title, .failure .link').evaluateAll((all) => all.filter((each) => each.getClientRects().length).map((each) => [each.getAttribute('aria-label') ?? each.textContent, each.offsetWidth, Math.max(each.offsetHeight, each.closest('.entry')?.offsetHeight ?? 0)]).filter(([, width, height]) => width < 44 || height < 44));
    assert.deepEqual(small, []);
    for (const name of [/^Rename /, /^Delete /]) assert.ok(await page.getByLabel(name).isVisible());
  }, phone);

  scenario('says what a finger can do', async (page) => {
    await page.getByRole('button', { name: 'Memory', exact: true }).tap();
    await page.waitForSelector('.block-words:has-text("Touch a block")');
    assert.equal(await page.locator('text=/point at/i').count(), 0);
  }, phone);
});

pageSuite('the look of the page', [], (scenario) => {
  const settings = (page) => page.getByLabel('Settings of this conversation').click();
  const placeholder = (page, name) => page.getAttribute(`dialog [name=${name}]`, 'placeholder');

  scenario('settings can be those of all new conversations, and what is left open says what the model does', async (page, gate) => {
    await settings(page);
    assert.deepEqual(await Promise.all(['temperature', 'top_p', 'top_k', 'min_p'].map((name) => placeholder(page, name))), ['0.8 by default', '0.95 by default', '0 (all) by default', '0 by default']);
    await page.fill('[name=system]', 'You are a librarian.');
    await page.fill('[name=temperature]', '0');
    await page.getByLabel('Also for new conversations').check();
    await page.click('dialog .solid');
    const sent = () => [gate.sent.at(-1).instructions, gate.sent.at(-1).temperature];
    const say = async (text) => (await ask(page, text), page.waitForSelector(ended));
    await say('What is 7 times 8?');
    assert.deepEqual(sent(), ['You are a librarian.', 0]);
    await page.click('.new');
    await say('My name is Ada.');
    assert.deepEqual(sent(), ['You are a librarian.', 0]);
    await page.reload();
    await page.waitForSelector('.model.open');
    await settings(page);
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.click('dialog .solid');
    await say('What is my name?');
    assert.deepEqual(sent(), [undefined, undefined]);
    await page.click('.new');
    await say('Who are you?');
    assert.deepEqual(sent(), ['You are a librarian.', 0], 'one conversation is not all of them');
    await page.click('.new');
    await settings(page);
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.getByLabel('Also for new conversations').check();
    await page.click('dialog .solid');
    await page.reload();
    await page.waitForSelector('.model.open');
    await say('Where are you?');
    assert.deepEqual(sent(), [undefined, undefined]);
  });

  scenario('what may be set is known to other tabs', async (page, gate, { server }) => {
    const other = await page.context().newPage();
    await other.goto(server.url);
    await other.waitForSelector('.model.open');
    await settings(page);
    await page.fill('[name=top_k]', '7');
    await page.getByLabel('Also for new conversations').check();
    await page.click('dialog .solid');
    await settings(other);
    await other.waitForSelector('dialog[open]');
    assert.equal(await other.inputValue('[name=top_k]'), '7');
  });

  scenario('settings are open as soon as they are drawn, so that the next key is theirs', async (page) => {
    const wasOpen = await page.evaluate(() => new Promise((resolve) => {
      new MutationObserver(() => {
        const dialog = document.querySelector('dialog');
        if (dialog) resolve(dialog.open);
      }).observe(document.body, { childList: true, subtree: true });
      document.querySelector('[aria-label="Settings of this conversation"]').click();
    }));
    assert.ok(wasOpen);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
  });

  scenario('a new conversation is there before the next key can be pressed', async (page) => {
    await ask(page, 'My name is Ada.');
    const isThere = await page.evaluate(async () => {
      document.querySelector('.new').click();
      for (let i = 0; i < 3; ++i) await null; // What is drawn without waiting for a frame.
      return document.querySelector('.welcome') !== null;
    });
    assert.ok(isThere);
  });

  scenario('Send is grey while there is nothing to send', async (page) => {
    const send = page.getByRole('button', { name: 'Send', exact: true });
    const colour = () => send.evaluate((each) => getComputedStyle(each).backgroundColor);
    assert.ok(await send.isDisabled());
    const grey = await colour();
    await page.fill('.composer textarea', '   ');
    assert.ok(await send.isDisabled());
    await page.fill('.composer textarea', 'What is 7 times 8?');
    assert.ok(await send.isEnabled());
    assert.notEqual(await colour(), grey);
    await send.click();
    await page.waitForSelector(ended);
    assert.ok(await send.isDisabled());
  });

  scenario('a task has a box and no bullet, other items have a bullet', async (page) => {
    await show(page, { answer: '- [x] done\n- [ ] open\n- plain' });
    assert.deepEqual(await page.locator('.prose li').evaluateAll((all) => all.map((each) => [each.textContent.trim(), getComputedStyle(each).listStyleType])), [['☑ done', 'none'], ['☐ open', 'none'], ['plain', 'disc']]);
  });

  scenario('cells are aligned as the table says', async (page) => {
    await show(page, { answer: '| a | b | c |\n|:-|:-:|-:|\n| 1 | 2 | 3 |' });
    assert.deepEqual(await page.locator('.prose td').evaluateAll((all) => all.map((each) => getComputedStyle(each).textAlign)), ['left', 'center', 'right']);
  });

  scenario('a long message is folded until it is asked for', async (page) => {
    const question = Array.from({ length: 60 }, (_, i) => `line ${i}`).join('\n');
    await show(page, { question });
    const height = () => page.locator('.said').evaluate((each) => each.offsetHeight);
    assert.ok(await height() < 300);
    await page.getByRole('button', { name: 'Show all' }).click();
    assert.ok(await height() > 1000);
    assert.equal(await page.locator('.said').textContent(), question);
    await page.getByRole('button', { name: 'Show less' }).click();
    assert.ok(await height() < 300);
    await show(page, { title: 'Short', question: 'one\ntwo' });
    assert.equal(await page.getByRole('button', { name: 'Show all' }).count(), 0);
  });

  scenario('the list tells when, and can be closed', async (page) => {
    const day = 86_400_000;
    await importAll(page, [{ title: 'Now', updatedAt: Date.now() }, { title: 'Old', updatedAt: Date.now() - 400 * day }]);
    const when = page.locator('.entry .when');
    assert.match(await when.nth(0).textContent(), /^\d\d:\d\d$/);
    assert.match(await when.nth(1).textContent(), /^\w+ \d{4}$/);
    assert.match(await when.nth(1).getAttribute('title'), /\w+day.* \d{4}.* \d\d:\d\d/);
    const list = page.getByRole('button', { name: 'Conversations', exact: true });
    await list.click();
    assert.ok(!await page.locator('.sidebar').isVisible());
    assert.equal(await list.getAttribute('aria-expanded'), 'false');
    await page.reload();
    await page.waitForSelector('.model.open');
    assert.ok(!await page.locator('.sidebar').isVisible());
    await page.keyboard.press('Control+K');
    await page.waitForFunction(() => document.activeElement?.id === 'search');
    assert.ok(await page.locator('.sidebar').isVisible());
  });

  scenario('what goes out points down and what comes in points up, and Memory has its word', async (page) => {
    await importAll(page, [{}]);
    const first = (name) => page.getByLabel(name).locator('path').first().getAttribute('d');
    // The arrow's shaft from its beginning: v down, V up to the top.
    assert.match(await first('Export conversations'), /^M10 3v9/);
    assert.match(await first('Import conversations'), /V3/);
    assert.equal(await page.getByRole('button', { name: 'Memory', exact: true }).innerText(), 'Memory');
    await page.getByLabel('Export conversations').click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the file' }).click()]);
    assert.equal(JSON.parse(await readFile(await download.path(), 'utf8')).conversations.length, 1);
  });
});
