// The words of an answer: Markdown, drawn block by block while it is being written; or JSON, where an answer is that alone.
import { useLayoutEffect, useRef } from 'preact/hooks';

import { beginsAsJson, isJson } from '../text/json_text.js';
import { codesOf, newBlockReader } from '../text/markdown.js';
import { CopyButton, copyText } from './copy_button.jsx';
import { copyFormulas, setFormulas } from './formulas.js';
import { Json } from './json.jsx';

const kMaxOpenJson = 8_000; // Characters that are drawn anew with every frame.
const kMaxJson = 1_000_000;

/// What a box of code was written as: JSON is shown with other blanks.
function codeIn(box, container, source) {
  const shown = box.querySelector('code').textContent;
  const written = codesOf(source)[[...container.querySelectorAll('.code')].indexOf(box)];
  const isSame = (text) => text?.replace(/\s/g, '') === shown.replace(/\s/g, '');
  return isSame(written) ? `${written}\n` : shown;
}

async function copyCode({ target, currentTarget }, source) {
  const button = target.closest?.('button.copy');
  if (!button) return;
  await copyText(codeIn(button.closest('.code'), currentTarget, source));
  button.textContent = 'Copied';
  setTimeout(() => (button.textContent = 'Copy'), 1500);
}

function Markdown({ text, isOver }) {
  const container = useRef(null);
  const reader = useRef(null);
  const drawn = useRef(null);
  reader.current ??= newBlockReader();
  if (drawn.current?.text !== text || drawn.current.isOver !== isOver) {
    drawn.current = { text, isOver, blocks: reader.current.read(text, isOver) };
  }
  const { blocks } = drawn.current;
  useLayoutEffect(() => setFormulas(container.current), [blocks]);
  return (
    <div class="prose" ref={container} onClick={(event) => copyCode(event, text)} onCopy={copyFormulas}>
      {blocks.map((html, i) => <div class="block" key={i} dangerouslySetInnerHTML={{ __html: html }} />)}
    </div>
  );
}

function JsonBox({ text }) {
  return (
    <div class="prose">
      <div class="code">
        <div class="code-head"><span class="code-name">json</span><CopyButton words="Copy" label="Copy as it was written" read={() => text} /></div>
        <pre><Json text={text} /></pre>
      </div>
    </div>
  );
}

/// Is it to be shown as JSON? While it is being written, its beginning must do.
function isShownAsJson(text, isOver) {
  if (!isOver) return text.length <= kMaxOpenJson && beginsAsJson(text);
  return text.length <= kMaxJson && isJson(text);
}

export function Prose({ text, isOver }) {
  if (isShownAsJson(text, isOver)) return <JsonBox text={text} />;
  return <Markdown text={text} isOver={isOver} />;
}
