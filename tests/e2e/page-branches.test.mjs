// A chat in the page that is branched three ways, on the real engine: three conversations in the
// picture of the memory, with their common blocks held, and lit, by all three.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { cellOf } from './block_cells.mjs';
import { launchBrowser, missingBrowser, openPage } from './browser.mjs';
import { ask, edit } from './chat.mjs';
import { eventually, patience } from './helpers.mjs';
import { startServer } from './server.mjs';

// Slow enough that three answers are written at once; small blocks, so that one turn fills several.
const kBlockSize = 8;
const kFlags = ['--threads', '1', '--cpu-instruction-set', 'reference', '--block-size', `${kBlockSize}`, '--kv-cache-memory', '8MiB', '--swap-space', '0'];
const kStory = 'Tell me a story about a fox named Pip and a lantern.';
const kWays = ['Tell me another story about Pip.', 'Tell me a story about a boat.', 'Tell me a story about a zebra.'];

let server;
let browser;
before(async () => {
  if (missingBrowser) return;
  server = await startServer(kFlags);
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const question = (page, text) => page.waitForSelector(`.said:text-is(${JSON.stringify(text)})`);
const branchRow = (page, index) => page.locator('.branches button').nth(index);

/// The branches as the panel lists them: { text, blocks, shared } each.
async function listed(page) {
  const rows = await page.locator('.branches button').evaluateAll((all) => all.map((each) => [...each.querySelectorAll('span')].map((span) => span.textContent)));
  return rows.map(([text, share]) => ({ text, blocks: parseInt(share, 10), shared: Number(/, (\d+) shared/.exec(share)?.[1] ?? 0) }));
}

/// Points at a block until its words are these: its cell moves while the picture still grows.
async function pointUntil(page, index, words) {
  const pointed = async () => {
    const { x, y } = await cellOf(page, index);
    await page.mouse.move(x, y);
    return words.test(await page.locator('.block-words').textContent());
  };
  await eventually(pointed, `block ${index}: ${words}`, 30_000);
}

/// The blocks that are drawn as lit while `target` is pointed at.
async function litBlocks(page, target, extent) {
  await target.hover();
  const cells = await Promise.all(Array.from({ length: extent }, (_, index) => cellOf(page, index)));
  return cells.flatMap(({ isLit }, index) => (isLit ? [index] : []));
}

/// What the server counted of an answer that is shown: its usage, as the page tells it.
async function cachedOf(page) {
  const words = await page.locator('.answer:last-child .facts').textContent();
  const [, cached, prompt] = /prompt (\d+) of (\d+) cached/.exec(words) ?? assert.fail(words);
  return { cached: Number(cached), prompt: Number(prompt) };
}

test('a chat branched three ways is three conversations that share their common blocks', { skip: missingBrowser, timeout: 120_000 * patience }, async () => {
  const usages = new Map();
  const { page, complaints, close } = await openPage(browser, server.url, { reducedMotion: 'reduce' }, async (opened) => {
    opened.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => {
      const event = JSON.parse(payload);
      if (event.type === 'response.completed' || event.type === 'response.incomplete') usages.set(event.response.id, event.response.usage);
    }));
  });
  try {
    await page.waitForSelector('.model.open');
    await page.getByRole('button', { name: 'Memory', exact: true }).click();
    await ask(page, kStory);
    await page.waitForSelector('.answer:last-child:not(.live)');
    const [first] = usages.values();
    const filled = Math.floor((first.input_tokens + first.output_tokens - 1) / kBlockSize);
    assert.ok(filled >= 8, `the first turn fills ${filled} blocks`);

    // The three are written at the same time: each common block has three holders.
    await ask(page, kWays[0]);
    await edit(page, 1, kWays[1]);
    await edit(page, 1, kWays[2]);
    await page.locator('.tier h3', { hasText: /, \d+ shared/ }).waitFor();
    await branchRow(page, 2).waitFor();
    await pointUntil(page, filled - 1, /^Device block \d+: in use, shared by 3 sequences · .*\(branches 1, 2 and 3\)/);
    // The words that every question begins with may fill one more.
    const common = Number(/, (\d+) shared/.exec(await page.locator('.tier h3').first().textContent())[1]);
    assert.ok(common === filled || common === filled + 1, `${common} of ${filled}`);

    await eventually(() => usages.size === 4, 'the end of every answer', 60_000);
    await page.waitForSelector('.answer:last-child:not(.live)');
    await page.locator('.tier h3', { hasText: /^Device: 0 of / }).waitFor();
    const rows = await listed(page);
    assert.deepEqual(rows.map(({ text }) => text), kWays.map((text, i) => `${i + 1} · ${text}`));
    for (const { blocks, shared } of rows) assert.ok(shared === common && blocks > common, JSON.stringify(rows));

    const numBlocks = Number(/(\d+) kept for later/.exec(await page.locator('.tier h3').first().textContent())[1]);
    const extent = numBlocks + 8; // The last block of an answer is given up when it is not full.
    const lit = [];
    for (const index of [0, 1, 2]) lit.push(await litBlocks(page, branchRow(page, index), extent));
    assert.deepEqual(lit.map(({ length }) => length), rows.map(({ blocks }) => blocks));
    for (let block = 0; block < common; ++block) assert.ok(lit.every((each) => each.includes(block)), `block ${block} is lit for all`);
    const own = lit.flatMap((each) => each.filter((block) => block >= common));
    assert.equal(new Set(own).size, own.length, 'what is not common is lit for one');
    assert.equal((await litBlocks(page, page.locator('.entry'), extent)).length, numBlocks, 'the whole chat lights all');

    for (const index of [0, 1, 2]) {
      await branchRow(page, index).click();
      await question(page, kWays[index]);
      const { cached, prompt } = await cachedOf(page);
      assert.ok(cached === filled * kBlockSize || cached === common * kBlockSize, `${cached}`);
      assert.ok([...usages.values()].some((usage) => usage.input_tokens === prompt && usage.input_tokens_details.cached_tokens === cached));
    }
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
