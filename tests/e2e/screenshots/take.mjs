// Takes the pictures of the chat page: node screenshots/take.mjs FOLDER. Four of them are the README's.
import { join } from 'node:path';

import { launchBrowser, openPage } from '../browser.mjs';
import { importTree } from '../page_suite.mjs';
import { startServer } from '../server.mjs';

const folder = process.argv[2] ?? '.';
const kDesktop = { viewport: { width: 1200, height: 740 }, deviceScaleFactor: 1.5, colorScheme: 'light', reducedMotion: 'reduce' };
const kPhone = { viewport: { width: 375, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme: 'light', reducedMotion: 'reduce' };

async function say(page, text) {
  await page.fill('.composer textarea', text);
  await page.press('.composer textarea', 'Enter');
  await page.waitForSelector(`.question:nth-last-child(2) .said:text-is(${JSON.stringify(text)})`);
  await page.waitForSelector('.answer:last-child:not(.live)');
}

async function branch(page, text) {
  await page.locator('.question').nth(1).hover();
  await page.locator('.question').nth(1).getByLabel('Edit the message').click();
  await page.fill('.editor textarea', text);
  await page.press('.editor textarea', 'Enter');
  await page.waitForSelector(`.said:text-is(${JSON.stringify(text)})`);
}

/// Three answers to three ways to go on, written at the same time.
async function branchThreeWays(page) {
  await say(page, 'Tell me a story about a fox named Pip and a lantern.');
  await page.getByRole('button', { name: 'Memory', exact: true }).click();
  await page.fill('.composer textarea', 'Tell me another story about Pip.');
  await page.press('.composer textarea', 'Enter');
  await page.waitForSelector('.question:nth-child(3)');
  await branch(page, 'Tell me a story about a boat.');
  await branch(page, 'Tell me a story about a zebra.');
  await page.waitForTimeout(2500);
  await page.locator('.branches button').nth(1).hover();
}

async function talk(page) {
  await page.getByLabel('Settings of this conversation').click();
  await page.fill('[name=temperature]', '0');
  await page.click('.panel .solid');
  await say(page, 'Tell me a story about a fox named Pip and a lantern.');
  await say(page, 'Who found the lantern?');
  await branch(page, 'Where was the lantern?');
  await page.waitForSelector('.answer:last-child:not(.live)');
  await say(page, 'How many letters does lantern have?');
}

/// A conversation with branches in its tree, at its end two answers side by side.
async function compare(page) {
  await page.click('.new');
  await say(page, 'Who are you?');
  await say(page, 'How do you spell “lantern”?');
  await branch(page, 'What is 7 times 8?');
  await page.waitForSelector('.answer:last-child:not(.live)');
  await page.getByRole('button', { name: 'Conversations', exact: true }).click();
  await page.getByRole('button', { name: 'Tree', exact: true }).click();
  await page.fill('.composer textarea', 'Tell me a story about a boat.');
  await page.getByLabel('Ask with two settings').click();
  await page.fill('[name="a.temperature"]', '0');
  await page.fill('[name="b.temperature"]', '1.2');
  await page.fill('[name="b.seed"]', '7');
  await page.click('.panel .solid');
  await page.waitForFunction(() => document.querySelectorAll('.pair .answer:not(.live)').length === 2);
}

/// What a model thinks and calls; the demo model does neither by itself.
async function call(page) {
  const calls = [{ callId: 'b', name: 'get_weather', arguments: '{"city":"Bern","days":2}', isWhole: true }];
  const thoughts = 'Two things are asked:\n\n1. the **weather** of the weekend, which I have to look up,\n2. what to take along, which follows from it.';
  const answer = { thoughts, thoughtTokens: 38, calls };
  await importTree(page, { title: 'A weekend in Bern', messages: [['q', null, 'What should I take along for a weekend in Bern?'], ['a', 'q', 'I look up the weather first.', answer]] });
  await page.locator('.thoughts summary').click();
  await page.getByLabel('Result of get_weather').fill('{"sky": "sunny", "temperature": 21}');
}

const server = await startServer(['--served-model-name', 'octavo-demo']);
const slowServer = await startServer(['--served-model-name', 'octavo-demo', '--threads', '1', '--cpu-instruction-set', 'reference', '--block-size', '8',
  '--kv-cache-memory', '8MiB', '--swap-space', '0.002']);
const browser = await launchBrowser();
const shoot = (page, name) => page.screenshot({ path: join(folder, `${name}.png`) });
try {
  const desktop = await openPage(browser, server.url, kDesktop);
  await desktop.page.waitForSelector('.model.open');
  await shoot(desktop.page, 'welcome');
  await say(desktop.page, 'What is 7 times 8?');
  await desktop.page.click('.new');
  await say(desktop.page, 'My name is Ada. What can you do?');
  await desktop.page.click('.new');
  await talk(desktop.page);
  await desktop.page.mouse.move(700, 20);
  await shoot(desktop.page, 'chat');
  await desktop.page.emulateMedia({ colorScheme: 'dark' });
  await shoot(desktop.page, 'chat-dark');
  await desktop.page.getByLabel('Settings of this conversation').click();
  await shoot(desktop.page, 'settings-dark');
  await desktop.page.keyboard.press('Escape');
  await desktop.page.emulateMedia({ colorScheme: 'light' });
  await compare(desktop.page);
  await shoot(desktop.page, 'side-by-side');
  await desktop.page.getByRole('button', { name: 'Conversations', exact: true }).click();
  await desktop.page.getByRole('button', { name: 'Protocol', exact: true }).click();
  await desktop.page.locator('.frame.out .frame-line').last().click();
  await shoot(desktop.page, 'protocol');

  const calls = await openPage(browser, server.url, kDesktop);
  await calls.page.waitForSelector('.model.open');
  await call(calls.page);
  await shoot(calls.page, 'calls');

  const memory = await openPage(browser, slowServer.url, kDesktop);
  await memory.page.waitForSelector('.model.open');
  await branchThreeWays(memory.page);
  await shoot(memory.page, 'memory');
  await memory.page.emulateMedia({ colorScheme: 'dark' });
  await shoot(memory.page, 'memory-dark');

  const phone = await openPage(browser, server.url, kPhone);
  await phone.page.waitForSelector('.model.open');
  await talk(phone.page);
  await shoot(phone.page, 'phone');
  await phone.page.click('.menu');
  await shoot(phone.page, 'phone-menu');
} finally {
  await browser.close();
  await server.stop();
  await slowServer.stop();
}
