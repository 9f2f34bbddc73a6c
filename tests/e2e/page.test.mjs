// The chat page in a real browser against the real server with its demo model.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import { launchBrowser, missingBrowser, openGate, openPage } from './browser.mjs';
import { ask, edit } from './chat.mjs';
import { startServer } from './server.mjs';

// The plain kernels on one thread: slow enough that an answer is seen while it grows.
const kSlowly = ['--threads', '1', '--cpu-instruction-set', 'reference'];
const kStory = 'Tell me a story about a fox named Pip and a lantern.';

const field = '.composer textarea';
const lastAnswer = '.answer:last-child';
const ended = `${lastAnswer}:not(.live)`;

async function say(page, text) {
  await ask(page, text);
  await page.waitForSelector(ended);
  return page.innerText(`${ended} .prose`);
}

function importFile(page, nodes) {
  const file = JSON.stringify({ format: 'octavo-conversations', version: 1, conversations: [{ title: 'Imported', nodes }] });
  return page.setInputFiles('input[type=file]', { name: 'in.json', mimeType: 'application/json', buffer: Buffer.from(file) });
}

function exchange(question, answer) {
  return { q: { id: 'q', parent: null, role: 'user', text: question }, a: { id: 'a', parent: 'q', role: 'assistant', text: answer } };
}

/// What the browser keeps of the only answer, for the page to ask.
function keptAnswer() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('octavo');
    opening.onerror = reject;
    opening.onsuccess = () => {
      const reading = opening.result.transaction('conversations').objectStore('conversations').getAll();
      reading.onerror = reject;
      reading.onsuccess = () => {
        opening.result.close();
        resolve(Object.values(reading.result[0]?.nodes ?? {}).find(({ role }) => role === 'assistant')?.text ?? '');
      };
    };
  });
}

describe('the chat page', { skip: missingBrowser }, () => {
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

  /// Runs one scenario in a fresh profile; the page may complain about nothing.
  const scenario = (name, run, options = {}) => test(name, async () => {
    let gate;
    const opened = await openPage(browser, server.url, options, async (page) => (gate = await openGate(page)));
    try {
      await opened.page.waitForSelector('.model.open');
      await run(opened.page, gate);
      assert.deepEqual(opened.complaints, []);
    } finally {
      await opened.close();
    }
  });

  scenario('an answer is seen growing, and its cost is told when it ends', async (page) => {
    await page.evaluate(() => {
      const lengths = (window.lengths = new Set());
      new MutationObserver(() => lengths.add(document.querySelector('.answer.live .prose')?.textContent.length ?? 0))
        .observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    const text = await say(page, kStory);
    assert.ok((await page.evaluate(() => window.lengths.size)) > 5, 'it came in pieces');
    assert.match(text, /Pip/);
    assert.match(await page.innerText(`${ended} .facts`), /tokens\/s · first token .* · \d+ tokens/);
    await page.locator('[aria-live=polite] p', { hasText: text.slice(0, 20) }).waitFor({ state: 'attached' });
    assert.equal(await page.title(), `${kStory} · Octavo`);
  });

  scenario('a stopped answer keeps its words, and the next one works', async (page, { sent }) => {
    await ask(page, kStory);
    await page.waitForFunction(() => document.querySelector('.answer.live .prose')?.textContent.length > 20);
    await page.keyboard.press('Escape');
    await page.waitForSelector(`${ended}[data-phase=stopped]`);
    assert.equal(sent.at(-1).type, 'response.cancel');
    assert.ok((await page.innerText(`${ended} .prose`)).length > 20);
    assert.match(await page.innerText(ended), /Stopped/);
    assert.ok((await say(page, 'What is 7 times 8?')).length > 0);
  });

  scenario('an edited message is a fork on a lane of its own, and both branches stay', async (page, { sent }) => {
    await say(page, 'My name is Ada.');
    await say(page, 'What is my name?');
    const first = await page.innerText(`${ended} .prose`);
    await edit(page, 1, 'What is 7 times 8?');
    await page.waitForSelector(ended);
    assert.ok(await page.evaluate((field) => document.activeElement.matches(field), field));
    const [, told, forked] = sent.filter(({ type }) => type === 'response.create');
    assert.ok(forked.previous_response_id);
    assert.equal(forked.previous_response_id, told.previous_response_id);
    assert.notEqual(forked.stream_id, told.stream_id);
    assert.match(await page.innerText('.siblings'), /2\/2/);
    await page.getByLabel('Previous message').click();
    await page.waitForSelector('.said:text-is("What is my name?")');
    assert.equal(await page.innerText(`${ended} .prose`), first);
    assert.match(await page.innerText('.siblings'), /1\/2/);
  });

  scenario('another answer stands beside the first', async (page, { sent }) => {
    await say(page, 'What is 7 times 8?');
    await page.getByLabel('Ask for another answer').click();
    await page.waitForSelector(`${ended} .siblings:has-text("2/2")`);
    assert.equal(sent.filter(({ type }) => type === 'response.create').length, 2);
  });

  scenario('hostile words of a person or a model stay words', async (page) => {
    const hostile = '<img src=x onerror=window.hit=1> [x](javascript:window.hit=1) <script>window.hit=1</script>';
    await say(page, hostile);
    assert.equal(await page.innerText('.said'), hostile);
    const answer = [hostile, '![p](https://example.com/p.png)', '[ok](https://example.com/?a=1&b=2)', '[d](data:text/html,x)',
      '<svg onload=window.hit=1><a xlink:href="javascript:1">', '<style>*{display:none}</style>', '`<b>`', '```html\n<img src=x onerror=1>\n```',
      '<iframe src=https://example.com></iframe>', '[r]\n\n[r]: javascript:window.hit=1', '<form action=/x><input name=y></form>'].join('\n\n');
    await importFile(page, exchange('hello', answer));
    await page.click('.entry-title:text("Imported")');
    await page.waitForSelector(`${ended} .prose a`);
    const seen = await page.evaluate(() => {
      const prose = document.querySelector('.answer .prose');
      return {
        tags: [...new Set([...prose.querySelectorAll('*')].map((each) => each.localName))].sort(),
        handlers: [...prose.querySelectorAll('*')].flatMap((each) => each.getAttributeNames()).filter((name) => /^on|^style$|^src$/.test(name)),
        links: [...prose.querySelectorAll('a')].map(({ href, rel, target }) => [href, rel, target]),
        text: prose.textContent,
        hit: window.hit ?? null,
      };
    });
    assert.equal(seen.hit, null);
    assert.deepEqual(seen.tags, ['a', 'button', 'code', 'div', 'p', 'pre', 'span']);
    assert.deepEqual(seen.handlers, []);
    assert.deepEqual(seen.links.map(([href]) => href), ['https://example.com/p.png', 'https://example.com/?a=1&b=2']);
    assert.ok(seen.links.every(([, rel, target]) => rel === 'noopener noreferrer' && target === '_blank'));
    assert.ok(seen.text.includes('<script>window.hit=1</script>'));
  });

  scenario('code is coloured and can be copied', async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await importFile(page, exchange('code?', '```python\ndef f(x):\n    return "a" < x\n```'));
    await page.click('.entry-title:text("Imported")');
    await page.waitForSelector('.code .hljs-keyword:text-is("return")');
    await page.click('.copy');
    await page.waitForSelector('.copy:text("Copied")');
    assert.equal((await page.evaluate(() => navigator.clipboard.readText())).trim(), 'def f(x):\n    return "a" < x');
  });

  scenario('a reload keeps the conversation, and the next turn sends it whole', async (page, { sent }) => {
    await say(page, 'My name is Ada.');
    await page.reload();
    await page.waitForSelector('.model.open');
    await page.click('.entry-title');
    await say(page, 'What is my name?');
    const event = sent.at(-1);
    assert.equal(event.previous_response_id, undefined);
    assert.deepEqual(event.input.map(({ role }) => role), ['user', 'assistant', 'user']);
  });

  scenario('an answer cut short by a reload keeps what was written', async (page, gate) => {
    await page.evaluate(`window.keptAnswer = ${keptAnswer}`);
    // The server has forgotten the answer.
    gate.change = (event) => (event.type === 'octavo:response.resume' ? { ...event, response_id: 'resp_none' } : event);
    // A server may be done with it sooner than a person, or a test, reloads.
    let written = '';
    gate.hold = ({ delta = '' }) => gate.opened === 1 && (written += delta).length > 40;
    await ask(page, kStory);
    while ((await page.evaluate(() => window.keptAnswer())).length <= 20);
    await page.reload();
    await page.click('.entry-title');
    await page.waitForSelector(`${ended}[data-phase=failed]`);
    assert.ok((await page.innerText(`${ended} .prose`)).length > 20);
    assert.match(await page.innerText('.failure'), /page was closed/);
  });

  scenario('settings belong to one conversation and go with its requests', async (page, { sent }) => {
    await page.getByLabel('Settings of this conversation').click();
    await page.fill('[name=system]', 'You are a librarian.');
    await page.fill('[name=temperature]', '0');
    await page.fill('[name=max_output_tokens]', '4');
    await page.click('.panel .solid');
    await say(page, kStory);
    assert.equal(sent.at(-1).instructions, 'You are a librarian.');
    assert.deepEqual([sent.at(-1).temperature, sent.at(-1).max_output_tokens], [0, 4]);
    assert.match(await page.innerText(ended), /longest length/);
    await page.keyboard.press('Control+Shift+O');
    await page.waitForSelector('.welcome');
    await say(page, 'What is 7 times 8?');
    assert.equal(sent.at(-1).instructions, undefined);
  });

  scenario('conversations are renamed, found, deleted, brought back and exported', async (page) => {
    await say(page, 'What is 7 times 8?');
    await page.dblclick('.entry-title');
    await page.fill('.rename', 'Sums');
    await page.press('.rename', 'Enter');
    await page.waitForSelector('.entry-title:text-is("Sums")');
    await page.dblclick('.entry-title');
    await page.fill('.rename', 'Not this');
    await page.press('.rename', 'Escape');
    await page.waitForSelector('.entry-title:text-is("Sums")');
    await page.fill('.search', 'nothing like it');
    await page.waitForSelector('.none');
    await page.fill('.search', 'times 8');
    await page.hover('.entry');
    await page.getByLabel('Delete Sums').click();
    await page.waitForSelector('.entry', { state: 'detached' });
    await page.click('.notice .link:text("Undo")');
    await page.waitForSelector('.entry');
    await page.getByLabel('Export conversations').click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the file' }).click()]);
    const file = JSON.parse(await readFile(await download.path(), 'utf8'));
    assert.equal(file.conversations[0].title, 'Sums');
  });

  scenario('Shift+Enter breaks the line', async (page) => {
    await page.type(field, 'one');
    await page.keyboard.press('Shift+Enter');
    await page.type(field, 'two');
    assert.equal(await page.inputValue(field), 'one\ntwo');
    assert.equal(await page.locator('.question').count(), 0);
  });

  scenario('a phone scrolls up and down only', async (page) => {
    const wide = `# ${'long'.repeat(60)}\n\n\`${'x'.repeat(300)}\`\n\n\`\`\`\n${'y'.repeat(300)}\n\`\`\`\n\n|a|b|c|\n|-|-|-|\n|${'z'.repeat(90)}|${'z'.repeat(90)}|3|`;
    await importFile(page, exchange('w'.repeat(200), wide));
    await page.click('.menu');
    await page.click('.entry-title');
    await page.waitForSelector('.prose table');
    const widths = await page.evaluate(() => [document.documentElement, document.querySelector('.scroller')].map((each) => each.scrollWidth));
    assert.ok(widths.every((width) => width <= 375), `${widths}`);
    await page.click('.menu');
    await page.click('.new');
    await say(page, 'What is 7 times 8?');
    assert.ok(await page.isVisible(`${ended} .prose`));
  }, { viewport: { width: 375, height: 700 }, hasTouch: true, isMobile: true });

  scenario('light and dark follow the system until one is chosen', async (page) => {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await paper();
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await paper();
    assert.notEqual(light, dark);
    await page.getByLabel('Switch between light and dark').click();
    assert.equal(await paper(), dark);
    await page.reload();
    await page.waitForSelector('.welcome');
    assert.equal(await paper(), dark);
  }, { colorScheme: 'dark' });
});
