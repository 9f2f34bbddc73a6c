// Formulas and marks in answers, in a real browser: set where they can be, kept to the letter where they cannot.
import assert from 'node:assert/strict';

import { ask } from './chat.mjs';
import { ended, pageSuite, phone, script, show } from './page_suite.mjs';

const prose = `${ended} .prose`;
const isSet = `${prose} .math.set .katex`;

/// What KaTeX was given, of all formulas that are set.
const texOf = (page) => page.locator(`${prose} .math.set annotation`).allTextContents();

pageSuite('formulas in the chat page', [], (scenario) => {
  scenario('every pair of delimiters is set as what it holds', async (page) => {
    await show(page, { answer: 'Inline $E=mc^2$ and \\(a+b\\), and $a_1 * b_1 * c$.\n\n$$\\int_0^1 x\\,dx$$\n\n\\[x^2\\]\n\n\\begin{align}a&=b\\\\c&=d\\end{align}\n\n```math\ny\n```\n\n$`a*b`$' });
    await page.waitForSelector(isSet);
    assert.deepEqual(await texOf(page), ['E=mc^2', 'a+b', 'a_1 * b_1 * c', '\\int_0^1 x\\,dx', 'x^2', '\\begin{align}a&=b\\\\c&=d\\end{align}', 'y', 'a*b']);
    assert.equal(await page.locator(`${prose} .math.display`).count(), 4);
    assert.equal(await page.locator(`${prose} em`).count(), 0);
  });

  scenario('lines of a formula are no list, heading or quotation, wherever it stands', async (page) => {
    const answer = ['So:\n\\[\na\n=\nb\n- c\n> d\n\\]\nthen', 'We have $$a\n= b\n- c$$ here', '- item\n  \\[\n  x\n  - y\n  \\]', '> $$\n> z\n> $$', '| a |\n|---|\n| $w$ |', '**\\(p**q\\)** *\\(r*s\\)*'].join('\n\n');
    await show(page, { answer });
    await page.waitForSelector(isSet);
    assert.deepEqual(await texOf(page), ['a\n=\nb\n- c\n> d', 'a\n= b\n- c', 'x\n- y', 'z', 'w', 'p**q', 'r*s']);
    assert.equal(await page.locator(`${prose} :is(h1, h2)`).count(), 0);
    assert.equal(await page.locator(`${prose} blockquote`).count(), 1);
    assert.equal(await page.locator(`${prose} li`).count(), 1);
  });

  scenario('a formula that cannot be set keeps every character', async (page) => {
    const formulas = ['\\(\\nosuchcommand{x}_1*2*\\)', '\\[\\frac{a\\]', '$$a_{b_{c$$', `\\(${'x'.repeat(1500)}\\unknown\\)`, '$a^b^c$'];
    await show(page, { answer: [...formulas, '$x$'].join('\n\n') });
    await page.waitForSelector(isSet);
    assert.deepEqual(await page.locator(`${prose} .math:not(.set)`).allTextContents(), formulas);
  });

  scenario('marks that are no markup stay as they are written', async (page) => {
    const lines = ['5 * 3 * 2 and snake_case_name and 2 ** 3', 'It costs $5, or $10 with _tax_ on top', 'a < b && c > d <T> &notanentity; x', '#hashtag and 1.5 and a-b and ~ tilde', 'C:\\Users\\name\\(x86', 'e.g. \\alpha, \\d+ and \\w'];
    await show(page, { answer: lines.join('\n\n') });
    const shown = ['5 * 3 * 2 and snake_case_name and 2 ** 3', 'It costs $5, or $10 with tax on top', 'a < b && c > d <T> &notanentity; x', '#hashtag and 1.5 and a-b and ~ tilde', 'C:\\Users\\name(x86', 'e.g. \\alpha, \\d+ and \\w'];
    assert.deepEqual(await page.locator(`${prose} p`).allTextContents(), shown);
  });

  scenario('raw HTML is shown line by line as it is written', async (page) => {
    const answer = '<details>\n  <summary>a * b * c</summary>\n</details>';
    await show(page, { answer });
    assert.equal(await page.innerText(prose), answer);
  });

  scenario('backslashes do by CommonMark what they do outside of formulas', async (page) => {
    const cases = [['&nbsp &x; &#; &#x; &#87654321; &#abcdef0; &hi?;', '&nbsp &x; &#; &#x; &#87654321; &#abcdef0; &hi?;'], ['\\*not emphasized\\*', '*not emphasized*'], ['\\\\(no\\\\)', '\\(no\\)'], ['\\$5 and \\$6', '$5 and $6'], ['`\\(a\\)` \\`b\\`', '\\(a\\) `b`'], ['\\→\\A\\a\\ \\3\\φ\\«', '\\→\\A\\a\\ \\3\\φ\\«'], ['\\[not a link](/x)', '[not a link](/x)'], ['a\\&amp;b', 'a&amp;b'], ['&amp; &copy; &#35; &quot;', '& © # "']];
    await show(page, { answer: cases.map(([written]) => written).join('\n\n') });
    assert.deepEqual(await page.locator(`${prose} p`).allTextContents(), cases.map(([, shown]) => shown));
    assert.equal(await page.locator(`${prose} .math`).count(), 0);
  });

  scenario('a formula that is still being written is its source, and nothing of it is markup', async (page, gate) => {
    gate.hold = () => true;
    await ask(page, 'Show a formula.');
    await page.waitForSelector('.answer.live');
    const { begin, write, end } = script(gate);
    begin();
    const live = '.answer.live .prose';
    let text = '';
    for (const piece of ['So \\', '(a_1 ', '* b_2 *', ' c\\', ') holds.\n\n\\', '[\nx\n', '= y\n', '- z', '\n\\', ']\n\nand $a_', '1 * b_1 *', ' c$ end']) {
      text += piece;
      write(piece);
      await page.waitForFunction(([live, words]) => document.querySelector(live).textContent.trimEnd().endsWith(words), [live, piece.trim().split('\n').at(-1).slice(-1)]);
      assert.equal(await page.locator(`${live} :is(em, strong, h1, h2, ul, li)`).count(), 0, text);
      const open = await page.evaluate((live) => [...document.querySelectorAll(`${live} .math:not(.set)`)].map((each) => each.textContent), live);
      assert.ok(open.every((source) => text.includes(source.trim())), `${JSON.stringify(open)} after ${JSON.stringify(text)}`);
      assert.ok(!(await page.innerText(live)).includes('(a'.concat('_1')) || open.some((source) => source.startsWith('\\(')), text);
    }
    end();
    await page.waitForSelector(`${prose} .math.set`);
    assert.deepEqual(await texOf(page), ['a_1 * b_2 * c', 'x\n= y\n- z', 'a_1 * b_1 * c']);
  });

  scenario('an opener without an end is taken back when the answer is over', async (page, gate) => {
    gate.hold = () => true;
    await ask(page, 'How much?');
    await page.waitForSelector('.answer.live');
    const { begin, write, end } = script(gate);
    begin();
    write('It is $x_1 and *more');
    await page.waitForSelector('.answer.live .math.pending');
    write('* later');
    end();
    await page.waitForSelector(`${prose} em:text-is("more")`);
    assert.equal(await page.innerText(prose), 'It is $x_1 and more later');
  });

  scenario('what sets formulas is loaded with the first of them', async (page) => {
    const loaded = [];
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
    await show(page, { title: 'Words', answer: 'It costs $5 and $10.' });
    assert.ok(!loaded.some((path) => /katex|math/i.test(path)), loaded.join());
    await show(page, { title: 'Formulas', answer: '\\(x\\)' });
    await page.waitForSelector(isSet);
    assert.ok(loaded.some((path) => /katex.*\.js$/.test(path)) && loaded.includes('/math.css'), loaded.join());
    await page.waitForFunction(() => [...document.fonts].some(({ family, status }) => family.includes('KaTeX') && status === 'loaded'));
  });

  scenario('hundreds of formulas are set, the last of them first', async (page) => {
    await show(page, { title: 'One', answer: '$x$' });
    await page.waitForSelector(isSet);
    const answer = Array.from({ length: 400 }, (_, i) => `\\(x_{${i}}\\)`).join('\n\n');
    await page.evaluate(() => {
      window.orders = [];
      new MutationObserver((changes) => changes.forEach(({ target }) => target.matches?.('.math.set') && window.orders.push(Number(/\d+/.exec(target.dataset.source)?.[0]))))
        .observe(document.body, { subtree: true, attributeFilter: ['data-source'] });
    });
    await show(page, { title: 'Many', answer });
    await page.waitForFunction((prose) => document.querySelectorAll(`${prose} .math.set`).length === 400, prose);
    const orders = await page.evaluate(() => window.orders);
    assert.equal(new Set(orders).size, 400);
    assert.ok(orders.indexOf(399) < orders.indexOf(0));
  });

  scenario('hostile formulas do no harm', async (page) => {
    const loop = '\\def\\a{\\a\\a}\\a';
    const billion = `\\def\\a{xxxxxxxxxx}${'bcdefghi'.split('').map((name, i) => `\\def\\${name}{${`\\${'abcdefgh'[i]}`.repeat(10)}}`).join('')}\\i`;
    const hostile = ['\\href{javascript:window.hit=1}{x}', '\\url{javascript:window.hit=1}', '\\includegraphics{https://example.com/x.png}', '\\htmlStyle{position:fixed;inset:0}{x}', '\\htmlClass{composer}{x}', '\\htmlId{search}{x}', '\\htmlData{x=1}{x}', loop, billion, '{'.repeat(1000) + '}'.repeat(999), '\\sqrt'.repeat(300) + 'x', '\\text{<img src=x onerror=window.hit=1>}'];
    const large = ['\\rule{10000em}{10000em}', '\\kern{9999em}x', '\\raisebox{-9999em}{x}', '\\hspace{-9999em}{HIT}'];
    await show(page, { answer: [...hostile, ...large].map((tex) => `\\(${tex}\\)`).join('\n\n') + '\n\n$x$' });
    await page.waitForSelector(isSet);
    const seen = await page.evaluate(() => {
      const element = document.querySelector('.answer .prose');
      return {
        hit: window.hit ?? null,
        tags: [...new Set([...element.querySelectorAll('*')].map(({ localName }) => localName))].filter((name) => ['a', 'img', 'script', 'iframe'].includes(name)),
        handlers: [...element.querySelectorAll('*')].flatMap((each) => each.getAttributeNames()).filter((name) => /^on|^id$|^href$|^src$/.test(name)),
        composer: element.querySelectorAll('.composer').length,
        height: element.scrollHeight,
        wide: document.documentElement.scrollWidth,
        under: document.elementFromPoint(300, 20)?.closest('.prose') ?? null,
      };
    });
    assert.deepEqual({ ...seen, height: 0, wide: 0 }, { hit: null, tags: [], handlers: [], composer: 0, height: 0, wide: 0, under: null });
    assert.ok(seen.height < 5_000 && seen.wide <= 1200, `${seen.height} ${seen.wide}`);
    const kept = await page.locator(`${prose} .math.as-written`).allTextContents();
    for (const tex of [...hostile.slice(0, 11), ...large.slice(2)]) assert.ok(kept.includes(`\\(${tex}\\)`), tex.slice(0, 40));
  });

  scenario('a wide formula is scrolled in its own place on a phone', async (page) => {
    const sum = Array.from({ length: 60 }, (_, i) => `x_{${i}}`).join('+');
    await show(page, { answer: `\\[${sum}\\]\n\nIn a line \\(\\frac{${sum}}{2}\\) it is.\n\n1. \\(\\underbrace{${sum}}_n\\)` });
    await page.waitForSelector(`${prose} .math.wide`);
    const boxes = await page.locator(`${prose} .math:is(.display, .wide)`).evaluateAll((all) => all.map((each) => [each.getBoundingClientRect().right, each.scrollWidth > each.clientWidth, getComputedStyle(each).overflowX]));
    assert.equal(boxes.length, 3);
    for (const [right, scrolls, overflow] of boxes) assert.ok(right <= 320 && scrolls && overflow === 'auto', `${right} ${scrolls} ${overflow}`);
    assert.ok(await page.evaluate(() => document.querySelector('.scroller').scrollWidth) <= 320);
  }, phone);

  scenario('formulas are copied as they were written', async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await show(page, { answer: 'Of \\(a+b\\) and $c_1$.' });
    await page.waitForSelector(isSet);
    await page.evaluate((prose) => getSelection().selectAllChildren(document.querySelector(`${prose} p`)), prose);
    await page.keyboard.press('Control+C');
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'Of \\(a+b\\) and $c_1$.');
  });
});
