// What the page does about a context that becomes full, and about messages that are too large, in a real browser.
import assert from 'node:assert/strict';

import { ask } from './chat.mjs';
import { eventually } from './helpers.mjs';
import { ended, importAll, pageSuite, script, show } from './page_suite.mjs';

const kStory = 'Tell me a story about a fox named Pip and a lantern.';
const meter = (page) => page.getByRole('meter', { name: 'Context in use' });
const trim = (page) => page.getByRole('button', { name: 'Leave out the oldest turns', exact: true });
const creates = (gate) => gate.sent.filter(({ type }) => type === 'response.create');

async function say(page, text) {
  await ask(page, text);
  await page.waitForSelector(ended);
}

/// Answers of so many tokens, as the server of the test counts them.
async function sayCounted(page, gate, text, input, output) {
  gate.hold = () => true;
  await ask(page, text);
  const { begin, write, end } = script(gate);
  begin(`resp_${input}`);
  write('Well.');
  end({ id: `resp_${input}`, usage: { input_tokens: input, output_tokens: output, input_tokens_details: { cached_tokens: 0 } } });
  await page.waitForSelector(ended);
}

pageSuite('the context of a conversation', ['--max-model-len', '400'], (scenario) => {
  scenario('how full it is stands below the message field, as the server counts', async (page, gate) => {
    assert.equal(await meter(page).count(), 0);
    let usage;
    gate.hold = (event) => ((usage = event.response?.usage ?? usage), false);
    await say(page, kStory);
    const used = usage.input_tokens + usage.output_tokens;
    assert.equal(await meter(page).getAttribute('aria-valuenow'), `${used}`);
    assert.equal(await meter(page).getAttribute('aria-valuemax'), '400');
    assert.match(await meter(page).innerText(), new RegExp(`^${used} of 400 tokens`));
    await page.fill('.composer textarea', 'word '.repeat(40));
    assert.match(await meter(page).innerText(), /^about \d+ of 400 tokens/);
    assert.ok(Number(await meter(page).getAttribute('aria-valuenow')) > used);
  });

  scenario('before it is full the oldest turns can be left out, and sent again', async (page, gate) => {
    await sayCounted(page, gate, 'My name is Ada.', 100, 50);
    assert.equal(await trim(page).count(), 0);
    await sayCounted(page, gate, 'What is 7 times 8?', 220, 60);
    await sayCounted(page, gate, 'And 6 times 9?', 300, 50);
    await page.waitForSelector('.room:has-text("nearly full")');
    await trim(page).click();
    await page.waitForSelector('.start:has-text("not sent any more")');
    assert.equal(await page.locator('.room').count(), 0);
    assert.equal(await page.locator('.question').count(), 3, 'all turns stay in sight');
    await sayCounted(page, gate, 'And 5 times 5?', 60, 10);
    assert.equal(creates(gate).at(-1).previous_response_id, undefined);
    const contents = creates(gate).at(-1).input.map(({ content }) => content);
    assert.ok(!contents.includes('My name is Ada.') && contents.at(-1) === 'And 5 times 5?', contents.join('|'));
    assert.equal(await meter(page).getAttribute('aria-valuenow'), '70');
    await sayCounted(page, gate, 'And 1 times 1?', 90, 10);
    assert.ok(creates(gate).at(-1).previous_response_id, 'what follows builds on it');
    await page.getByRole('button', { name: 'Send them again' }).click();
    await sayCounted(page, gate, 'Who am I?', 390, 5);
    assert.equal(creates(gate).at(-1).input[0].content, 'My name is Ada.');
  });

  scenario('when it is full the page says so in its own words, and what it offers helps', async (page) => {
    const turns = Array.from({ length: 8 }, (_, i) => ({ question: `Question ${i}: ${'what is it? '.repeat(8)}`, answer: 'It is a lantern. '.repeat(8) }));
    const nodes = {};
    turns.forEach(({ question, answer }, i) => {
      nodes[`q${i}`] = { id: `q${i}`, parent: i ? `a${i - 1}` : null, role: 'user', text: question };
      nodes[`a${i}`] = { id: `a${i}`, parent: `q${i}`, role: 'assistant', text: answer };
    });
    const file = JSON.stringify({ format: 'octavo-conversations', version: 1, conversations: [{ title: 'Long', nodes }] });
    await page.setInputFiles('input[type=file]', { name: 'in.json', mimeType: 'application/json', buffer: Buffer.from(file) });
    await page.click('.entry-title:text-is("Long")');
    await say(page, 'What is 7 times 8?');
    const failure = `${ended}[data-phase=failed] .failure`;
    assert.match(await page.innerText(failure), /does not fit into the model's context of 400 tokens/);
    assert.equal(await page.locator(`${ended} :is(button:has-text("Try again"), [aria-label="Ask for another answer"])`).count(), 0);
    await trim(page).click();
    await page.waitForSelector(`${ended}[data-phase=done], ${ended}[data-phase=cut]`);
    assert.equal(await page.locator('.start').count(), 1);
  });

  scenario('a new conversation can begin from here', async (page, gate) => {
    await sayCounted(page, gate, 'My name is Ada.', 100, 50);
    await sayCounted(page, gate, 'What is 7 times 8?', 330, 50);
    await page.getByRole('button', { name: 'New conversation from here' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.question').length === 1);
    assert.equal(await page.innerText('.said'), 'What is 7 times 8?');
    assert.equal(await page.locator('.entry').count(), 2);
    assert.equal(await page.innerText(`${ended} .prose`), 'Well.');
    await sayCounted(page, gate, 'And 6 times 9?', 50, 5);
    assert.deepEqual(creates(gate).at(-1).input.map(({ content }) => content), ['What is 7 times 8?', 'Well.', 'And 6 times 9?']);
    await page.goBack();
    await page.waitForSelector('.said:text-is("My name is Ada.")');
  });

  scenario('one message that is too long for it is refused before it is sent, and stays in the field', async (page, gate) => {
    const long = 'a lantern and a fox '.repeat(200);
    await page.fill('.composer textarea', long);
    await page.press('.composer textarea', 'Enter');
    await page.waitForSelector('.foot .failure:has-text("the model reads 400 at most")');
    assert.equal(await page.inputValue('.composer textarea'), long);
    assert.deepEqual(gate.sent, []);
    assert.equal(await page.locator('.question').count(), 0);
    // The page only estimates: whoever knows better may insist, and the server has the last word.
    await page.getByRole('button', { name: 'Send it anyway' }).click();
    await page.waitForSelector(`${ended} .failure:has-text("This message does not fit")`);
    assert.equal(await page.locator(`${ended} .failure button`).count(), 0);
    assert.equal(creates(gate).length, 1);
  });

  scenario('an answer that ends where the context is full says so', async (page, gate) => {
    gate.change = (event) => ({ ...event, ignore_eos: true });
    await say(page, kStory);
    assert.match(await page.innerText(ended), /Ended where the context was full/);
    assert.equal(await page.getByRole('button', { name: 'Continue', exact: true }).count(), 0);
  });
});

pageSuite('messages that the server does not take', ['--max-message-size', '4KiB'], (scenario) => {
  const large = 'a lantern '.repeat(600);

  scenario('one that is too large fails with words and is not sent again, and others are answered', async (page, gate) => {
    await ask(page, large.trim());
    await page.waitForSelector(`${ended}[data-phase=failed] .failure`);
    assert.match(await page.innerText(`${ended} .failure`), /does not fit into what the server takes at once/);
    await page.waitForSelector('.model.open');
    assert.equal(creates(gate).length, 1);
    await page.click('.new');
    await say(page, 'What is 7 times 8?');
    assert.equal(creates(gate).length, 2);
    // From now on the page knows.
    await page.fill('.composer textarea', large);
    await page.press('.composer textarea', 'Enter');
    await page.waitForSelector('.foot .failure:has-text("larger than the server takes")');
    assert.equal(creates(gate).length, 2);
    assert.equal(gate.opened, 2);
  });

  scenario('a conversation that has grown too large to be sent whole can leave out its oldest turns', async (page, gate) => {
    const nodes = {};
    for (let i = 0; i < 6; ++i) {
      nodes[`q${i}`] = { id: `q${i}`, parent: i ? `a${i - 1}` : null, role: 'user', text: `${i} ${'what? '.repeat(60)}` };
      nodes[`a${i}`] = { id: `a${i}`, parent: `q${i}`, role: 'assistant', text: 'A lantern. '.repeat(60) };
    }
    const file = JSON.stringify({ format: 'octavo-conversations', version: 1, conversations: [{ title: 'Grown', nodes }] });
    await page.setInputFiles('input[type=file]', { name: 'in.json', mimeType: 'application/json', buffer: Buffer.from(file) });
    await page.click('.entry-title:text-is("Grown")');
    await ask(page, 'What is 7 times 8?');
    await page.waitForSelector(`${ended}[data-phase=failed] .failure:has-text("what the server takes at once")`);
    await page.waitForSelector('.model.open');
    await trim(page).click();
    await page.waitForSelector(`${ended}[data-phase=done]`);
    assert.equal(creates(gate).length, 2);
  });

  for (const code of [1002, 1003, 1007, 1008, 1009]) {
    scenario(`a close with ${code} fails the message that it is about, and the other is asked again`, async (page, gate) => {
      gate.hold = () => true;
      await ask(page, 'What is 7 times 8?');
      await page.click('.new');
      await ask(page, `My name is Ada. ${'Really. '.repeat(10)}`.trim());
      await eventually(() => creates(gate).length === 2, 'both are sent');
      gate.hold = () => false;
      await gate.socket.close({ code });
      await page.waitForSelector(`${ended}[data-phase=failed] .failure`);
      assert.match(await page.innerText(`${ended} .failure`), code === 1009 ? /what the server takes at once/ : new RegExp(`code ${code}`));
      assert.equal(await page.locator(`${ended} .failure button`).count(), 0);
      await page.click('.entry-title:text-is("What is 7 times 8?")');
      await page.waitForSelector(`${ended}[data-phase=done]`);
      assert.equal(creates(gate).length, 3);
    });
  }

  scenario('a message with which the connection is lost again and again is given up', async (page, gate) => {
    gate.hold = () => true;
    await ask(page, 'What is 7 times 8?');
    for (let attempt = 1; attempt <= 3; ++attempt) {
      await eventually(() => creates(gate).length === attempt, `attempt ${attempt}`, 20_000);
      await gate.socket.close({ code: 1011 });
      if (attempt < 3) await page.waitForSelector('.answer.live[data-phase=waiting]');
    }
    await page.waitForSelector(`${ended} .failure:has-text("each time that this was sent")`);
    await page.waitForSelector('.model.open');
    gate.hold = () => false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForSelector(`${ended}[data-phase=done]`);
    assert.equal(creates(gate).length, 4);
  });
});
