// What the model thought before it answered: folded, for those who want to know. A model's thoughts are as hostile as its words.
import { useState } from 'preact/hooks';

import { Right } from './icons.jsx';
import { Prose } from './prose.jsx';

function tokenWords(numTokens) {
  return `${numTokens.toLocaleString('en')} token${numTokens === 1 ? '' : 's'}`;
}

/// `isLive`: it is thinking just now.
export function Thoughts({ text, isOver, isLive, numTokens }) {
  const [isOpen, setOpen] = useState(false);
  // What is folded is not drawn: it may grow with every frame.
  return (
    <details class={`thoughts ${isLive ? 'growing' : ''}`} open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <Right />
        {isLive && <span class="pulse" aria-hidden="true" />}
        <span>{isLive ? 'Thinking…' : 'Thought'}</span>
        {!isLive && numTokens > 0 && <span class="thoughts-count">{tokenWords(numTokens)}</span>}
      </summary>
      {isOpen && <Prose text={text} isOver={isOver} />}
    </details>
  );
}
