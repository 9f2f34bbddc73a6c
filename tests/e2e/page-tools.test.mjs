// Functions that the model may call, in the page: given in the settings, shown as they are called, and answered by a person.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { ask } from './chat.mjs';
import { ended, importTree, pageSuite, phone } from './page_suite.mjs';

const kCall = (name, given) => `<tool_call>\n${JSON.stringify({ name, arguments: given })}\n</tool_call>`;
const kScript = [
  { when: 'It rains', say: 'In Bern it rains.' },
  { when: 'It is sunny', say: 'In Bern it is sunny.' },
  { when: 'both', say: `I ask twice.\n${kCall('get_weather', { city: 'Bern' })}\n${kCall('get_weather', { city: 'Rome' })}` },
  { when: 'weather', say: kCall('get_weather', { city: 'Bern', days: 2 }) },
  { when: '', say: 'Well.' },
];
const kTools = [{ type: 'function', name: 'get_weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } } }];
const creates = (gate) => gate.sent.filter(({ type }) => type === 'response.create');
const lastCall = '.answer:last-child .call';

async function setTools(page, text, choice) {
  await page.getByLabel('Settings of this conversation').click();
  await page.fill('dialog [name=tools]', text);
  if (choice) await page.selectOption('dialog [name=tool_choice]', choice);
}

async function save(page) {
  await page.click('.panel .solid');
  await page.waitForSelector('dialog', { state: 'detached' });
}

async function askWithTools(page, question) {
  await setTools(page, JSON.stringify(kTools));
  await save(page);
  await ask(page, question);
  await page.waitForSelector(ended);
}

pageSuite('functions that a model may call', { script: kScript }, (scenario) => {
  scenario('are called in a card, and what a person gives back goes to the model', async (page, gate) => {
    await askWithTools(page, 'How is the weather?');
    assert.deepEqual(creates(gate)[0].tools, kTools);
    assert.equal(creates(gate)[0].tool_choice, undefined);
    assert.equal(await page.innerText(`${lastCall} .code-name b`), 'get_weather');
    assert.equal(await page.textContent(`${lastCall} pre`), '{\n  "city": "Bern",\n  "days": 2\n}');
    await page.locator('[aria-live=polite] p', { hasText: 'The model calls get_weather' }).waitFor({ state: 'attached' });
    const field = page.getByLabel('Result of get_weather');
    await field.press('Enter');
    assert.equal(creates(gate).length, 1, 'nothing is not sent');
    await field.fill('It is sunny');
    await field.press('Enter');
    await page.waitForSelector(`${ended} > .prose:has-text("In Bern it is sunny.")`);
    const { input, previous_response_id: previous } = creates(gate)[1];
    assert.ok(previous);
    assert.deepEqual(input.map(({ type, output }) => [type, output]), [['function_call_output', 'It is sunny']]);
    assert.match(input[0].call_id, /^call_/);
    assert.match(await page.innerText('.question .results'), /Result of get_weather\s+It is sunny/);
    assert.equal(await page.getByLabel('Result of get_weather').count(), 0);
  });

  scenario('go in words where the server has forgotten, also after a reload', async (page, gate) => {
    await askWithTools(page, 'How is the weather?');
    await page.getByLabel('Result of get_weather').fill('It is sunny');
    await page.reload();
    await page.waitForSelector('.model.open');
    assert.equal(await page.inputValue('.call-result'), 'It is sunny', 'what was typed is still there');
    await page.getByRole('button', { name: 'Send the result' }).click();
    await page.waitForSelector(`${ended} > .prose:has-text("In Bern it is sunny.")`);
    const { input, previous_response_id: previous } = creates(gate)[1];
    assert.equal(previous, undefined);
    assert.deepEqual(input.map(({ type }) => type), ['message', 'function_call', 'function_call_output']);
    assert.equal(input[1].call_id, input[2].call_id);
    assert.deepEqual(JSON.parse(input[1].arguments), { city: 'Bern', days: 2 });
  });

  scenario('can be given another result, as a branch', async (page, gate) => {
    await askWithTools(page, 'How is the weather?');
    await page.getByLabel('Result of get_weather').fill('It is sunny');
    await page.getByLabel('Result of get_weather').press('Enter');
    await page.waitForSelector(`${ended} > .prose:has-text("sunny")`);
    await page.getByLabel('Edit the result').click();
    assert.equal(await page.inputValue('.call-result'), 'It is sunny');
    await page.getByLabel('Result of get_weather').press('Escape');
    await page.waitForSelector('.call-result', { state: 'detached' });
    await page.getByLabel('Edit the result').click();
    await page.getByLabel('Result of get_weather').fill('It rains');
    await page.getByRole('button', { name: 'Send as a branch' }).click();
    await page.waitForSelector(`${ended} > .prose:has-text("In Bern it rains.")`);
    assert.equal(creates(gate)[2].input[0].type, 'function_call_output');
    assert.equal(creates(gate)[2].previous_response_id, creates(gate)[1].previous_response_id);
    assert.match(await page.locator('.siblings').innerText(), /2\/2/);
  });

  scenario('several at once are sent together, when each has its result', async (page, gate) => {
    await askWithTools(page, 'How are both?');
    assert.equal(await page.innerText(`${ended} > .prose`), 'I ask twice.');
    assert.equal(await page.locator(lastCall).count(), 2);
    await page.getByLabel('Result of get_weather, call 1').fill('It is sunny');
    await page.getByLabel('Result of get_weather, call 1').press('Enter');
    assert.ok(await page.evaluate(() => document.activeElement.getAttribute('aria-label') === 'Result of get_weather, call 2'), 'the empty one comes next');
    await page.getByLabel('Result of get_weather, call 2').fill('hot');
    await page.getByRole('button', { name: 'Send the results' }).click();
    await page.waitForSelector(`${ended} > .prose:has-text("sunny")`);
    assert.deepEqual(creates(gate)[1].input.map(({ output }) => output), ['It is sunny', 'hot']);
  });

  scenario('are shown as they come', async (page, gate) => {
    gate.hold = ({ type }) => type !== 'response.created';
    await ask(page, 'How is the weather?');
    await page.waitForSelector('.answer.live[data-phase=reading]');
    const say = (event) => gate.socket.send(JSON.stringify({ stream_id: gate.sent.at(-1).stream_id, output_index: 1, ...event }));
    const item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'get_weather', arguments: '' };
    say({ type: 'response.output_item.added', item: { ...item, status: 'in_progress' } });
    say({ type: 'response.function_call_arguments.delta', delta: '{"city":' });
    say({ type: 'response.function_call_arguments.delta', delta: '"Be' });
    await page.waitForFunction(() => document.querySelector('.answer.live .call pre')?.textContent === '{\n  "city": "Be');
    assert.equal(await page.locator('.call-result').count(), 0);
    say({ type: 'response.function_call_arguments.done', name: 'get_weather', arguments: '{"city":"Bern"}' });
    say({ type: 'response.output_item.done', item: { ...item, arguments: '{"city":"Bern"}', status: 'completed' } });
    say({ type: 'response.completed', response: { id: 'resp_x' } });
    await page.waitForSelector(`${ended} .call-result`);
    assert.equal(await page.textContent(`${ended} .call pre`), '{\n  "city": "Bern"\n}');
  });

  scenario('that are no list of functions are refused with a reason', async (page, gate) => {
    const cases = [['{', /not JSON/], ['{}', /list \[ … \]/], ['[{"type":"web_search"}]', /Function 1: "type" must be "function", not “web_search”/],
      ['[{"type":"function","name":"a b"}]', /"name" must be/], ['[{"type":"function","name":"a"},{"type":"function","name":"a"}]', /Function 2: there is a function a already/]];
    await setTools(page, '', 'required');
    for (const [text, reason] of cases) {
      await page.fill('dialog [name=tools]', text);
      assert.match(await page.innerText('dialog .fault'), reason);
      await page.click('.panel .solid');
      assert.equal(await page.locator('dialog[open]').count(), 1);
    }
    await page.fill('dialog [name=tools]', JSON.stringify([{ type: 'function', function: { name: 'get_weather' } }]));
    await page.waitForSelector('dialog .fault', { state: 'detached' });
    await save(page);
    await ask(page, 'How is the weather?');
    await page.waitForSelector(ended);
    assert.deepEqual([creates(gate)[0].tools, creates(gate)[0].tool_choice], [[{ type: 'function', name: 'get_weather' }], 'required']);
    await setTools(page, '');
    await page.getByRole('button', { name: 'Clear all' }).click();
    assert.equal(await page.inputValue('dialog [name=tool_choice]'), 'auto');
  });

  scenario('stay readable in files, the own and those of others', async (page) => {
    await askWithTools(page, 'How is the weather?');
    await page.getByLabel('Result of get_weather').fill('It is sunny');
    await page.getByLabel('Result of get_weather').press('Enter');
    await page.waitForSelector(`${ended} > .prose:has-text("sunny")`);
    const exported = async (format) => {
      await page.getByLabel('Export conversations').click();
      await page.getByLabel(format, { exact: false }).first().check();
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the file' }).click()]);
      return readFile(await download.path());
    };
    for (const [format, selector] of [['Octavo', '.call pre'], ['ChatGPT', '.answer .code'], ['Open WebUI', '.answer .code']]) {
      const buffer = await exported(format);
      const before = await page.locator('.entry').count();
      await page.setInputFiles('input[type=file]', { name: 'in.json', mimeType: 'application/json', buffer });
      await page.locator('.entry').nth(before).waitFor();
      for (const entry of await page.locator('.entry-title').all()) {
        await entry.click();
        await page.waitForSelector('.said:has-text("It is sunny")');
      }
      await page.waitForSelector(selector);
      assert.match(await page.locator(selector).first().textContent(), /"city": "Bern"/);
    }
  });

  scenario('fit a phone', async (page) => {
    const call = { callId: 'c', name: 'f'.repeat(64), arguments: JSON.stringify({ text: 'x'.repeat(300) }), isWhole: true };
    await importTree(page, { title: 'Calls', messages: [['q', null, 'Why?'], ['a', 'q', '', { calls: [call] }]] });
    await page.waitForSelector('.call-result');
    assert.equal(await page.evaluate(() => document.querySelector('.scroller').scrollWidth - document.querySelector('.scroller').clientWidth), 0);
    assert.ok((await page.getByRole('button', { name: 'Send the result' }).boundingBox()).height >= 44);
  }, phone);
});
