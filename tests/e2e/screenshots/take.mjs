// Takes the pictures of the chat page: node screenshots/take.mjs FOLDER. One of them is the README's.
import { join } from 'node:path';

import { launchBrowser, openPage } from '../browser.mjs';
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

async function talk(page) {
  await page.getByLabel('Settings of this conversation').click();
  await page.fill('[name=temperature]', '0');
  await page.click('.panel .solid');
  await say(page, 'Tell me a story about a fox named Pip and a lantern.');
  await say(page, 'Who found the lantern?');
  await page.locator('.question').nth(1).hover();
  await page.locator('.question').nth(1).getByLabel('Edit the message').click();
  await page.fill('.editor textarea', 'Where was the lantern?');
  await page.press('.editor textarea', 'Enter');
  await page.waitForSelector('.siblings');
  await page.waitForSelector('.answer:last-child:not(.live)');
  await say(page, 'How many letters does lantern have?');
}

const server = await startServer(['--served-model-name', 'octavo-demo']);
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
  await desktop.page.getByRole('button', { name: 'Memory', exact: true }).click();
  await desktop.page.waitForSelector('.blocks');
  await desktop.page.locator('.answer').last().hover();
  await shoot(desktop.page, 'memory');
  await desktop.page.getByLabel('Close the memory panel').click();
  await desktop.page.emulateMedia({ colorScheme: 'dark' });
  await shoot(desktop.page, 'chat-dark');
  await desktop.page.getByLabel('Settings of this conversation').click();
  await shoot(desktop.page, 'settings-dark');

  const phone = await openPage(browser, server.url, kPhone);
  await phone.page.waitForSelector('.model.open');
  await talk(phone.page);
  await shoot(phone.page, 'phone');
  await phone.page.click('.menu');
  await shoot(phone.page, 'phone-menu');
} finally {
  await browser.close();
  await server.stop();
}
