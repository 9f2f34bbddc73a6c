// Conversations of other programs in the page: in with their branches, out again, and nothing lost over a wrong file.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ended, importTree, pageSuite, phone } from './page_suite.mjs';

const kForked = { title: 'Forked', messages: [['q', null, 'What is it?'], ['a', 'q', 'A lamp.'], ['b', 'q', 'A lantern.'], ['r', 'b', 'Is it warm?'], ['c', 'r', 'A little.']] };

const give = (page, content, name = 'in.json') => page.setInputFiles('input[type=file]', { name, mimeType: 'application/json', buffer: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)) });
const notice = (page, words) => page.waitForSelector(`.notice:has-text(${JSON.stringify(words)})`);
const titles = (page) => page.locator('.entry-title').allTextContents();

async function exported(page, program, isOnlyOpen = false) {
  await page.getByLabel('Export conversations').click();
  await page.getByRole('radio', { name: program }).check();
  if (isOnlyOpen) await page.getByLabel('Only the open conversation').check();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the file' }).click()]);
  await page.waitForSelector('dialog', { state: 'detached' });
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

/// A file of ChatGPT's with that many conversations of that many letters.
function many(number, numLetters) {
  const of = (id, parent, role, text) => [id, { id, parent, children: [], message: { id, author: { role }, create_time: 1_700_000_000, content: { content_type: 'text', parts: [text] } } }];
  return Array.from({ length: number }, (_, i) => ({ title: `Of many ${i}`, create_time: 1_700_000_000 + i, mapping: Object.fromEntries([of('q', null, 'user', `question ${i}`), of('a', 'q', 'assistant', 'words "of" many. '.repeat(numLetters / 17))]) }));
}

pageSuite('files of conversations', [], (scenario) => {
  for (const [program, name] of [['Octavo', 'octavo-conversations.json'], ['ChatGPT', 'conversations.json'], ['Open WebUI', 'open-webui-chats.json']]) {
    scenario(`go out for ${program} and come in again with their branches`, async (page) => {
      await importTree(page, kForked);
      const file = await exported(page, program);
      assert.equal(file.name, name);
      await page.locator('.entry').hover();
      await page.getByLabel('Delete Forked').click();
      await page.waitForSelector('.entry', { state: 'detached' });
      await give(page, file.text);
      await page.locator('.entry-title').click();
      await page.waitForSelector(`${ended} .prose:has-text("A little.")`);
      if (program !== 'Octavo') await notice(page, `Imported one conversation of ${program}.`);
      await page.getByRole('button', { name: 'Tree', exact: true }).click();
      assert.equal(await page.getByRole('treeitem').count(), 5);
      await page.getByRole('treeitem', { name: 'A lamp.' }).click();
      await page.waitForSelector(`${ended} .prose:has-text("A lamp.")`);
    });
  }

  scenario('can hold the open conversation alone', async (page) => {
    await give(page, many(3, 100));
    await page.locator('.entry-title').nth(2).waitFor();
    await importTree(page, kForked);
    const all = JSON.parse((await exported(page, 'ChatGPT')).text);
    const one = JSON.parse((await exported(page, 'Open WebUI', true)).text);
    assert.deepEqual([all.length, one.map(({ title }) => title)], [4, ['Forked']]);
  });

  scenario('that are wrong change nothing, and the page says why', async (page) => {
    await importTree(page, kForked);
    for (const [content, words] of [['not at all', 'the file is not JSON'], [{ hello: 1 }, 'the file holds no conversations of Octavo, ChatGPT or Open WebUI'], [JSON.stringify(many(3, 100)).slice(0, -20), 'the file ends too early'],
      [[...many(2, 100), { mapping: { x: 7 } }], 'conversation 3 of the file is damaged']]) {
      await give(page, content);
      await notice(page, `Nothing was imported: ${words}.`);
      assert.deepEqual(await titles(page), ['Forked']);
    }
    await page.reload();
    await page.waitForSelector('.model.open');
    assert.deepEqual(await titles(page), ['Forked']);
  });

  scenario('that are large leave the page awake', async (page) => {
    const path = join(tmpdir(), `octavo-large-${process.pid}.json`);
    await writeFile(path, JSON.stringify(many(1200, 20_000)));
    try {
      await page.evaluate(() => {
        window.numFrames = 0;
        const count = () => ((window.numFrames += 1), requestAnimationFrame(count));
        requestAnimationFrame(count);
      });
      await page.setInputFiles('input[type=file]', path);
      await notice(page, 'Reading octavo-large');
      const before = await page.evaluate(() => window.numFrames);
      await page.fill('.composer textarea', 'typed meanwhile');
      await notice(page, 'Imported 1,200 conversations of ChatGPT.');
      assert.ok(await page.evaluate(() => window.numFrames) - before > 20);
      assert.equal(await page.inputValue('.composer textarea'), 'typed meanwhile');
      assert.equal(await page.locator('.entry').count(), 200);
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.waitForFunction(() => document.querySelectorAll('.entry').length === 400);
      await page.fill('.search', 'question 1199');
      await page.waitForFunction(() => document.querySelectorAll('.entry').length === 1);
      await page.reload();
      await page.waitForSelector('.model.open');
      assert.equal(await page.locator('.entry').count(), 200);
    } finally {
      await rm(path);
    }
  });

  scenario('are chosen on a phone as well', async (page) => {
    await importTree(page, kForked);
    await page.click('.menu');
    await page.getByLabel('Export conversations').click();
    const { x, width } = await page.locator('dialog').boundingBox();
    assert.ok(x >= 0 && x + width <= 390);
    assert.ok((await page.locator('dialog .check').first().boundingBox()).height >= 44);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
  }, { ...phone, viewport: { width: 390, height: 800 } });
});
