// The words of an answer: Markdown, drawn block by block while it is being written.
import { useLayoutEffect, useRef } from 'preact/hooks';

import { newBlockReader } from '../text/markdown.js';
import { copyText } from './copy_button.jsx';
import { copyFormulas, setFormulas } from './formulas.js';

async function copyCode(event) {
  const button = event.target.closest?.('button.copy');
  if (!button) return;
  const code = button.closest('.code').querySelector('code').textContent;
  await copyText(code);
  button.textContent = 'Copied';
  setTimeout(() => (button.textContent = 'Copy'), 1500);
}

export function Prose({ text, isOver }) {
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
    <div class="prose" ref={container} onClick={copyCode} onCopy={copyFormulas}>
      {blocks.map((html, i) => <div class="block" key={i} dangerouslySetInnerHTML={{ __html: html }} />)}
    </div>
  );
}
