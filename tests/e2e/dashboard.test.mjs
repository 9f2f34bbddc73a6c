// The dashboard in a browser: its numbers are the server's, its charts move, everything is in reach of keys and of screen readers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { violations } from './axe.mjs';
import { launchBrowser, missingBrowser, openPage } from './browser.mjs';
import { plainClient } from './client.mjs';
import { binary, eventually, serverFor, suiteScope } from './helpers.mjs';
import { phone, slowly } from './page_suite.mjs';
import { startBinary } from './server.mjs';

const kCharts = ['Requests', 'Tokens a second', 'Memory', 'Time to the first token', 'Time between tokens', 'Prefix cache', 'Preemptions', 'Ends', 'Connections'];
const chart = (page, name) => page.getByRole('region', { name, exact: true });
const valueOf = (page, name, line) => chart(page, name).locator('.values > div', { hasText: line }).locator('dd').innerText();
const story = { input: 'Tell me a story about a fox named Pip and a lantern.', max_output_tokens: 400, ignore_eos: true, temperature: 0 };

function dashboardSuite(name, flags, define) {
  describe(name, { skip: missingBrowser }, () => {
    let server;
    let browser;
    const scope = suiteScope();
    before(async () => {
      server = await serverFor(scope, flags);
      browser = await launchBrowser();
    });
    after(() => browser?.close());
    define((what, run, options = {}) => test(what, async () => {
      const { page, complaints, close } = await openPage(browser, server.url, options);
      try {
        complaints.length = 0; // The chat page's own, which it was opened with.
        await page.goto(`${server.url}dashboard`);
        await run(page, server, complaints);
        assert.deepEqual(complaints, []);
      } finally {
        await close();
      }
    }), () => server);
  });
}

dashboardSuite('the dashboard', slowly, (scenario) => {
  const isLive = (page) => page.waitForSelector('.link-state.open');

  scenario('has every chart, and the blocks', async (page) => {
    await isLive(page);
    for (const name of [...kCharts, 'Blocks of the device']) await chart(page, name).waitFor();
    assert.match(await page.locator('.pool .chart-note').first().innerText(), /^[\d,]+ blocks of 16 tokens: 0 in use/);
  });

  scenario('shows a request while it runs, and what it was at its end', async (page, server) => {
    await isLive(page);
    await eventually(async () => await valueOf(page, 'Requests', 'running') === '0', 'a first sample');
    const client = await plainClient(server);
    const turn = client.complete(story);
    await eventually(async () => await valueOf(page, 'Requests', 'running') === '1', 'a running request');
    await eventually(async () => Number(await valueOf(page, 'Tokens a second', 'generated')) > 0, 'a rate of tokens');
    await eventually(async () => /^[\d.]+ m?s$/.test(await valueOf(page, 'Time between tokens', 'p50')), 'a time between tokens');
    await eventually(async () => /[1-9][\d,]* in use/.test(await page.locator('.pool .chart-note').first().innerText()), 'blocks in use');
    await turn;
    await client.close();
    await eventually(async () => /^[\d.]+ m?s$/.test(await valueOf(page, 'Time to the first token', 'p99')), 'a time to the first token');
    await eventually(async () => await valueOf(page, 'Requests', 'running') === '0', 'an idle server');
    await eventually(async () => (await chart(page, 'Tokens a second').locator('path.line-0').getAttribute('d')).split('L').length > 3, 'a line');
  });

  scenario('tells refusals', async (page, server) => {
    await isLive(page);
    await eventually(async () => await valueOf(page, 'Ends', 'refused') === '0', 'two samples');
    await fetch(`${server.url}v1/responses`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ input: 'x', model: 'nobody' }) });
    await eventually(async () => Number(await valueOf(page, 'Ends', 'refused')) > 0, 'a refusal');
  });

  scenario('goes back to a moment by keys, and on to now', async (page) => {
    await isLive(page);
    const moment = page.getByRole('slider', { name: 'Moment' });
    await eventually(async () => Number(await moment.getAttribute('min')) <= -3, 'four samples');
    await moment.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await moment.getAttribute('aria-valuetext'), '2 s before the newest');
    assert.equal(await page.locator('.moment').count(), kCharts.length);
    await page.keyboard.press('End');
    assert.equal(await moment.getAttribute('aria-valuetext'), 'now');
    assert.equal(await page.locator('.moment').count(), 0);
  });

  scenario('stands still while it is held', async (page) => {
    await isLive(page);
    const moment = page.getByRole('slider', { name: 'Moment' });
    await eventually(async () => Number(await moment.getAttribute('min')) <= -2, 'three samples');
    await page.getByRole('button', { name: 'Hold still' }).click();
    const held = await page.locator('.charts').innerHTML();
    const least = Number(await moment.getAttribute('min'));
    await page.waitForTimeout(2500);
    assert.equal(await page.locator('.charts').innerHTML(), held);
    await page.getByRole('button', { name: 'Hold still' }).click();
    await eventually(async () => Number(await moment.getAttribute('min')) <= least - 2, 'what has come meanwhile');
  });

  scenario('says of a block what it is used for, by keys', async (page, server) => {
    const client = await plainClient(server);
    await client.complete({ ...story, max_output_tokens: 40 });
    await client.close();
    await isLive(page);
    await page.locator('.blocks').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('.block-words:has-text("Block 0:")');
  });

  for (const colorScheme of ['light', 'dark']) {
    for (const [where, options] of [['a desktop', {}], ['a phone', phone]]) {
      scenario(`has nothing that axe finds, ${colorScheme}, on ${where}`, async (page) => {
        await isLive(page);
        await chart(page, 'Blocks of the device').waitFor();
        await eventually(async () => await valueOf(page, 'Requests', 'running') === '0', 'a first sample');
        assert.deepEqual(await violations(page), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing beyond the right edge');
      }, { ...options, colorScheme });
    }
  }
});

describe('the dashboard of a server with keys', { skip: missingBrowser }, () => {
  test('asks for a key, and again after a wrong one', async (t) => {
    const server = await serverFor(t, ['--api-key', 'sk-right']);
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const { page } = await openPage(browser, `${server.url}dashboard`);
    const key = page.getByLabel('API key');
    await key.fill('sk-wrong');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=That key was not accepted.');
    assert.deepEqual(await violations(page), []);
    await key.fill('sk-right');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.link-state.open');
  });

  test('comes back when the server does, with a gap and without a rate over it', async (t) => {
    const server = await serverFor(t);
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const { page } = await openPage(browser, `${server.url}dashboard`);
    await page.waitForSelector('.link-state.open');
    await eventually(async () => await valueOf(page, 'Requests', 'running') === '0', 'a first sample');
    await server.stop();
    await page.waitForSelector('.link-state.lost');
    await eventually(async () => await valueOf(page, 'Requests', 'running') === 'none', 'no value');
    const again = await startBinary(binary, ['serve', '--port', String(server.port)]);
    t.after(() => again.stop());
    await page.waitForSelector('.link-state.open');
    await eventually(async () => await valueOf(page, 'Requests', 'running') === '0', 'a value');
  });
});
