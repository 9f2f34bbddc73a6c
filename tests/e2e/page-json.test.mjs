// Answers that are JSON: indented and in colours while they are written and afterwards, and copied as they were written.
import assert from 'node:assert/strict';

import { beginsAsJson } from '../../src/web/app/text/json_text.js';
import { ended, pageSuite, script, show } from './page_suite.mjs';

const kRaw = '{"name":"Pip","ids":[1.0,12345678901234567890],"tags":[],"of":{"x":"</code><script>alert(1)</script>"},"ok":true}';
const kLines = ['{', '  "name": "Pip",', '  "ids": [', '    1.0,', '    12345678901234567890', '  ],', '  "tags": [],', '  "of": {', '    "x": "</code><script>alert(1)</script>"', '  },', '  "ok": true', '}'].join('\n');

const code = (page, n = 0) => page.locator('.answer:last-child .code code').nth(n).textContent();

async function copied(page, n = 0) {
  const button = page.locator('.answer:last-child button.copy').nth(n);
  await button.click();
  await page.waitForFunction((each) => each.textContent === 'Copied', await button.elementHandle());
  return page.evaluate(() => navigator.clipboard.readText());
}

pageSuite('JSON in an answer', [], (scenario) => {
  scenario('is indented and coloured where the answer is nothing else, and copied as it was written', async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await show(page, { answer: `\n${kRaw}\n` });
    assert.equal(await code(page), kLines);
    assert.deepEqual(await page.locator('.prose .hljs-attr').allTextContents(), ['"name"', '"ids"', '"tags"', '"of"', '"x"', '"ok"']);
    assert.equal(await page.locator('.prose script').count(), 0);
    assert.equal(await copied(page), `\n${kRaw}\n`);
    await page.getByLabel('Copy the answer').click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `\n${kRaw}\n`);
  });

  scenario('is indented in a code block of that name, and no other is touched', async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const broken = '{"a":1,}';
    const answer = ['Here:', '```js\nf({"a":1})\n```', '- in a list\n\n  ```json\n  {"b":[1,2]}\n  ```', '```math\nx^2\n```', `\`\`\`json\n${broken}\n\`\`\``, `\`\`\`json\n${kRaw}\n\`\`\``, 'and `{"c":1}`.'].join('\n\n');
    await show(page, { answer });
    assert.equal(await code(page, 0), 'f({"a":1})\n');
    assert.equal(await code(page, 1), '{\n  "b": [\n    1,\n    2\n  ]\n}\n');
    assert.equal(await code(page, 2), `${broken}\n`);
    assert.equal(await code(page, 3), `${kLines}\n`);
    assert.ok(await page.locator('.prose .code').nth(3).locator('.hljs-attr').count() > 4);
    const all = [];
    for (const n of [0, 1, 2, 3]) all.push((await copied(page, n)).trimEnd());
    assert.deepEqual(all, ['f({"a":1})', '{"b":[1,2]}', broken, kRaw]);
  });

  scenario('is what it looks like while it is written, and words again if it is none in the end', async (page, gate) => {
    gate.hold = ({ stream_id }) => Boolean(stream_id);
    await page.fill('.composer textarea', 'JSON, please');
    await page.press('.composer textarea', 'Enter');
    await page.waitForSelector('.answer.live');
    while (gate.sent.length === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
    const server = script(gate);
    server.begin();
    server.write('{"a":[1,');
    await page.waitForFunction(() => document.querySelector('.live .code code')?.textContent === '{\n  "a": [\n    1,');
    server.write('2]}');
    await page.waitForFunction(() => document.querySelector('.live .code code')?.textContent.endsWith(']\n}'));
    server.write(' is what you *wanted*.');
    server.end();
    await page.waitForSelector(`${ended} .prose em:text-is("wanted")`);
    assert.equal(await page.locator('.answer .code').count(), 0);
    assert.equal(await page.locator('.answer .prose').textContent(), '{"a":[1,2]} is what you wanted.\n');
  });

  scenario('of a large answer is shown without colours, but whole', async (page) => {
    const rows = Array.from({ length: 4000 }, (_, i) => ({ id: i, name: `row ${i}` }));
    await show(page, { answer: JSON.stringify(rows) });
    assert.equal(await code(page), JSON.stringify(rows, null, 2));
    assert.equal(await page.locator('.prose .hljs-attr').count(), 0);
  });

  scenario('is told from words by how it begins', async () => {
    for (const text of ['{', '{"', ' {\n "a', '[{"a"', '["x', '[[1']) assert.ok(beginsAsJson(text), text);
    for (const text of ['', '[', '[1] says', '[link](x)', '{braces} of TeX', '{a:1}', 'word']) assert.ok(!beginsAsJson(text), text);
  });
});
