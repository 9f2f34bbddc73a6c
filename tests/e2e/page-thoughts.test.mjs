// What a model thinks before it answers, in the page: folded above the answer, kept with it, and not sent again.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { ask } from './chat.mjs';
import { ended, importTree, pageSuite, phone } from './page_suite.mjs';

const kScript = [
  { when: 'Think', say: '<think>\nA **hard** one. <img src=x onerror=window.hit=1>\n</think>\n\nIt is 42.' },
  { when: '', say: 'Well.' },
];
const creates = (gate) => gate.sent.filter(({ type }) => type === 'response.create');
const fold = '.answer .thoughts summary';
/// The server's words in place of the real ones: to be used with gate.hold.
const say = (gate, event) => gate.socket.send(JSON.stringify({ stream_id: gate.sent.at(-1).stream_id, ...event }));
const isEnd = ({ type }) => type !== 'response.created';

pageSuite('what a model thinks', { script: kScript, flags: ['--reasoning-parser', 'think'] }, (scenario) => {
  scenario('stands folded above the answer, counted and safe', async (page) => {
    await ask(page, 'Think');
    await page.waitForSelector(ended);
    assert.equal(await page.innerText(`${ended} > .prose`), 'It is 42.');
    assert.match(await page.locator(fold).textContent(), /^Thought\d+ tokens$/);
    assert.equal(await page.locator('.thoughts .prose').count(), 0);
    await page.locator(fold).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.thoughts .prose strong:text-is("hard")');
    assert.match(await page.innerText('.thoughts .prose'), /<img src=x/);
    assert.equal(await page.evaluate(() => window.hit ?? null), null);
    const [thoughts, answer] = await Promise.all(['.thoughts', `${ended} > .prose`].map((each) => page.locator(each).boundingBox()));
    assert.ok(thoughts.y + thoughts.height <= answer.y + 1);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.thoughts .prose', { state: 'detached' });
  });

  scenario('is told while it comes, in whatever order the items are told', async (page, gate) => {
    gate.hold = isEnd;
    await ask(page, 'Think');
    await page.waitForSelector('.answer.live[data-phase=reading]');
    const thought = { output_index: 0, item_id: 'rs_1', content_index: 0 };
    const said = { output_index: 1, item_id: 'msg_2', content_index: 0 };
    say(gate, { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning', id: 'rs_1', status: 'in_progress' } });
    say(gate, { type: 'response.reasoning_text.delta', ...thought, delta: 'First' });
    await page.waitForSelector(`${fold}:has-text("Thinking…")`);
    await page.locator('[aria-live=polite] p', { hasText: 'The model is thinking.' }).waitFor({ state: 'attached' });
    await page.locator(fold).click();
    say(gate, { type: 'response.reasoning_text.delta', ...thought, delta: ' this' });
    await page.waitForSelector('.thoughts .prose:has-text("First this")');
    say(gate, { type: 'response.output_text.delta', ...said, delta: 'So' });
    say(gate, { type: 'response.reasoning_text.delta', ...thought, delta: ', then that.' });
    say(gate, { type: 'response.reasoning_text.done', ...thought, text: 'First this, then that.' });
    say(gate, { type: 'response.output_text.delta', ...said, delta: ' it is.' });
    await page.waitForSelector(`${fold}:has-text("Thought")`);
    assert.equal(await page.innerText('.answer.live > .prose'), 'So it is.');
    assert.equal(await page.innerText('.thoughts .prose'), 'First this, then that.');
    say(gate, { type: 'response.completed', response: { id: 'resp_x', usage: { input_tokens: 3, output_tokens: 1_300, output_tokens_details: { reasoning_tokens: 1_234 } } } });
    await page.waitForSelector(`${ended} .thoughts-count:text-is("1,234 tokens")`);
  });

  scenario('is kept, goes into the file and comes out of it, and is not sent in words', async (page, gate) => {
    await ask(page, 'Think');
    await page.waitForSelector(ended);
    await page.reload();
    await page.waitForSelector(fold);
    await page.waitForSelector('.model.open');
    assert.match(await page.locator(fold).textContent(), /^Thought\d+ tokens$/);
    await ask(page, 'And now?');
    await page.waitForSelector(ended);
    assert.deepEqual(creates(gate).at(-1).input.map(({ type, role, content }) => [type, role, content]),
      [['message', 'user', 'Think'], ['message', 'assistant', 'It is 42.'], ['message', 'user', 'And now?']]);
    await page.getByLabel('Export conversations').click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the file' }).click()]);
    const file = await readFile(await download.path());
    const answer = Object.values(JSON.parse(file).conversations[0].nodes).find(({ thoughts }) => thoughts);
    assert.match(answer.thoughts, /hard/);
    await page.setInputFiles('input[type=file]', { name: 'in.json', mimeType: 'application/json', buffer: Buffer.from(String(file).replaceAll('It is 42.', 'It is 43.')) });
    await page.locator('.entry').nth(1).waitFor();
    for (const entry of await page.locator('.entry-title').all()) {
      await entry.click();
      await page.waitForSelector(fold);
    }
    assert.match(await page.locator(fold).first().textContent(), /^Thought\d+ tokens$/);
  });

  scenario('survives a model that thinks and says nothing', async (page, gate) => {
    gate.hold = isEnd;
    await ask(page, 'Think');
    await page.waitForSelector('.answer.live[data-phase=reading]');
    say(gate, { type: 'response.reasoning_text.delta', output_index: 0, delta: 'Hm.' });
    say(gate, { type: 'response.incomplete', response: { id: 'resp_x', incomplete_details: { reason: 'max_output_tokens' } } });
    await page.waitForSelector(`${ended}[data-phase=cut]`);
    assert.equal(await page.locator(fold).textContent(), 'Thought');
    assert.match(await page.innerText(ended), /longest length/);
  });

  scenario('fits a phone, and a finger', async (page) => {
    await importTree(page, { title: 'Thought', messages: [['q', null, 'Why?'], ['a', 'q', 'So.', { thoughts: `${'x'.repeat(300)}\n\n\`${'y'.repeat(200)}\``, thoughtTokens: 5 }]] });
    assert.ok((await page.locator(fold).boundingBox()).height >= 44);
    await page.locator(fold).click();
    await page.waitForSelector('.thoughts .prose');
    assert.equal(await page.evaluate(() => document.querySelector('.scroller').scrollWidth - document.querySelector('.scroller').clientWidth), 0);
  }, phone);
});
