// Where a conversation is found again: its address, a reload of the page, and an answer that ended too early.
import assert from 'node:assert/strict';

import { ask, edit } from './chat.mjs';
import { ended, importAll, pageSuite, show, slowly } from './page_suite.mjs';

const kStory = 'Tell me a story about a fox named Pip and a lantern.';
const field = '.composer textarea';
const hash = (page) => new URL(page.url()).hash;

async function say(page, text) {
  await ask(page, text);
  await page.waitForSelector(ended);
}

const said = (page, text) => page.waitForSelector(`.said:text-is(${JSON.stringify(text)})`);

async function reload(page) {
  await page.reload();
  await page.waitForSelector('.model.open');
}

pageSuite('the address of a conversation', slowly, (scenario) => {
  scenario('a reload stays in the conversation', async (page) => {
    assert.equal(hash(page), '');
    await say(page, 'My name is Ada.');
    const address = hash(page);
    assert.match(address, /^#[0-9a-f]{24}$/);
    await reload(page);
    await said(page, 'My name is Ada.');
    assert.equal(hash(page), address);
  });

  scenario('Back and Forward go from one conversation to another', async (page) => {
    await say(page, 'My name is Ada.');
    await page.click('.new');
    await page.waitForSelector('.welcome');
    assert.equal(hash(page), '');
    await say(page, 'What is 7 times 8?');
    await page.click('.entry-title:text-is("My name is Ada.")');
    await said(page, 'My name is Ada.');
    await page.goBack();
    await said(page, 'What is 7 times 8?');
    await page.goBack();
    await said(page, 'My name is Ada.');
    await page.goForward();
    await said(page, 'What is 7 times 8?');
    assert.equal(await page.locator('.entry.open .entry-title').textContent(), 'What is 7 times 8?');
  });

  scenario('a link opens the conversation in another tab', async (page) => {
    await say(page, 'My name is Ada.');
    const [other] = await Promise.all([page.context().waitForEvent('page'), page.click('.entry-title', { modifiers: ['Control'] })]);
    await said(other, 'My name is Ada.');
    assert.equal(hash(other), hash(page));
  });

  scenario('an address of a conversation that is not here says so, and a message begins a new one', async (page, gate, { server }) => {
    await page.goto(`${server.url}#000000000000000000000000`);
    await reload(page);
    await page.waitForSelector('.notice:has-text("not in this browser")');
    await say(page, 'What is 7 times 8?');
    assert.equal(await page.locator('.notice').count(), 0);
    assert.notEqual(hash(page), '#000000000000000000000000');
    await page.goto(`${server.url}#__proto__`);
    await page.waitForSelector('.notice:has-text("not in this browser")');
  });

  scenario('a deleted conversation has no address, and one that is brought back has its own again', async (page) => {
    await say(page, 'My name is Ada.');
    const address = hash(page);
    await page.hover('.entry');
    await page.getByLabel('Delete My name is Ada.').click();
    await page.waitForFunction(() => location.hash === '');
    await page.click('.notice .link:text("Undo")');
    await page.waitForFunction((address) => location.hash === address, address);
  });

  scenario('an answer that a reload cuts off keeps what was there, even when it has just begun', async (page, gate) => {
    gate.change = (event) => (event.type === 'octavo:response.resume' ? { ...event, response_id: 'resp_none' } : event); // It is forgotten.
    let deltas = 0;
    gate.hold = ({ type }) => gate.opened === 1 && type !== 'response.created' && (type !== 'response.output_text.delta' || ++deltas > 3);
    await ask(page, kStory);
    await page.waitForFunction(() => document.querySelector('.answer.live .prose')?.textContent.length > 3);
    const seen = await page.innerText('.answer.live .prose');
    await reload(page);
    await page.waitForSelector(`${ended}[data-phase=failed]`);
    const text = await page.innerText(`${ended} .prose`);
    assert.ok(text.startsWith(seen), `${text} was ${seen}`); // More may have come since.
    assert.match(await page.innerText('.failure'), /page was closed/);
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('unfinished'))), []);
    await reload(page);
    assert.equal(await page.innerText(`${ended} .prose`), text);
  });

  scenario('a reload keeps the place of the reader', async (page) => {
    const answer = Array.from({ length: 80 }, (_, i) => `paragraph ${i}`).join('\n\n');
    await show(page, { answer });
    const scroller = page.locator('.scroller');
    await scroller.evaluate((each) => each.scrollTo(0, 700));
    await page.waitForSelector('.to-end');
    await reload(page);
    await page.waitForSelector(ended);
    assert.ok(Math.abs(await scroller.evaluate((each) => each.scrollTop) - 700) < 3);
    await page.click('.to-end');
    await page.waitForSelector('.to-end', { state: 'detached' });
    await reload(page);
    await page.waitForSelector(ended);
    assert.equal(await page.locator('.to-end').count(), 0);
  });

  scenario('a reload keeps what was begun: the next message of each conversation, an edit, and settings', async (page) => {
    await say(page, 'My name is Ada.');
    await page.fill(field, 'What is my');
    await page.locator('.question').first().hover();
    await page.getByLabel('Edit the message').click();
    await page.fill('.editor textarea', 'My name is Bobb');
    await page.click('.new');
    await page.waitForSelector('.welcome');
    assert.equal(await page.inputValue(field), '');
    await page.fill(field, 'Another');
    await page.getByLabel('Settings of this conversation').click();
    await page.fill('[name=seed]', '7');
    await page.click('dialog .solid');
    await reload(page);
    assert.equal(await page.inputValue(field), 'Another');
    await page.getByLabel('Settings of this conversation').click();
    assert.equal(await page.inputValue('[name=seed]'), '7');
    await page.keyboard.press('Escape');
    await page.goBack();
    await page.waitForSelector('.editor textarea');
    assert.equal(await page.inputValue('.editor textarea'), 'My name is Bobb');
    assert.equal(await page.inputValue(field), 'What is my');
    await page.click('.editor .plain');
    await say(page, 'What is my name?');
    assert.equal(await page.inputValue(field), '');
    await reload(page);
    assert.equal(await page.inputValue(field), '');
  });
});

pageSuite('answers that ended too early', slowly, (scenario) => {
  const button = (page) => page.getByRole('button', { name: 'Continue', exact: true });
  const text = (page) => page.innerText(`${ended} .prose`);

  scenario('one that was cut at the longest length goes on from its very tokens, as often as it is asked to', async (page, gate) => {
    gate.change = (event) => ({ ...event, temperature: 0 });
    await say(page, kStory);
    const uncut = await text(page);
    await page.click('.new');
    gate.change = (event) => ({ ...event, temperature: 0, max_output_tokens: 15 });
    await say(page, kStory);
    await page.waitForSelector(`${ended}[data-phase=cut]`);
    let half = await text(page);
    assert.ok(half.length < uncut.length);
    while (await button(page).count() > 0) {
      await button(page).click();
      await page.waitForFunction((half) => document.querySelector('.prose').innerText.length > half.length, half);
      await page.waitForSelector(ended);
      half = await text(page);
    }
    assert.equal(half, uncut);
    assert.equal(await page.locator('.answer').count(), 1);
    assert.equal(await page.locator('.siblings').count(), 0, 'it is no other answer');
    const whole = await text(page);
    gate.change = (event) => event;
    await say(page, 'What is 7 times 8?');
    assert.deepEqual(gate.sent.at(-1).input.map(({ role }) => role), ['user', 'assistant', 'user']);
    assert.equal(gate.sent.at(-1).input[1].content.trim(), whole.trim());
  });

  scenario('one that was stopped goes on, also after a reload', async (page, gate) => {
    await ask(page, kStory);
    await page.waitForFunction(() => document.querySelector('.answer.live .prose')?.textContent.length > 20);
    await page.keyboard.press('Escape');
    await page.waitForSelector(`${ended}[data-phase=stopped]`);
    const half = await text(page);
    await reload(page);
    await button(page).click();
    await page.waitForSelector(`${ended}[data-phase=done]`);
    assert.equal(gate.sent.at(-1).input.at(-2).content.trim(), half.trim());
    assert.ok((await text(page)).startsWith(half) && (await text(page)).length > half.length);
    assert.equal(await button(page).count(), 0);
  });

  scenario('one that was lost with the connection goes on, and keeps its words when it cannot', async (page, gate) => {
    let deltas = 0;
    gate.hold = ({ type }) => type !== 'response.created' && (type !== 'response.output_text.delta' || ++deltas > 3);
    await ask(page, kStory);
    await page.waitForFunction(() => document.querySelector('.answer.live .prose')?.textContent.length > 3);
    gate.change = (event) => (event.type === 'octavo:response.resume' ? { ...event, response_id: 'resp_none' } : event);
    gate.hold = ({ stream_id: lane, type }) => Boolean(lane) && type !== 'error';
    await gate.socket.close({ code: 1012 });
    await page.waitForSelector(`${ended}[data-phase=failed]`);
    const half = await text(page);
    await page.waitForSelector('.model.open');
    gate.hold = () => true;
    await button(page).click();
    await page.waitForSelector('.answer.live');
    gate.socket.send(JSON.stringify({ type: 'error', stream_id: gate.sent.at(-1).stream_id, error: { code: 'queue_full', message: 'too many requests wait' } }));
    await page.waitForSelector(`${ended} .failure:has-text("too many requests wait")`);
    assert.equal(await text(page), half);
    gate.hold = () => false;
    await button(page).click();
    await page.waitForSelector(`${ended}[data-phase=done]`);
    assert.ok((await text(page)).startsWith(half));
  });

  scenario('only the last answer of a conversation can go on', async (page) => {
    await show(page, { title: 'Cut', answer: 'half', status: 'cut' });
    assert.equal(await button(page).count(), 1);
    await say(page, 'What is 7 times 8?');
    assert.equal(await button(page).count(), 0);
    await edit(page, 1, 'What is 6 times 9?');
    await page.waitForSelector(ended);
    assert.equal(await button(page).count(), 0);
  });
});
