// The protocol of the page for those who look: frames, what they are about, and requests as programs.
import assert from 'node:assert/strict';

import { ask } from './chat.mjs';
import { runCommand } from './helpers.mjs';
import { ended, pageSuite, phone } from './page_suite.mjs';

const button = (page) => page.getByRole('button', { name: 'Protocol', exact: true });
const open = async (page) => (await button(page).click(), page.waitForSelector('.protocol .frame'));
const frames = (page) => page.locator('.frame:not(.note)');
const types = (page) => page.locator('.frame-type').allTextContents();
const answered = async (page, text) => (await ask(page, text), page.waitForSelector(ended));
const pick = (page, name, label) => page.getByLabel(name, { exact: true }).selectOption(label);

pageSuite('the protocol', [], (scenario) => {
  scenario('shows what has gone over the connection already, and what goes on', async (page, gate) => {
    await answered(page, 'What is 7 times 8?');
    await open(page);
    const before = await types(page);
    assert.equal(before[0], 'response.create');
    assert.equal(before[1], 'response.created');
    assert.equal(before.at(-1), 'response.completed');
    assert.match(await page.locator('.frame.note').textContent(), /connected/);
    await answered(page, 'My name is Ada.');
    await page.waitForFunction((n) => document.querySelectorAll('.frame-type').length > n, before.length);
    const { scrollTop, scrollHeight, clientHeight } = await page.locator('.frames').evaluate(({ scrollTop, scrollHeight, clientHeight }) => ({ scrollTop, scrollHeight, clientHeight }));
    assert.ok(scrollHeight - scrollTop - clientHeight < 2, 'the newest is in view');
    await page.locator('.frame.out .frame-line').last().click();
    assert.deepEqual(JSON.parse(await page.locator('.frame-whole pre').textContent()), gate.sent.at(-1));
    assert.ok(await page.locator('.frame-whole .hljs-attr').count() > 3);
  });

  scenario('is asked for one type, or one response', async (page) => {
    await answered(page, 'What is 7 times 8?');
    await answered(page, 'My name is Ada.');
    await open(page);
    await pick(page, 'Type of frame', { label: 'response.completed (2)' });
    assert.deepEqual(await types(page), ['response.completed', 'response.completed']);
    await pick(page, 'Type of frame', '');
    await pick(page, 'Response', { index: 2 });
    const own = await types(page);
    assert.deepEqual([own[0], own[1], own.at(-1)], ['response.create', 'response.created', 'response.completed']);
    assert.equal(own.filter((type) => type === 'response.completed').length, 1);
    assert.match(await page.locator('.protocol header small').textContent(), /^\d+ of \d+ frames$/);
    await pick(page, 'Type of frame', { label: (await page.getByLabel('Type of frame').locator('option').allTextContents()).find((label) => label.startsWith('response.in_progress')) });
    assert.deepEqual(await types(page), ['response.in_progress']);
  });

  scenario('can be paused and cleared', async (page) => {
    await answered(page, 'What is 7 times 8?');
    await open(page);
    await page.getByRole('button', { name: 'Pause' }).click();
    const held = await frames(page).count();
    await answered(page, 'My name is Ada.');
    const goOn = page.getByRole('button', { name: /^Go on \(\d+ new\)$/ });
    await goOn.waitFor();
    assert.equal(await frames(page).count(), held);
    await goOn.click();
    await page.waitForFunction((n) => document.querySelectorAll('.frame:not(.note)').length > n, held);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.waitForSelector('.frames-none:has-text("Nothing has been sent yet.")');
    await answered(page, 'Who are you?');
    await page.waitForSelector('.frame.out');
    assert.equal((await types(page))[0], 'response.create');
  });

  scenario('gives a request as a program that gets the same answer', async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = async (name) => {
      await page.getByRole('button', { name: `Copy ${name}`, exact: true }).click();
      await page.waitForSelector('.frame-acts :text-is("Copied")');
      const text = await page.evaluate(() => navigator.clipboard.readText());
      await page.waitForSelector('.frame-acts :text-is("Copied")', { state: 'detached' });
      return text;
    };
    await page.getByLabel('Settings of this conversation').click();
    await page.fill('[name=temperature]', '0');
    await page.fill('[name=system]', "It's \"so\" $HOME `id`");
    await page.click('dialog .solid');
    await answered(page, 'What is 7 times 8?');
    const answer = await page.locator('.answer:last-child .prose').textContent();
    await open(page);
    await page.locator('.frame.out .frame-line').first().click();
    const { code, stdout, stderr } = await runCommand('bash', ['-c', await copied('as curl')]);
    assert.equal(code, 0, stderr);
    const events = stdout.split('\n').filter((line) => line.startsWith('data: {')).map((line) => JSON.parse(line.slice(6)));
    assert.equal(events.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta).join('').trim(), answer.trim());
    assert.equal(events.at(-1).response.instructions, "It's \"so\" $HOME `id`");
    assert.match(await copied('as Python'), /client\.responses\.create\(\n/);
    assert.match(await copied('as k6'), /new WebSocket\("ws:\/\/127\.0\.0\.1:\d+\/v1\/responses"/);
    assert.equal(JSON.parse(await copied('JSON')).type, 'response.create');
  });

  scenario('shows hostile words as words', async (page, gate) => {
    await open(page);
    gate.socket.send(JSON.stringify({ type: 'octavo:<img src=x onerror=alert(1)>', delta: '</pre><script>alert(2)</script>' }));
    await page.locator('.frame-line', { hasText: '<img' }).click();
    await page.waitForSelector('.frame-whole pre:has-text("</pre><script>alert(2)</script>")');
    assert.equal(await page.locator('.protocol :is(img, script)').count(), 0);
  });

  scenario('keeps nothing of what is told while nobody looks but the bounded list', async (page, gate) => {
    await answered(page, 'What is 7 times 8?');
    for (let i = 0; i < 3000; ++i) gate.socket.send(JSON.stringify({ type: 'octavo:test', i }));
    await answered(page, 'My name is Ada.');
    await open(page);
    await page.waitForSelector('.protocol header small:text-is("2,000 frames")');
    assert.equal(await frames(page).count(), 300);
    await page.locator('.frames').evaluate((each) => each.scrollTo(0, 0));
    await page.getByRole('button', { name: 'Show earlier frames' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.frame').length === 600);
  });

  scenario('is there on a phone, and closing it leads back', async (page) => {
    await answered(page, 'What is 7 times 8?');
    const list = page.getByRole('button', { name: 'Conversations', exact: true });
    await list.click();
    await button(page).click();
    const { x, width, y } = await page.locator('.protocol').boundingBox();
    assert.ok(x === 0 && width === 390 && y > 150);
    await frames(page).first().locator('.frame-line').click();
    await page.waitForSelector('.frame-whole');
    assert.equal(await page.locator('.frames').evaluate((each) => each.scrollWidth - each.clientWidth), 0);
    await page.getByLabel('Close the protocol panel').click();
    await page.waitForSelector('.protocol', { state: 'detached' });
  }, { ...phone, viewport: { width: 390, height: 800 } });
});
