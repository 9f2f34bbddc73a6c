// Tests of the page that share one server and one browser; each has a fresh profile, in which the page may complain about
// nothing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchBrowser, missingBrowser, openGate, openPage } from './browser.mjs';
import { scriptedFor, suiteScope } from './helpers.mjs';
import { startServer } from './server.mjs';

/// The plain kernels on one thread: slow enough that an answer is seen while it grows.
export const slowly = ['--threads', '1', '--cpu-instruction-set', 'reference'];
/// Without transitions: while they run, what slides out of view is still there.
export const phone = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce' };
export const ended = '.answer:last-child:not(.live)';

/// `flags`: of the server; or { script, flags } for a house that says what a script tells it. `define(scenario)` is called with
/// scenario(name, run(page, gate, { server, complaints }), options of the page).
export function pageSuite(name, flags, define) {
  describe(name, { skip: missingBrowser }, () => {
    let server;
    let browser;
    const scope = suiteScope();
    before(async () => {
      server = flags.script ? await scriptedFor(scope, flags.script, flags.flags) : await startServer(flags);
      browser = await launchBrowser();
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });
    define((what, run, options = {}) => test(what, async () => {
      let gate;
      const { page, complaints, close } = await openPage(browser, server.url, options, async (opened) => (gate = await openGate(opened)));
      try {
        await page.waitForSelector('.model.open');
        await run(page, gate, { server, complaints });
        assert.deepEqual(complaints, []);
      } finally {
        await close();
      }
    }));
  });
}

/// Conversations of one question and one answer each, imported: { title, question, answer, status }.
export async function importAll(page, conversations) {
  const all = conversations.map(({ title = 'Imported', question = 'question', answer = 'answer', status = 'done', ...rest }) => ({
    title, ...rest,
    nodes: { q: { id: 'q', parent: null, role: 'user', text: question }, a: { id: 'a', parent: 'q', role: 'assistant', text: answer, status } },
  }));
  const file = JSON.stringify({ format: 'octavo-conversations', version: 1, conversations: all });
  await page.setInputFiles('input[type=file]', { name: 'in.json', mimeType: 'application/json', buffer: Buffer.from(file) });
}

async function open(page, title) {
  const list = page.getByRole('button', { name: 'Conversations', exact: true });
  if (await list.getAttribute('aria-expanded') === 'false') await list.click();
  await page.locator('.entry-title', { hasText: title }).first().click();
  await page.waitForSelector(`.bar h1:text-is(${JSON.stringify(title)})`);
  await page.waitForSelector(`${ended}, .pair`);
}

/// Imports one conversation and opens it.
export async function show(page, conversation) {
  await importAll(page, [conversation]);
  await open(page, conversation.title ?? 'Imported');
}

/// Imports a conversation with branches and opens it. messages: [id, parent, words, more fields] each; questions and answers
/// take turns on every way down.
export async function importTree(page, { title, messages, ...rest }) {
  const nodes = {};
  for (const [id, parent, text, fields] of messages) nodes[id] = { id, parent, role: nodes[parent]?.role === 'user' ? 'assistant' : 'user', text, ...fields };
  const file = JSON.stringify({ format: 'octavo-conversations', version: 1, conversations: [{ title, nodes, ...rest }] });
  await page.setInputFiles('input[type=file]', { name: 'in.json', mimeType: 'application/json', buffer: Buffer.from(file) });
  await open(page, title);
}

/// The words of the page's server for an answer, in place of the real ones: to be used with gate.hold = () => true.
export function script(gate) {
  const lane = gate.sent.at(-1).stream_id;
  const say = (event) => gate.socket.send(JSON.stringify({ stream_id: lane, ...event }));
  return {
    begin: (id = 'resp_script') => say({ type: 'response.created', response: { id } }),
    write: (delta) => say({ type: 'response.output_text.delta', output_index: 0, delta }),
    end: (response = {}) => say({ type: 'response.completed', response: { id: 'resp_script', ...response } }),
    refuse: (error) => say({ type: 'error', error }),
  };
}
