// What the chat page does when the connection is lost, the server forgets, leaves or asks for a key.
// The page's WebSocket goes through a gate of the test, which can cut it and put words into it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchBrowser, missingBrowser, openGate, openPage } from './browser.mjs';
import { startServer } from './server.mjs';

const ended = '.answer:last-child:not(.live)';

async function say(page, text) {
  await page.fill('.composer textarea', text);
  await page.press('.composer textarea', 'Enter');
}

describe('the connection of the chat page', { skip: missingBrowser }, () => {
  let server;
  let browser;
  before(async () => {
    server = await startServer();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const scenario = (name, run) => test(name, async () => {
    let gate;
    const { page, complaints, close } = await openPage(browser, server.url, {}, async (page) => (gate = await openGate(page)));
    try {
      await page.waitForSelector('.model.open');
      await run(page, gate);
      assert.deepEqual(complaints, []);
    } finally {
      await close();
    }
  });

  scenario('after a loss the page connects again and sends the conversation whole', async (page, gate) => {
    await say(page, 'My name is Ada.');
    await page.waitForSelector(ended);
    await gate.socket.close({ code: 1012 });
    await page.waitForSelector('.model.lost');
    await page.waitForSelector('.model.open');
    assert.equal(gate.opened, 2);
    await say(page, 'What is my name?');
    await page.waitForSelector(`.question:nth-child(3) ~ ${ended}`);
    assert.equal(gate.sent.at(-1).previous_response_id, undefined);
    assert.equal(gate.sent.at(-1).input.length, 3);
  });

  scenario('a message that was not answered before the loss is asked again by itself', async (page, gate) => {
    gate.hold = ({ stream_id }) => Boolean(stream_id);
    await say(page, 'What is 7 times 8?');
    await page.waitForSelector('.answer.live[data-phase=waiting]');
    while (gate.sent.length === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
    gate.hold = () => false;
    await gate.socket.close({ code: 1001 });
    await page.waitForSelector(`${ended}[data-phase=done]`);
    assert.deepEqual(gate.sent.map(({ type }) => type), ['response.create', 'response.create']);
    assert.ok((await page.innerText(`${ended} .prose`)).length > 0);
  });

  scenario('half an answer is kept, and can be asked for again', async (page, gate) => {
    gate.change = (event) => (event.type === 'octavo:response.resume' ? { ...event, response_id: 'resp_none' } : event);
    let deltas = 0;
    gate.hold = ({ type }) => type !== 'response.created' && (type !== 'response.output_text.delta' || ++deltas > 3);
    await say(page, 'Tell me a story about a fox named Pip and a lantern.');
    await page.waitForFunction(() => document.querySelector('.answer.live .prose')?.textContent.length > 3);
    gate.hold = () => false;
    await gate.socket.close({ code: 1013 });
    await page.waitForSelector(`${ended}[data-phase=failed]`);
    assert.ok((await page.innerText(`${ended} .prose`)).length > 3);
    await page.waitForSelector('.model.open');
    await page.click('.failure .link');
    await page.waitForSelector(`${ended}[data-phase=done] .siblings:has-text("2/2")`);
  });

  scenario('an answer the server has forgotten is sent in words, and nobody notices', async (page, gate) => {
    await say(page, 'My name is Ada.');
    await page.waitForSelector(ended);
    gate.hold = ({ type }) => type !== 'response.created';
    await say(page, 'What is my name?');
    await page.waitForSelector('.answer.live[data-phase=reading]');
    gate.hold = () => false;
    gate.socket.send(JSON.stringify({ type: 'error', status: 400, stream_id: gate.sent.at(-1).stream_id,
      error: { type: 'invalid_request_error', code: 'previous_response_not_found', message: 'gone', param: 'previous_response_id' } }));
    await page.waitForSelector(`.question:nth-child(3) ~ ${ended}[data-phase=done]`);
    assert.ok(gate.sent.at(-2).previous_response_id);
    assert.equal(gate.sent.at(-1).previous_response_id, undefined);
    assert.equal(gate.sent.at(-1).input.length, 3);
  });

  scenario('a paused answer says that it waits for memory', async (page, gate) => {
    gate.hold = ({ type }) => type !== 'response.created';
    await say(page, 'What is 7 times 8?');
    await page.waitForSelector('.answer.live[data-phase=reading]');
    let number = 9;
    const event = (type) => JSON.stringify({ type, sequence_number: (number += 1), stream_id: gate.sent[0].stream_id, response_id: 'any' });
    gate.socket.send(event('octavo:response.preempted'));
    await page.waitForSelector('.waiting:has-text("Waiting for memory")');
    gate.socket.send(event('octavo:response.resumed'));
    await page.waitForSelector('.waiting:has-text("Reading")');
  });

  scenario('a server about to leave is announced, and a message waits for the next one', async (page, gate) => {
    gate.socket.send(JSON.stringify({ type: 'octavo:goaway', reason: 'draining', time_left_ms: 30000 }));
    await page.waitForSelector('.notice:has-text("about to restart")');
    await say(page, 'What is 7 times 8?');
    await page.waitForSelector('.answer.live[data-phase=waiting]');
    assert.deepEqual(gate.sent, []);
    await gate.socket.close({ code: 1001 });
    await page.waitForSelector(`${ended}[data-phase=done]`);
  });

  scenario('a refused request says why and can be tried again', async (page, gate) => {
    gate.hold = ({ type }) => type !== 'response.created';
    await say(page, 'What is 7 times 8?');
    await page.waitForSelector('.answer.live[data-phase=reading]');
    gate.socket.send(JSON.stringify({ type: 'error', status: 429, stream_id: gate.sent[0].stream_id,
      error: { type: 'too_many_requests', code: 'queue_full', message: 'too many requests wait', param: null } }));
    await page.waitForSelector('.failure:has-text("too many requests wait")');
    gate.hold = () => false;
    await page.click('.failure .link');
    await page.waitForSelector(`${ended}[data-phase=done]`);
  });
});

describe('a server with a key', { skip: missingBrowser }, () => {
  test('the page asks for it, refuses a wrong one, and keeps the right one for the tab', async () => {
    const server = await startServer(['--api-key', 'open-sesame']);
    const browser = await launchBrowser();
    try {
      const { page, complaints } = await openPage(browser, server.url);
      await page.fill('[name=key]', 'wrong');
      await page.press('[name=key]', 'Enter');
      await page.waitForSelector('#key-note:has-text("not accepted")');
      await page.fill('[name=key]', 'open-sesame');
      await page.press('[name=key]', 'Enter');
      await page.waitForSelector('.model.open');
      await say(page, 'What is 7 times 8?');
      await page.waitForSelector(`${ended}[data-phase=done]`);
      await page.reload();
      await page.waitForSelector('.model.open');
      assert.equal(await page.evaluate(() => localStorage.getItem('octavo-api-key')), null);
      // Chromium itself reports each 401 that the page was told.
      assert.deepEqual(complaints.filter((text) => !text.includes('401')), []);
    } finally {
      await browser.close();
      await server.stop();
    }
  });
});
