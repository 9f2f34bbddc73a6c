// The page in two tabs of one browser. Whatever two tabs do to a conversation, what a person wrote in either is there
// afterwards, and each tab shows without a reload what was done in the other.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchBrowser, missingBrowser, openGate, openPage } from './browser.mjs';
import { ask, edit } from './chat.mjs';
import { startServer } from './server.mjs';

// The plain kernels on one thread: slow enough that an answer is seen while it grows.
const kSlowly = ['--threads', '1', '--cpu-instruction-set', 'reference'];
const kStory = 'Tell me a story about a fox named Pip and a lantern.';

const field = '.composer textarea';
const ended = '.answer:last-child:not(.live)';
const live = '.answer.live:last-child';
const goneWords = '.notice:has-text("deleted in another tab")';

async function say(page, text) {
  await ask(page, text);
  await page.waitForSelector(ended);
}

/// Everything that this browser keeps, for a page to ask.
function kept() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('octavo');
    opening.onerror = reject;
    opening.onsuccess = () => {
      const reading = opening.result.transaction('conversations').objectStore('conversations').getAll();
      reading.onerror = reject;
      reading.onsuccess = () => {
        opening.result.close();
        resolve(reading.result);
      };
    };
  });
}

/// What persons said in the conversations that are kept, sorted.
async function saidIn(page) {
  const conversations = await page.evaluate(kept);
  return conversations.flatMap(({ nodes }) => Object.values(nodes)).filter(({ role }) => role === 'user').map(({ text }) => text).sort();
}

/// Waits until these are the messages that are shown, first to last.
function untilShown(page, texts) {
  return page.waitForFunction((wanted) => JSON.stringify([...document.querySelectorAll('.said')].map((each) => each.textContent)) === wanted, JSON.stringify(texts));
}

const entry = (page, title) => page.locator(`.entry-title:text-is(${JSON.stringify(title)})`);
const open = (page, title) => entry(page, title).click();

async function rename(page, title, wanted) {
  await entry(page, title).hover();
  await page.getByLabel(`Rename ${title}`, { exact: true }).click();
  await page.fill('.rename', wanted);
  await page.press('.rename', 'Enter');
}

async function remove(page, title) {
  await entry(page, title).hover();
  await page.getByLabel(`Delete ${title}`, { exact: true }).click();
}

async function setField(page, name, value) {
  await page.fill(`dialog [name=${name}]`, value);
}

const openSettings = (page) => page.getByLabel('Settings of this conversation').click();
const saveSettings = async (page) => {
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('dialog', { state: 'detached' });
};

/// Answers to what the page asks from now on do not end by themselves.
function makeEndless(gate) {
  gate.change = (event) => (event.type === 'response.create' ? { ...event, ignore_eos: true } : event);
}

async function reload(page) {
  await page.reload();
  await page.waitForSelector('.model.open');
}

describe('two tabs of the chat page', { skip: missingBrowser }, () => {
  let server;
  let browser;
  before(async () => {
    server = await startServer(kSlowly);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /// Runs one scenario in two tabs of a fresh profile; `gate` is that of the second tab's connection.
  const scenario = (name, run) => test(name, async () => {
    const first = await openPage(browser, server.url);
    try {
      const second = await first.page.context().newPage();
      const complaints = [];
      second.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
      second.on('pageerror', (error) => complaints.push(String(error)));
      const gate = await openGate(second);
      await second.goto(server.url);
      await first.page.waitForSelector('.model.open');
      await second.waitForSelector('.model.open');
      await run(first.page, second, gate);
      assert.deepEqual([...first.complaints, ...complaints], []);
    } finally {
      await first.close();
    }
  });

  scenario('a message of each stays, and each list follows the other', async (a, b) => {
    await say(a, 'My name is Ada.');
    await open(b, 'My name is Ada.');
    await say(a, 'What is 7 times 8?');
    await b.waitForSelector('.said:text-is("What is 7 times 8?")');
    await b.waitForSelector(ended);
    await say(b, 'What is my name?');
    await a.waitForSelector('.said:text-is("What is my name?")');
    for (const page of [a, b]) await untilShown(page, ['My name is Ada.', 'What is 7 times 8?', 'What is my name?']);
    await reload(a);
    await open(a, 'My name is Ada.');
    await untilShown(a, ['My name is Ada.', 'What is 7 times 8?', 'What is my name?']);
  });

  scenario('messages that are sent at the same moment are both kept, as branches', async (a, b) => {
    await say(a, 'My name is Ada.');
    await open(b, 'My name is Ada.');
    await b.waitForSelector(ended);
    for (const [page, text] of [[a, 'What is 7 times 8?'], [b, kStory]]) await page.fill(field, text);
    await Promise.all([a, b].map((page) => page.press(field, 'Enter')));
    // Each tab goes on showing its own.
    await a.waitForSelector('.question:nth-last-child(2) .said:text-is("What is 7 times 8?")');
    await b.waitForSelector(`.question:nth-last-child(2) .said:text-is("${kStory}")`);
    for (const page of [a, b]) await page.waitForSelector('.question:nth-last-child(2) .siblings:has-text("/2")');
    for (const page of [a, b]) await page.waitForSelector(ended);
    assert.deepEqual(await saidIn(a), ['My name is Ada.', kStory, 'What is 7 times 8?'].sort());
    const [conversation] = await b.evaluate(kept);
    assert.ok(Object.values(conversation.nodes).filter(({ role }) => role === 'assistant').every(({ status }) => status === 'done'));
  });

  scenario('new conversations of both are in both lists', async (a, b) => {
    await ask(a, 'My name is Ada.');
    await ask(b, 'What is 7 times 8?');
    for (const page of [a, b]) {
      await entry(page, 'My name is Ada.').waitFor();
      await entry(page, 'What is 7 times 8?').waitFor();
    }
  });

  scenario('a title given in one holds while the other writes', async (a, b, gate) => {
    await say(a, 'My name is Ada.');
    await open(b, 'My name is Ada.');
    makeEndless(gate);
    await ask(b, kStory);
    await b.waitForFunction(() => document.querySelector('.answer.live .prose')?.textContent.length > 20);
    await rename(a, 'My name is Ada.', 'Names');
    await entry(b, 'Names').waitFor();
    gate.change = (event) => event;
    await b.getByLabel('Stop the answer').click();
    await b.waitForSelector(ended);
    await say(b, 'What is my name?');
    await reload(b);
    await open(b, 'Names');
    await untilShown(b, ['My name is Ada.', kStory, 'What is my name?']);
  });

  scenario('settings that each changes in a dialog of its own are both kept', async (a, b) => {
    await say(a, 'My name is Ada.');
    await open(b, 'My name is Ada.');
    await openSettings(a);
    await openSettings(b);
    await setField(a, 'temperature', '0.5');
    await setField(b, 'seed', '7');
    await setField(b, 'system', 'Be brief.');
    await saveSettings(a);
    await saveSettings(b);
    await openSettings(a);
    const read = (name) => a.inputValue(`dialog [name=${name}]`);
    assert.deepEqual(await Promise.all(['temperature', 'seed', 'system'].map(read)), ['0.5', '7', 'Be brief.']);
    await setField(a, 'seed', '');
    await saveSettings(a);
    const [{ settings }] = await b.evaluate(kept);
    assert.deepEqual(settings, { temperature: 0.5, system: 'Be brief.' });
  });

  scenario('the branch that one has chosen outlives what the other writes below another', async (a, b) => {
    await say(a, 'My name is Ada.');
    await edit(a, 0, 'My name is Bob.');
    await a.waitForSelector(ended);
    await open(b, 'My name is Ada.');
    await b.waitForSelector('.said:text-is("My name is Bob.")');
    await b.getByLabel('Previous message').click();
    await b.getByLabel('Next message').click();
    await a.getByLabel('Previous message').click();
    await a.waitForSelector('.said:text-is("My name is Ada.")');
    await b.waitForSelector('.said:text-is("My name is Bob.")');
    await say(b, 'What is my name?');
    await untilShown(b, ['My name is Bob.', 'What is my name?']);
    await reload(a);
    await open(a, 'My name is Ada.');
    await untilShown(a, ['My name is Ada.']);
    await a.getByLabel('Next message').click();
    await a.waitForSelector('.said:text-is("What is my name?")');
  });

  scenario('a tab that has chosen nothing follows the branch that is chosen in the other', async (a, b) => {
    await say(a, 'My name is Ada.');
    await edit(a, 0, 'My name is Bob.');
    await a.waitForSelector(ended);
    await open(b, 'My name is Ada.');
    await b.waitForSelector('.said:text-is("My name is Bob.")');
    await a.getByLabel('Previous message').click();
    await b.waitForSelector('.said:text-is("My name is Ada.")');
  });

  scenario('an edit that was begun is still there after the other tab has shown another branch', async (a, b) => {
    await say(a, 'My name is Ada.');
    await edit(a, 0, 'My name is Bob.');
    await a.waitForSelector(ended);
    await open(b, 'My name is Ada.');
    await b.locator('.question').first().hover();
    await b.getByLabel('Edit the message').click();
    await b.fill('.editor textarea', 'My name is Bobb');
    await a.getByLabel('Previous message').click();
    await b.waitForSelector('.said:text-is("My name is Ada.")');
    await b.getByLabel('Next message').click();
    assert.equal(await b.inputValue('.editor textarea'), 'My name is Bobb');
  });

  scenario('what is being typed stays and keeps the focus while the other tab writes', async (a, b) => {
    await say(a, 'My name is Ada.');
    await open(b, 'My name is Ada.');
    await b.locator('.question').first().hover();
    await b.getByLabel('Edit the message').click();
    await say(a, 'What is 7 times 8?');
    await b.waitForSelector('.said:text-is("What is 7 times 8?")');
    await b.keyboard.type('!');
    assert.equal(await b.inputValue('.editor textarea'), 'My name is Ada.!');
    assert.equal(await b.inputValue(field), '');
  });

  scenario('an answer is seen growing in the other tab, which can stop it and writes nothing over it', async (a, b, gate) => {
    await say(a, 'My name is Ada.');
    await open(b, 'My name is Ada.');
    makeEndless(gate);
    await ask(b, kStory);
    await a.waitForSelector(`${live}[data-phase=elsewhere]`);
    await a.waitForFunction(() => document.querySelector('.answer.live .prose')?.textContent.length > 0);
    assert.equal(await a.locator('.failure').count(), 0);
    await edit(a, 0, 'My name is Bob.');
    await a.waitForSelector(ended);
    await a.getByLabel('Previous message').click();
    await a.getByLabel('Stop the answer').click();
    await b.waitForSelector(`${ended}[data-phase=stopped]`);
    await a.waitForSelector(`${ended}[data-phase=stopped]`);
    assert.equal(await a.innerText(`${ended} .prose`), await b.innerText(`${ended} .prose`));
    assert.deepEqual(await saidIn(a), ['My name is Ada.', 'My name is Bob.', kStory].sort());
  });

  scenario('a tab that is opened while an answer is written elsewhere shows it as such', async (a, b, gate) => {
    makeEndless(gate);
    await ask(b, kStory);
    await reload(a);
    await open(a, kStory);
    await a.waitForSelector(`${live}[data-phase=elsewhere]`);
    assert.equal(await a.locator('.failure').count(), 0);
    await a.keyboard.press('Escape');
    for (const page of [a, b]) await page.waitForSelector(`${ended}[data-phase=stopped]`);
    assert.equal(await a.innerText(`${ended} .prose`), await b.innerText(`${ended} .prose`));
  });

  scenario('an answer whose tab is closed ends as such in the other', async (a, b, gate) => {
    makeEndless(gate);
    await ask(b, kStory);
    await open(a, kStory);
    await a.waitForSelector(live);
    await b.close({ runBeforeUnload: false });
    await a.waitForSelector(`${ended}[data-phase=failed]`);
    assert.match(await a.innerText('.failure'), /the page was closed/);
  });

  scenario('a conversation that is deleted while the other receives an answer stays deleted', async (a, b, gate) => {
    await say(a, 'My name is Ada.');
    await open(b, 'My name is Ada.');
    makeEndless(gate);
    await ask(b, kStory);
    await b.waitForFunction(() => document.querySelector('.answer.live .prose')?.textContent.length > 20);
    await remove(a, 'My name is Ada.');
    await b.waitForSelector(goneWords);
    await b.waitForSelector(ended);
    assert.equal(gate.sent.filter(({ type }) => type === 'response.cancel').length, 1);
    await b.getByRole('button', { name: 'New conversation' }).click();
    await entry(b, 'My name is Ada.').waitFor({ state: 'detached' });
    await reload(b);
    assert.equal(await b.locator('.entry').count(), 0);
    assert.deepEqual(await b.evaluate(kept), []);
  });

  scenario('a conversation that is deleted and not open leaves the other list', async (a, b) => {
    await say(a, 'My name is Ada.');
    await entry(b, 'My name is Ada.').waitFor();
    await remove(a, 'My name is Ada.');
    await entry(b, 'My name is Ada.').waitFor({ state: 'detached' });
    assert.equal(await b.locator(goneWords).count(), 0);
  });

  for (const [how, write] of Object.entries({
    'a message': (page) => say(page, 'What is my name?'),
    'an edit': async (page) => (await edit(page, 0, 'What is my name?'), page.waitForSelector(ended)),
    'a title': (page) => rename(page, 'My name is Ada.', 'What is my name?'),
    'a system prompt': async (page) => (await openSettings(page), await setField(page, 'system', 'What is my name?'), saveSettings(page)),
  })) {
    scenario(`${how} written where the other tab has deleted brings all of the conversation back`, async (a, b) => {
      await say(a, 'My name is Ada.');
      await open(b, 'My name is Ada.');
      await b.waitForSelector(ended);
      await remove(a, 'My name is Ada.');
      await b.waitForSelector(goneWords);
      await write(b);
      await b.waitForSelector(goneWords, { state: 'detached' });
      await a.locator('.entry').waitFor();
      const [conversation] = await a.evaluate(kept);
      const texts = JSON.stringify(conversation);
      assert.ok(texts.includes('What is my name?') && texts.includes('My name is Ada.'), texts);
    });
  }

  scenario('a deletion that is taken back holds what the other tab wrote before and after it', async (a, b) => {
    await say(a, 'My name is Ada.');
    await open(b, 'My name is Ada.');
    await b.waitForSelector(ended);
    await say(b, 'What is 7 times 8?');
    await remove(a, 'My name is Ada.');
    await b.waitForSelector(goneWords);
    await ask(b, 'What is my name?');
    await a.getByRole('button', { name: 'Undo' }).click();
    await a.waitForSelector('.said:text-is("What is my name?")');
    await b.waitForSelector(ended);
    await untilShown(a, ['My name is Ada.', 'What is 7 times 8?', 'What is my name?']);
    assert.deepEqual(await saidIn(a), ['My name is Ada.', 'What is 7 times 8?', 'What is my name?'].sort());
  });

  scenario('what one imports is in both lists, and takes nothing from what the other writes', async (a, b) => {
    await ask(b, kStory);
    const nodes = { q: { id: 'q', parent: null, role: 'user', text: 'hello' }, a: { id: 'a', parent: 'q', role: 'assistant', text: 'good day' } };
    const file = JSON.stringify({ format: 'octavo-conversations', version: 1, conversations: [{ title: 'One', nodes }, { title: 'Two', nodes }] });
    await a.setInputFiles('input[type=file]', { name: 'in.json', mimeType: 'application/json', buffer: Buffer.from(file) });
    for (const page of [a, b]) for (const title of ['One', 'Two', kStory]) await entry(page, title).waitFor();
    await b.waitForSelector(ended);
    assert.deepEqual(await saidIn(b), [kStory, 'hello', 'hello'].sort());
  });

  scenario('the theme of one is that of both', async (a, b) => {
    const theme = (page) => page.evaluate(() => document.documentElement.dataset.theme);
    await a.getByLabel('Switch between light and dark').click();
    await b.waitForSelector(`html[data-theme=${await theme(a)}]`);
  });
});
