// While a prompt waits or is read, the answer's place says how far it is, and nothing moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { progressSaid, progressWords } from '../../src/web/app/talk/progress.js';
import { afterEvent, newAnswer } from '../../src/web/app/wire/answer.js';
import { ask } from './chat.mjs';
import { ended, pageSuite, phone } from './page_suite.mjs';

const kLong = 'word '.repeat(4000).trim();
const progress = (fields) => ({ type: 'octavo:response.progress', queue_position: 0, prompt_tokens: 5000, computed_tokens: 0, cached_tokens: 0, time_left_ms: 0, ...fields });
const said = (page, words) => page.locator('[aria-live=polite] p', { hasText: words }).waitFor({ state: 'attached' });

test('progress is told in words, with what is known of the time', () => {
  const words = (position, computedTokens, timeLeftMs) => {
    const { main, detail } = progressWords({ position, promptTokens: 5000, computedTokens, timeLeftMs });
    return `${main} ${detail}`.trim();
  };
  assert.equal(words(0, 3100, 4200), 'Reading the prompt: 62 % (3,100 of 5,000 tokens, about 4 s)');
  assert.equal(words(0, 3100, 0), 'Reading the prompt: 62 % (3,100 of 5,000 tokens)');
  assert.equal(words(1, 0, 0), 'Waiting, next in line');
  assert.deepEqual([2, 3, 4, 11, 12, 13, 21, 102].map((position) => words(position, 0, 0).split(' ')[1]), ['2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd']);
  assert.equal(words(3, 0, 240_000), 'Waiting, 3rd in line (about 4 min)');
});

test('screen readers hear of it when it begins and with each quarter', () => {
  const steps = [[3, 0], [2, 0], [1, 0], [0, 0], [0, 600], [0, 1300], [0, 2600], [0, 2700], [0, 5000]].map(([position, computedTokens]) => ({ position, promptTokens: 5000, computedTokens, timeLeftMs: 0 }));
  const heard = steps.map((step, i) => progressSaid(steps[i - 1] ?? null, step)).filter(Boolean);
  assert.deepEqual(heard, ['Waiting, 3rd in line', 'Waiting, next in line', 'Reading the prompt: 0 %', 'Reading the prompt: 26 %', 'Reading the prompt: 52 %']);
});

test('what is over at once is not told, and nothing is once the answer has begun', () => {
  const fresh = newAnswer(0);
  const short = afterEvent(fresh, progress({ prompt_tokens: 30 }), 1);
  assert.equal(short.progress, null);
  assert.equal(afterEvent(fresh, progress({ time_left_ms: 300 }), 1).progress, null);
  const told = afterEvent(fresh, progress({ time_left_ms: 3000 }), 1);
  assert.equal(afterEvent(told, progress({ computed_tokens: 4990, time_left_ms: 10 }), 2).progress.computedTokens, 4990);
  const begun = afterEvent(told, { type: 'response.output_text.delta', output_index: 0, delta: 'x' }, 3);
  assert.deepEqual([begun.progress, afterEvent(begun, progress({}), 4)], [null, begun]);
});

/// Shows the words of the server, in place of the real ones, one after the other.
function sayer(gate) {
  let number = 100;
  return (fields) => gate.socket.send(JSON.stringify({ ...progress(fields), stream_id: gate.sent.at(-1).stream_id, sequence_number: number++ }));
}

async function staysInPlace(page, gate) {
  gate.hold = ({ type, stream_id: lane }) => Boolean(lane) && type !== 'response.created';
  await ask(page, 'What is 7 times 8?');
  await page.waitForSelector('.answer.live[data-phase=reading]');
  const say = sayer(gate);
  const height = () => page.evaluate(() => document.querySelector('.waiting').offsetHeight);
  const heights = new Set([await height()]);
  for (const [fields, words] of [[{ queue_position: 3 }, 'Waiting, 3rd in line'], [{ queue_position: 2, time_left_ms: 8000 }, 'Waiting, 2nd in line (about 8 s)'],
    [{ computed_tokens: 3100, time_left_ms: 4000 }, 'Reading the prompt: 62 % (3,100 of 5,000 tokens, about 4 s)']]) {
    say(fields);
    await page.waitForFunction((text) => document.querySelector('.waiting p')?.textContent === text, words);
    heights.add(await height());
  }
  assert.equal(heights.size, 1, `${[...heights]}`);
  assert.equal(await page.getByRole('progressbar', { name: 'Of the prompt' }).getAttribute('aria-valuenow'), '62');
  await said(page, 'Reading the prompt: 62 %');
  gate.socket.send(JSON.stringify({ type: 'response.output_text.delta', output_index: 0, delta: 'It is', stream_id: gate.sent.at(-1).stream_id, sequence_number: 200 }));
  await page.waitForSelector('.waiting', { state: 'detached' });
}

pageSuite('the progress of a prompt', { script: [{ when: '', say: 'Well.' }], flags: ['--pace', '220'] }, (scenario) => {
  scenario('is told by the server itself', async (page) => {
    await page.evaluate(() => {
      const seen = (window.seen = new Set());
      new MutationObserver(() => seen.add(document.querySelector('.waiting p')?.textContent)).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.fill('.composer textarea', kLong);
    await page.press('.composer textarea', 'Enter');
    await page.waitForSelector(`${ended}[data-phase=done]`);
    const seen = await page.evaluate(() => [...window.seen].filter((words) => words?.startsWith('Reading the prompt')));
    assert.ok(seen.length >= 2, `${seen}`);
    assert.ok(seen.every((words) => /^Reading the prompt: \d+ % \([\d,]+ of [\d,]+ tokens(, about \d+ s)?\)$/.test(words)), `${seen}`);
    assert.equal(await page.innerText(`${ended} > .prose`), 'Well.');
  });

  scenario('moves nothing', staysInPlace);
  scenario('moves nothing on a phone', staysInPlace, { ...phone, viewport: { width: 390, height: 800 } });
});
