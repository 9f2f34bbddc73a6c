// The page's picture of the server's memory, in a real browser: the blocks of a chat as they come and
// go, and what a fork looks like.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { cellOf } from './block_cells.mjs';
import { launchBrowser, missingBrowser, openGate, openPage } from './browser.mjs';
import { ask, edit } from './chat.mjs';
import { eventually } from './helpers.mjs';
import { startServer } from './server.mjs';

// For an answer that is seen while it grows.
const kSlowly = ['--threads', '1', '--cpu-instruction-set', 'reference'];
const kStory = 'Tell me a story about a fox named Pip and a lantern.';
const ended = '.answer:last-child:not(.live)';
const button = (page) => page.getByRole('button', { name: 'Memory', exact: true });

/// The first message, an answer, and three ways to go on.
async function branchThreeWays(page) {
  await ask(page, kStory);
  await page.waitForSelector(ended);
  await ask(page, 'Who found the lantern?');
  await page.waitForSelector(ended);
  await edit(page, 1, 'Where was the lantern?');
  await page.waitForSelector(ended);
  await edit(page, 1, 'How many letters does lantern have?');
  await page.waitForSelector(ended);
}

/// Waits until the device's line of words matches; the words.
async function deviceWords(page, pattern) {
  const line = page.locator('.tier h3', { hasText: pattern });
  await line.first().waitFor();
  return line.first().textContent();
}

describe("the page's picture of the memory", { skip: missingBrowser }, () => {
  let server;
  let slowServer;
  let browser;
  before(async () => {
    server = await startServer();
    slowServer = await startServer(kSlowly);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await slowServer?.stop();
  });

  const scenario = (name, run, { isSlow, ...options } = {}) => test(name, async () => {
    let gate;
    const { page, complaints, close } = await openPage(browser, (isSlow ? slowServer : server).url, options, async (page) => (gate = await openGate(page)));
    try {
      await page.waitForSelector('.model.open');
      await run(page, gate);
      assert.deepEqual(complaints, []);
    } finally {
      await close();
    }
  });

  scenario('the blocks of an answer are in use while it is written', async (page) => {
    await button(page).focus();
    await page.keyboard.press('Enter');
    assert.match(await deviceWords(page, /in use/), /^Device: 0 of [\d,]+ blocks in use/);
    await ask(page, kStory);
    await deviceWords(page, /: [1-9]\d* of .* in use/);
    await page.waitForSelector('.load-tokens');
    await page.waitForSelector(ended);
    await deviceWords(page, /: 0 of .* in use/);
    assert.equal(await page.locator('.blocks.device').getAttribute('aria-label'), await page.locator('.tier h3').first().textContent());
  }, { isSlow: true });

  scenario('the feeds run only while the panel is open, which is remembered, and on every connection', async (page, gate) => {
    /// That the page has asked for just these since the last time.
    const asked = async (expected) => {
      await eventually(() => gate.sent.length >= expected.length, expected.join());
      assert.deepEqual(gate.sent.splice(0).map(({ type, topic }) => `${type} ${topic}`), expected);
    };
    await asked([]);
    await button(page).click();
    await deviceWords(page, /in use/);
    const both = ['octavo:subscribe blocks', 'octavo:subscribe metrics'];
    await asked(both);
    await gate.socket.close({ code: 1012 });
    await page.waitForSelector('.model.lost');
    assert.equal(await page.locator('.tier').count(), 0, 'nothing is shown that is not so any more');
    await page.waitForSelector('.model.open');
    await deviceWords(page, /in use/);
    await asked(both);
    await page.reload();
    await deviceWords(page, /in use/);
    assert.equal(await button(page).getAttribute('aria-expanded'), 'true');
    await asked(both);
    const setHidden = (isHidden) => page.evaluate((isHidden) => {
      Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
    await setHidden(true);
    await setHidden(false);
    await page.getByLabel('Close the memory panel').click();
    await page.waitForSelector('.memory', { state: 'detached' });
    const neither = ['octavo:unsubscribe blocks', 'octavo:unsubscribe metrics'];
    await asked([...neither, ...both, ...neither]);
    await page.reload();
    await page.waitForSelector('.model.open');
    assert.equal(await page.locator('.memory').count(), 0);
  });

  scenario('three branches show three colours on what they share and one each on their own', async (page, gate) => {
    const ids = [];
    // The picture is the test's: the answers' real ids on blocks that lie where the test says.
    gate.hold = (event) => {
      if (event.type === 'response.created') ids.push(event.response.id);
      return event.type === 'octavo:blocks';
    };
    await branchThreeWays(page);
    assert.equal(ids.length, 4);
    await button(page).click();
    await page.waitForSelector('.memory');
    const blocks = [[0, 0, 2, 2, 3, [0, 1, 2, 3], 90], [0, 2, 1, 2, 1, [1], 90], [0, 3, 1, 2, 1, [2], 90], [0, 4, 1, 2, 1, [3], 90],
      [0, 5, 1, 1, 0, [1], 10], [0, 6, 1, 2, 1, [4], 99], [0, 7, 1, 3, 0, [3], 99], [1, 0, 2, 1, 0, [2], 40]];
    gate.socket.send(JSON.stringify({ type: 'octavo:blocks', sequence_number: 0, full: true, step: 100, block_size: 16,
      tiers: { device: { num_blocks: 400 }, host: { num_blocks: 100 } }, responses: [...ids, 'resp_of_another'], blocks }));
    await deviceWords(page, 'Device: 6 of 400 blocks in use, 2 shared, 1 kept for later, 1 on the move');
    assert.match(await page.locator('.tier h3').nth(1).textContent(), /^Host: 0 of 100 blocks in use, 2 kept for later$/);

    const shared = await cellOf(page, 0);
    const own = await Promise.all([2, 3, 4].map((index) => cellOf(page, index)));
    const colours = own.map((cell) => cell.colours[1]);
    assert.equal(new Set(colours).size, 3);
    for (const cell of own) assert.equal(new Set(cell.colours).size, 1);
    assert.deepEqual([1, 3, 5].map((i) => shared.colours[i]), colours, 'a field for each branch');
    const kept = await cellOf(page, 5);
    assert.notEqual(kept.colours[1], own[0].colours[1], 'fainter than one in use');
    const free = await cellOf(page, 50);
    assert.notEqual((await cellOf(page, 6)).colours[1], free.colours[1]);

    await page.mouse.move(shared.x, shared.y);
    const words = `Device block 0: in use, shared by 3 sequences · “${kStory}” (branches 1, 2 and 3) · last taken 10 steps ago`;
    await page.waitForSelector(`.block-words:text-is(${JSON.stringify(words)})`);
    await page.locator('.entry').hover();
    assert.deepEqual((await cellOf(page, 3)).colours[3], own[1].colours[3], 'a lit block keeps its colour');
    assert.notEqual((await cellOf(page, 6)).colours[3], free.colours[3]);
    // The answer that is shown is the third branch's: the other branches' own blocks step back.
    await page.locator('.answer').last().hover();
    assert.deepEqual((await cellOf(page, 4)).colours[3], own[2].colours[3]);
    assert.notDeepEqual((await cellOf(page, 3)).colours[3], own[1].colours[3]);
    assert.deepEqual((await cellOf(page, 1)).colours[3], shared.colours[3], 'what they share is lit with it');

    await page.locator('.blocks.device').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('.block-words:has-text("Device block 1: in use, shared by 3 sequences")');
  }, { reducedMotion: 'reduce' });

  scenario('a phone shows the memory over the lower part of the page', async (page) => {
    await button(page).tap();
    await deviceWords(page, /in use/);
    const { y, width, height } = await page.locator('.memory').boundingBox();
    assert.ok(y > 150 && Math.abs(width - 375) < 1 && Math.abs(y + height - 700) < 1, `${y} ${width} ${height}`);
    const inside = await page.locator('.blocks.device').boundingBox();
    assert.ok(inside.height > 60 && inside.y + inside.height < 700);
    await page.getByLabel('Close the memory panel').tap();
    await page.waitForSelector('.memory', { state: 'detached' });
  }, { viewport: { width: 375, height: 700 }, hasTouch: true, isMobile: true });
});
