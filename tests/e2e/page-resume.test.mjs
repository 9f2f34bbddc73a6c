// An answer whose connection breaks, or whose page is reloaded: the page comes back to it, and nothing of it is missing, asked for
// again or there twice.
import assert from 'node:assert/strict';

import { ask } from './chat.mjs';
import { ended, pageSuite } from './page_suite.mjs';

const kThoughts = 'One thing after the other.';
const kStory = Array.from({ length: 120 }, (_, i) => `w${i}`).join(' ');
const kScript = [{ when: 'long', say: `<think>\n${kThoughts}\n</think>\n\n${kStory}` }, { when: '', say: 'Well.' }];
const kServer = { script: kScript, flags: ['--pace', '5', '--reasoning-parser', 'think'] };
const typesOf = (gate) => gate.sent.map(({ type }) => type);
const hasWords = (page) => page.waitForFunction(() => document.querySelector('.answer.live > .prose')?.textContent.includes('w9 '));

async function checkWhole(page) {
  await page.waitForSelector(`${ended}[data-phase=done]`);
  assert.equal(await page.innerText(`${ended} > .prose`), kStory);
  await page.locator('.thoughts summary').click();
  assert.equal(await page.innerText('.thoughts .prose'), kThoughts);
}

pageSuite('an answer that is come back to', kServer, (scenario) => {
  scenario('goes on where its connection broke', async (page, gate) => {
    await ask(page, 'long');
    await hasWords(page);
    await gate.socket.close({ code: 1012 });
    await page.waitForSelector('.answer.live[data-phase=waiting]');
    await checkWhole(page);
    assert.deepEqual(typesOf(gate), ['response.create', 'octavo:response.resume']);
    assert.equal(gate.sent[0].octavo.resume_grace_ms, 30_000);
    assert.ok(gate.sent[1].starting_after > 9);
    await ask(page, 'And then?');
    await page.waitForSelector(`.question:nth-child(3) ~ ${ended}`);
  });

  scenario('goes on in the page that is loaded anew, and is kept', async (page, gate) => {
    await ask(page, 'long');
    await hasWords(page);
    await page.reload();
    await page.waitForSelector('.answer.live');
    await checkWhole(page);
    assert.deepEqual(typesOf(gate), ['response.create', 'octavo:response.resume']);
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('unfinished'))), []);
    await page.reload();
    await page.waitForSelector('.model.open');
    await checkWhole(page);
    assert.equal(gate.sent.length, 2);
  });

  scenario('goes on although it is broken again and again, also before its first word', async (page, gate) => {
    gate.hold = ({ type }) => gate.opened === 1 && type !== 'response.created';
    await ask(page, 'long');
    await page.waitForSelector('.answer.live[data-phase=reading]');
    await gate.socket.close({ code: 1012 });
    await hasWords(page);
    await gate.socket.close({ code: 1012 });
    await page.waitForSelector('.answer.live[data-phase=waiting]');
    await page.reload();
    await checkWhole(page);
    assert.deepEqual(typesOf(gate).filter((type) => type === 'response.create').length, 1);
  });

  scenario('is stopped by whoever came back', async (page, gate) => {
    await ask(page, 'long');
    await hasWords(page);
    await page.reload();
    await page.waitForSelector('.answer.live[data-phase=writing]');
    await page.keyboard.press('Escape');
    await page.waitForSelector(`${ended}[data-phase=stopped]`);
    assert.deepEqual(typesOf(gate), ['response.create', 'octavo:response.resume', 'response.cancel']);
    assert.ok(kStory.startsWith(await page.innerText(`${ended} > .prose`)));
  });

  scenario('says nothing twice where events come twice', async (page, gate) => {
    gate.hold = (event) => void (event.stream_id && gate.socket.send(JSON.stringify(event)));
    await ask(page, 'long');
    await checkWhole(page);
  });

  scenario('is half an answer where its beginning is not kept any more', async (page, gate) => {
    await ask(page, 'long');
    await hasWords(page);
    gate.change = (event) => (event.type === 'octavo:response.resume' ? { ...event, response_id: 'resp_none' } : event);
    gate.hold = (event) => {
      if (event.error?.code !== 'response_not_found') return false;
      gate.socket.send(JSON.stringify({ ...event, error: { ...event.error, code: 'resume_window_exceeded' } }));
      return true;
    };
    await gate.socket.close({ code: 1012 });
    await page.waitForSelector(`${ended}[data-phase=failed]`);
    assert.match(await page.innerText('.failure'), /connection was lost/);
    assert.match(await page.innerText(`${ended} > .prose`), /^w0 w1 /);
    await page.getByRole('button', { name: 'Try again' }).click();
    await checkWhole(page);
  });

  scenario('is heard by one tab, and seen in the others', async (page) => {
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.waitForSelector('.model.open');
    await ask(page, 'long');
    await hasWords(page);
    await page.reload();
    await other.locator('.entry-title').click();
    await other.waitForSelector('.answer');
    await checkWhole(page);
    await other.waitForSelector(`${ended}[data-phase=done]`);
    assert.equal(await other.innerText(`${ended} > .prose`), kStory);
  });
});
