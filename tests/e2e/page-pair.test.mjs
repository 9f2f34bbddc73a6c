// One question with two settings: both answers at once beside each other, and one of them to go on with.
import assert from 'node:assert/strict';

import { ask } from './chat.mjs';
import { ended, pageSuite, phone, slowly } from './page_suite.mjs';

const kStory = 'Tell me a story about a fox named Pip and a lantern.';

/// Asks with these fields of the dialog, by name.
async function compare(page, text, fields) {
  await page.fill('.composer textarea', text);
  await page.getByLabel('Ask with two settings').click();
  assert.equal(await page.inputValue('dialog [name=question]'), text);
  for (const [name, value] of Object.entries(fields)) await page.fill(`dialog [name="${name}"]`, value);
  await page.getByRole('button', { name: 'Ask both' }).click();
  await page.waitForSelector('.pair');
}

const side = (page, name) => page.getByRole('group', { name: `Answer ${name}` });
const words = (page, name) => side(page, name).locator('.prose').textContent();
const choose = (page, name) => page.getByRole('button', { name: `Go on with this: answer ${name}` }).click();
const bothEnded = (page) => page.waitForFunction(() => document.querySelectorAll('.pair .answer:not(.live)').length === 2);
const creates = (gate) => gate.sent.filter(({ type }) => type === 'response.create');

pageSuite('two answers side by side', slowly, (scenario) => {
  scenario('are written at the same time on two lanes, and Esc stops both', async (page, gate) => {
    await compare(page, kStory, { 'a.temperature': '0', 'b.temperature': '1.5', 'b.system': 'You are a pirate.' });
    for (const name of ['A', 'B']) await side(page, name).locator('.live .prose:not(:empty)').waitFor();
    assert.equal(await page.locator('.pair .live').count(), 2);
    const [a, b] = creates(gate);
    assert.deepEqual([a.temperature, a.instructions, b.temperature, b.instructions], [0, undefined, 1.5, 'You are a pirate.']);
    assert.notEqual(a.stream_id, b.stream_id);
    assert.deepEqual(a.input, b.input);
    const [left, right] = await Promise.all(['A', 'B'].map((name) => side(page, name).boundingBox()));
    assert.ok(left.x + left.width <= right.x && Math.abs(left.y - right.y) < 1, 'beside each other');
    assert.match(await side(page, 'B').locator('.pair-head').textContent(), /temperature 1\.5 · system prompt “You are a pirate\.”/);
    await page.keyboard.press('Escape');
    await bothEnded(page);
    for (const name of ['A', 'B']) assert.match(await side(page, name).locator('.end').textContent(), /Stopped/);
  });
});

pageSuite('of two answers', [], (scenario) => {
  const kTwo = { 'a.temperature': '0', 'b.temperature': '0.9', 'b.seed': '3' };

  scenario('one is chosen, with its settings, and the other stays as a branch', async (page, gate) => {
    await ask(page, 'My name is Ada.');
    await page.waitForSelector(ended);
    await compare(page, 'What is my name?', kTwo);
    await bothEnded(page);
    const kept = [await words(page, 'A'), await words(page, 'B')];
    assert.equal(creates(gate)[1].previous_response_id, creates(gate)[2].previous_response_id, 'a fork');
    await page.fill('.composer textarea', 'And yours?');
    await page.press('.composer textarea', 'Enter');
    await page.waitForSelector('.foot .failure:has-text("Choose one of the two answers first")');
    assert.equal(creates(gate).length, 3);
    await choose(page, 'B');
    await page.waitForSelector('.pair', { state: 'detached' });
    assert.equal(await page.locator('.answer:last-child .prose').textContent(), kept[1]);
    assert.equal(await page.inputValue('.composer textarea'), 'And yours?');
    await page.press('.composer textarea', 'Enter');
    await page.waitForSelector(`.question:nth-last-child(2) .said:text-is("And yours?")`);
    await page.waitForSelector(ended);
    const last = creates(gate).at(-1);
    assert.deepEqual([last.temperature, last.seed], [0.9, 3]);
    assert.ok(last.previous_response_id, 'of the answer that was chosen');
    await page.locator('.answer').nth(1).hover();
    await page.getByLabel('Previous answer').click();
    await page.waitForFunction((text) => document.querySelector('.answer:last-child .prose')?.textContent === text, kept[0]);
  });

  scenario('both are still there after a reload', async (page) => {
    await compare(page, 'What is 7 times 8?', kTwo);
    await bothEnded(page);
    const kept = [await words(page, 'A'), await words(page, 'B')];
    await page.reload();
    await page.waitForSelector('.pair');
    assert.deepEqual([await words(page, 'A'), await words(page, 'B')], kept);
    await choose(page, 'A');
    await page.waitForSelector('.pair', { state: 'detached' });
    await page.getByLabel('Settings of this conversation').click();
    assert.deepEqual([await page.inputValue('dialog [name=temperature]'), await page.inputValue('dialog [name=seed]')], ['0', '']);
  });

  scenario('another answer takes the place of one, by the same settings', async (page, gate) => {
    await compare(page, 'What is 7 times 8?', kTwo);
    await bothEnded(page);
    await side(page, 'A').getByLabel('Ask for another answer').click();
    await page.waitForFunction(() => document.querySelectorAll('.answer').length === 2);
    await bothEnded(page);
    assert.equal(creates(gate).length, 3);
    assert.deepEqual([creates(gate)[2].temperature, creates(gate)[2].seed], [0, undefined]);
    assert.match(await side(page, 'A').locator('.pair-head').textContent(), /temperature 0 /);
    await page.getByRole('button', { name: 'Tree', exact: true }).click();
    assert.equal(await page.getByRole('treeitem').count(), 4);
    assert.equal(await page.getByRole('treeitem', { selected: true }).count(), 3);
  });

  scenario('what cannot be answered says so on its own side', async (page, gate) => {
    gate.change = (event) => (event.temperature === 0 ? { ...event, top_k: -5 } : event);
    await compare(page, 'What is 7 times 8?', kTwo);
    await bothEnded(page);
    await side(page, 'A').locator('.failure').waitFor();
    assert.match(await words(page, 'B'), /\w/);
    gate.change = (event) => event;
    await side(page, 'A').getByRole('button', { name: 'Try again' }).click();
    await side(page, 'A').locator('.failure').waitFor({ state: 'detached' });
    await bothEnded(page);
    assert.match(await words(page, 'A'), /\w/);
  });

  scenario('a phone has them one above the other', async (page) => {
    await compare(page, 'What is 7 times 8?', kTwo);
    await bothEnded(page);
    const [first, second] = await Promise.all(['A', 'B'].map((name) => side(page, name).boundingBox()));
    assert.ok(second.y >= first.y + first.height && first.x === second.x, `${JSON.stringify([first, second])}`);
    assert.ok(first.x >= 0 && first.x + first.width <= 390);
    assert.equal(await page.evaluate(() => document.querySelector('.scroller').scrollWidth - document.querySelector('.scroller').clientWidth), 0);
    assert.ok((await page.locator('.choose').first().boundingBox()).height >= 44);
  }, { ...phone, viewport: { width: 390, height: 800 } });
});
