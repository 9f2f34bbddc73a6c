// Where formulas begin and end in Markdown, by the rules of those who write them: the pure part.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formulaAt, formulasIn, mayBecomeFormula } from '../../src/web/app/text/formulas.js';

/// The formulas of a text, as they are written.
const found = (text) => formulasIn(text).map(({ start, end }) => text.slice(start, end));

test('each pair of delimiters holds a formula, in a line or on its own', () => {
  for (const [text, tex, isDisplay] of [
    ['\\(a+b\\)', 'a+b', false], ['$a+b$', 'a+b', false], ['$`a*b`$', 'a*b', false],
    ['\\[x^2\\]', 'x^2', true], ['$$x\\,dx$$', 'x\\,dx', true], ['$$\nx\n$$', 'x', true],
    ['\\begin{align*}a&=b\\end{align*}', '\\begin{align*}a&=b\\end{align*}', true],
  ]) assert.deepEqual(formulaAt(text), { raw: text, tex, isDisplay }, text);
});

test('a backslash in a formula takes away the meaning of a delimiter', () => {
  assert.deepEqual(found('\\(a\\\\[2pt] b\\)'), ['\\(a\\\\[2pt] b\\)']);
  assert.deepEqual(found('$a\\$b$ c$'), ['$a\\$b$']);
  assert.deepEqual(found('\\\\(a\\\\) \\\\[b\\\\] \\$c$'), []);
});

test('money, variables of a shell and other dollars are no formulas', () => {
  for (const text of ['It costs $5 and $10.', 'US$5 and CA$6', '$5–$10', '5$ and 6$', '$HOME and $PATH', '$HOME/$PATH', '${a} and ${b}', '$ x$', '$x $',
    '$20 million for 30$', '$5 each, so 3 make 15$', '$$$ is dear, $$ is not', '$$ (cheap) and $$ more', '$', '$$', '$$ $$', 'a $b$c', 'x$y$', 'the $ sign and the $']) {
    assert.deepEqual(found(text), [], text);
  }
});

test('formulas between dollars are found beside punctuation', () => {
  assert.deepEqual(found('($a$), "$b$", $c$. $d$-$e$: $5$, $x_1 * y_1$ and $n=3$'), ['$a$', '$b$', '$c$', '$d$', '$e$', '$5$', '$x_1 * y_1$', '$n=3$']);
});

test('what stands in code is no formula', () => {
  assert.deepEqual(found('`$a$` ``\\(x\\) ` $y$`` and $z$'), ['$z$']);
});

test('a formula ends before a blank line, but for one whose delimiters stand alone', () => {
  assert.equal(formulaAt('\\(a\n\nb\\)'), null);
  assert.equal(formulaAt('$$a\n\nb$$'), null);
  assert.equal(formulaAt('\\[\na\n\nb\n\\]', 0, '', true).tex, 'a\n\nb');
});

test('an empty or endless formula is none', () => {
  for (const text of ['\\(\\)', '\\[ \\]', '$$ $$', '\\(a', '\\[a', '$$a', '$a', '\\begin{align}a']) assert.equal(formulaAt(text), null, text);
});

test('only what can still become a formula is waited for', () => {
  for (const text of ['$$', '\\(', '\\(a_b', '\\[\nx', '$$x', '$a_1', '$\\frac', '\\begin{align} a']) assert.ok(mayBecomeFormula(text), text);
  for (const text of ['\\', '$', '$5 and *b*', '\\(a\\) b', '$5.00 for _b_', '\\*', '$ x', 'a']) assert.ok(!mayBecomeFormula(text), text);
  assert.ok(!mayBecomeFormula('$a_1', 0, 'S'));
});

test('brackets and dollars that are escaped around words are no delimiters', () => {
  for (const text of ['\\[citation needed\\]', '\\(as it seems\\)', '\\[\\\\\\]', '$$two words$$']) assert.deepEqual(found(text), [], text);
  for (const text of ['\\(a\\)', '\\(+\\)', '\\(\\text{if } x\\)', '\\[area = length\\]']) assert.deepEqual(found(text), [text], text);
});
